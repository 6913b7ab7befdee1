#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/facts.hpp"
#include "turntable/tape/reader.hpp"
#include "turntable/tape/record.hpp"

/// \file
/// What is known of a tape beside its frames.
/// Purpose: what a library lists, searches and shows without reading contents. All of it but the
/// labels is derived from the content, and can be derived again.
/// Ownership: values own their texts. Threads: values. Errors: see the functions.
namespace turntable::inline v0::tape {

/// Whether a tape is whole.
enum class TapeState : std::uint8_t {
    recording,  ///< somebody appends to it, as far as is known
    complete,  ///< it has its end, and no frame is missing
    incomplete,  ///< it has its end, but frames were dropped
    interrupted,  ///< it has no end: its recorder died
    damaged,  ///< some of its lines cannot be read
};

/// The name of a state as written in its enumerator.
TURNTABLE_EXPORT std::string_view to_string(TapeState state) noexcept;
TURNTABLE_EXPORT std::optional<TapeState> parse_tape_state(std::string_view text) noexcept;

/// What people say of a tape. It is not in the content, which never changes.
struct Labels {
    /// Empty: the name in the head of the tape holds.
    std::string name = {};
    std::string description = {};
    /// In the order of the alphabet, each once.
    std::vector<std::string> tags = {};
    std::vector<std::string> notes = {};
    std::map<std::string, std::string> attributes = {};
    /// Retention leaves it alone.
    bool pinned = false;
    friend bool operator==(const Labels&, const Labels&) = default;
};

/// A name and how often it occurred.
struct NameCount {
    std::string name = {};
    std::uint64_t count = 0;
    friend bool operator==(const NameCount&, const NameCount&) = default;
};

/// How long the answered calls of a tape took. The percentiles are exact to 1 in 32.
struct Latency {
    std::uint64_t calls = 0;
    TapeTime least{};
    TapeTime average{};
    TapeTime p50{};
    TapeTime p95{};
    TapeTime most{};
    friend bool operator==(const Latency&, const Latency&) = default;
};

/// The most names that each list of names in TapeMetadata holds.
inline constexpr std::size_t metadata_names_max = 256;

/// What is known of one tape.
///
/// Purpose: a row of a listing; what SearchCriteria look at. Ownership: owns its texts.
/// Threads: a value. Errors: none.
struct TapeMetadata {
    std::string id = {};
    Labels labels = {};

    // From the head.
    std::string head_name = {};
    WallNanoseconds created = {};
    std::string recorder = {};
    std::string transport = {};
    std::vector<std::string> command = {};
    std::string endpoint = {};
    std::string redaction = {};
    std::vector<Link> links = {};
    std::uint64_t segment = 1;
    std::map<std::string, std::string> head_attributes = {};

    // From the records.
    TapeState state = TapeState::interrupted;
    /// Of the last record: `complete`, `stopped`, ...; empty without an end.
    std::string end_reason = {};
    TapeTime duration{};
    std::uint64_t frames = 0;
    std::uint64_t client_frames = 0;
    std::uint64_t server_frames = 0;
    std::uint64_t aside_frames = 0;
    /// Bytes in frames, and bytes as stored.
    std::uint64_t bytes = 0;
    std::uint64_t stored_bytes = 0;
    std::uint64_t dropped = 0;
    std::uint64_t redacted = 0;
    /// Bytes at the end that are no whole record.
    std::uint64_t torn_bytes = 0;
    /// 64 hexadecimal digits over all before the end; empty without an end.
    std::string chain = {};

    // From the calls; nothing here where nobody understood the frames.
    Facts facts = {};
    Latency latency = {};
    std::vector<NameCount> methods = {};
    std::vector<NameCount> tools = {};
    std::vector<NameCount> resources = {};
    std::vector<NameCount> prompts = {};
    std::vector<NameCount> error_codes = {};
    /// One of these lists had more than metadata_names_max names, or some of over 512 bytes: it
    /// lacks these.
    bool names_cut = false;

    /// The name that people gave, else that of the head.
    const std::string& name() const noexcept {
        return labels.name.empty() ? head_name : labels.name;
    }
    friend bool operator==(const TapeMetadata&, const TapeMetadata&) = default;
};

/// A change of labels; what is not set stays.
///
/// Purpose: the argument of update_metadata. Ownership: owns its texts. Threads: a value.
/// Errors: told by check_change.
struct LabelChange {
    std::optional<std::string> name = {};
    std::optional<std::string> description = {};
    std::vector<std::string> add_tags = {};
    std::vector<std::string> remove_tags = {};
    std::vector<std::string> add_notes = {};
    std::map<std::string, std::string> set_attributes = {};
    std::vector<std::string> remove_attributes = {};
    std::optional<bool> pinned = {};
};

/// What is said of a tape that nobody labelled yet: the tags that its recorder wrote into the
/// attribute `tags` of the head, with commas between.
TURNTABLE_EXPORT Labels initial_labels(const TapeMetadata& metadata);

/// `invalid_argument` for a tag that is empty, too long, or has white space, a quote or a bracket;
/// `limit_exceeded` for texts that are too long, and for labels of more than 64 KiB together.
TURNTABLE_EXPORT Result<Labels> changed(Labels labels, const LabelChange& change);

/// Whether a text can be the id of a tape in a library: 1 to 64 of `a-z A-Z 0-9 - _`, the first a
/// letter or digit. No id leads out of a folder.
TURNTABLE_EXPORT bool is_tape_id(std::string_view text) noexcept;
/// The same as a Result: `invalid_argument`.
TURNTABLE_EXPORT Result<void> check_tape_id(std::string_view text);

/// Derives the metadata of one tape from its records.
///
/// Purpose: saving, and rebuilding an index. Ownership: owns its analyzer; records are looked at
/// during the call only. Threads: one at a time. Errors: none.
class TURNTABLE_EXPORT MetadataBuilder {
  public:
    /// Without a factory nothing is known of calls. `each`, which may be empty, sees every call
    /// when it is complete.
    explicit MetadataBuilder(const Head& head, const AnalyzerFactory& analyzer = {},
                             std::function<void(const Call&)> each = {});
    MetadataBuilder(MetadataBuilder&& other) noexcept;
    MetadataBuilder& operator=(MetadataBuilder&& other) noexcept;
    ~MetadataBuilder();

    void take(const Record& record);
    /// A line could not be read.
    void damage();
    /// The whole; the builder is used up.
    TapeMetadata finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Reads all of a tape. Errors: those of Reader; damage inside is no error, but a state.
TURNTABLE_EXPORT Result<TapeMetadata> derive_metadata(
    std::unique_ptr<Source> source, const AnalyzerFactory& analyzer = {},
    const std::function<void(const Call&)>& each = {});

}  // namespace turntable::inline v0::tape
