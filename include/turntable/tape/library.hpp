#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/call_options.hpp"
#include "turntable/core/health.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/tape/any_provider.hpp"
#include "turntable/tape/criteria.hpp"
#include "turntable/tape/metadata.hpp"
#include "turntable/tape/storage.hpp"

/// \file
/// What a program holds to keep tapes and find them again.
/// Purpose: `auto tapes = registry.open("tape:/srv/tapes"); tapes->search("tool:search error");`.
/// Ownership: see Library. Threads: values, but for Library. Errors: see Library.
namespace turntable::inline v0::tape {

/// How a library works.
struct LibraryOptions {
    /// Null: Runtime::shared().
    std::shared_ptr<Runtime> runtime = nullptr;
    /// What errors name, without secrets.
    std::string masked_url = {};
    /// How long metadata may be answered from memory; 0: never. Others' changes show after it.
    std::chrono::milliseconds metadata_ttl{0};
};

/// How a tape is saved.
struct SaveOptions {
    /// None: the tags of the head, see initial_labels.
    std::optional<Labels> labels = {};
    bool replace = false;
};

/// What a library holds, of the tapes that were asked for.
struct LibraryStatistics {
    std::uint64_t tapes = 0;
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    std::uint64_t stored_bytes = 0;
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;
    std::uint64_t unanswered = 0;
    std::uint64_t dropped = 0;
    std::uint64_t pinned = 0;
    /// Of the tapes that are there; nothing if there are none.
    std::optional<WallNanoseconds> oldest = {};
    std::optional<WallNanoseconds> newest = {};
    /// How many tapes are in each state, by name.
    std::vector<NameCount> states = {};
    /// The tools that were called most, at most 20.
    std::vector<NameCount> tools = {};
};

/// Which tapes may go. What is pinned or being recorded stays, whatever is said here.
struct Retention {
    /// Tapes that began longer ago go.
    std::optional<std::chrono::milliseconds> age = {};
    /// The oldest go until no more than these are left.
    std::optional<std::uint64_t> count = {};
    std::optional<std::uint64_t> stored_bytes = {};
};

/// What retention removed, or would.
struct RetentionReport {
    std::vector<TapeMetadata> removed = {};
    std::uint64_t kept = 0;
    std::uint64_t freed_bytes = 0;
};

/// Which of `tapes` retention removes at `now`, oldest first: a decision without any store.
TURNTABLE_EXPORT std::vector<TapeMetadata> plan_retention(std::vector<TapeMetadata> tapes,
                                                          const Retention& retention, WallTime now);

/// How tapes are copied into another library.
struct CopyTapesOptions {
    /// Take the place of tapes that are there; else these are left as they are.
    bool replace = false;
};

/// What became of a copy.
struct CopyTapesReport {
    std::uint64_t copied = 0;
    /// There already.
    std::uint64_t skipped = 0;
    std::uint64_t bytes = 0;
};

/// Tapes in one place: kept, found, read, labelled, removed.
///
/// Purpose: the handle over any tape::Provider. Metadata and content are read apart: a listing
/// reads no content, and source() reads of a content what is asked for. Ownership: a copyable
/// handle; copies share the provider, which ends with the last handle, or with what was made from
/// one. Threads: all functions may be called from any thread. Errors: `invalid_argument` for an id
/// that is none, those of tape::Provider, `would_deadlock` on a thread of the library. Each call
/// takes CallOptions last.
class [[nodiscard]] TURNTABLE_EXPORT Library {
  public:
    explicit Library(AnyProvider provider, LibraryOptions options = {});

    // Keeping.

    /// Keeps a whole tape, of either form, under the id in its head.
    Result<TapeMetadata> save(std::unique_ptr<Source> content, const SaveOptions& options = {},
                              const CallOptions& call = {}) const;
    Result<TapeMetadata> save_file(const std::string& path, const SaveOptions& options = {},
                                   const CallOptions& call = {}) const;
    /// Several whole tapes: an answer for each, in their order. Where the provider can, those of a
    /// batch are kept at once; a failure to keep any of it is then the answer for each.
    std::vector<Result<TapeMetadata>> save_all(std::vector<std::unique_ptr<Source>> contents,
                                               const SaveOptions& options = {},
                                               const CallOptions& call = {}) const;
    /// The same of files, some at a time.
    std::vector<Result<TapeMetadata>> save_files(std::span<const std::string> paths,
                                                 const SaveOptions& options = {},
                                                 const CallOptions& call = {}) const;
    /// A new tape that a Writer or Recorder appends to; the head that it writes has this id. When
    /// the sink is destroyed, the metadata are brought up to date.
    Result<std::unique_ptr<Sink>> sink(std::string_view id) const;

    // Reading.

    Result<TapeMetadata> metadata(std::string_view id, const CallOptions& call = {}) const;
    /// With the content as a whole.
    Result<StoredTape> load(std::string_view id, const CallOptions& call = {}) const;
    std::vector<Result<StoredTape>> load_all(std::span<const std::string> ids,
                                             const CallOptions& call = {}) const;
    /// The content, for a Reader: read piece by piece, also while it is being recorded.
    Result<std::unique_ptr<Source>> source(std::string_view id, const CallOptions& call = {}) const;

    // Finding.

    /// A page of tapes.
    Result<TapePage> search(const SearchCriteria& criteria, const CallOptions& call = {}) const;
    /// See docs/query.md; times count back from now.
    Result<TapePage> search(std::string_view query, const CallOptions& call = {}) const;
    /// All tapes that a query gives, in its order, a page at a time; `visit` ends it with false.
    Result<void> for_each(const Expression& where,
                          const std::function<Result<bool>(const TapeMetadata&)>& visit,
                          const CallOptions& call = {}) const;
    /// The tape that a person means: an id, the beginning of one id, a name, or `@last`. Errors:
    /// `not_found`; `invalid_argument` for what is several, with some of them.
    Result<TapeMetadata> find(std::string_view text, const CallOptions& call = {}) const;

    // Changing.

    Result<TapeMetadata> update(std::string_view id, const LabelChange& change,
                                const CallOptions& call = {}) const;
    Result<TapeMetadata> rename(std::string_view id, std::string name,
                                const CallOptions& call = {}) const;
    Result<TapeMetadata> tag(std::string_view id, std::vector<std::string> add,
                             std::vector<std::string> remove = {},
                             const CallOptions& call = {}) const;
    Result<TapeMetadata> note(std::string_view id, std::string text,
                              const CallOptions& call = {}) const;
    Result<TapeMetadata> pin(std::string_view id, bool pinned = true,
                             const CallOptions& call = {}) const;
    Result<void> remove(std::string_view id, const CallOptions& call = {}) const;

    // The whole.

    Result<LibraryStatistics> statistics(const Expression& where = {},
                                         const CallOptions& call = {}) const;
    /// Removes what retention does not keep, oldest first; with `dry_run` only says what.
    Result<RetentionReport> prune(const Retention& retention, bool dry_run = false,
                                  const CallOptions& call = {}) const;
    /// Copies tapes with their labels, byte for byte, into the form that `to` keeps.
    Result<CopyTapesReport> copy_to(const Library& to, const Expression& where = {},
                                    const CopyTapesOptions& options = {},
                                    const CallOptions& call = {}) const;
    /// Compares the index with the contents, all of which it reads.
    Result<InspectReport> verify(const CallOptions& call = {}) const;
    /// The same, and makes the index again where it does not fit.
    Result<InspectReport> rebuild(const CallOptions& call = {}) const;
    /// Takes into the index what was put beside it, such as a file that a recorder made: looks at
    /// names, sizes and labels, and reads only what differs in these.
    Result<InspectReport> catch_up(const CallOptions& call = {}) const;
    Result<Health> health(const CallOptions& call = {}) const;
    Result<void> close(const CallOptions& call = {}) const;

    const std::string& url() const noexcept;
    Runtime& runtime() const noexcept;
    /// To reach what only this provider can do, see AnyProvider::get_if.
    AnyProvider& provider() const noexcept;

  private:
    friend class LibrarySink;
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace turntable::inline v0::tape
