#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/record.hpp"
#include "turntable/tape/storage.hpp"
#include "turntable/tape/writer.hpp"

namespace turntable::inline v0::tape {

/// How a Reader reads.
///
/// Purpose: the argument of Reader::open. Ownership, threads: a value. Errors: none.
struct ReaderOptions {
    /// False: records are given whatever their checksums, also without any: of a tape that was
    /// edited by hand.
    bool checksums = true;
};

/// What is left out at the end of a tape: a record that was being written when its writer died.
struct Torn {
    /// Where the whole records end in the stored file.
    std::uint64_t offset = 0;
    /// How many stored bytes follow.
    std::uint64_t bytes = 0;
    std::string reason = {};
    friend bool operator==(const Torn&, const Torn&) = default;
};

/// What the end of a tape tells.
struct Summary {
    Totals totals = {};
    /// Of the last record, if it is an End; a tape without was interrupted, or is being recorded.
    std::optional<std::string> end_reason = {};
    std::optional<Torn> torn = {};
};

/// Reads the records of a tape, of either form.
///
/// Purpose: replay, listing, search, following a tape that is being recorded.
/// Ownership: owns the source; records own what they hold.
/// Threads: one at a time.
/// Errors: `unsupported` for a newer major version, and for zstd in a build without it; `corrupt`
/// for what is no tape or is damaged, with the place; those of the source.
class TURNTABLE_EXPORT Reader {
  public:
    /// Reads the head.
    static Result<Reader> open(std::unique_ptr<Source> source, const ReaderOptions& options = {});
    static Result<Reader> open_file(const std::string& path, const ReaderOptions& options = {});
    Reader(Reader&& other) noexcept;
    Reader& operator=(Reader&& other) noexcept;
    ~Reader();

    const Head& head() const noexcept;
    Compression compression() const noexcept;

    /// The next record after the head, or nothing at the present end; asked again there, it sees
    /// what has been appended meanwhile. After a `corrupt` error it goes on behind the damage.
    Result<std::optional<Record>> next();
    /// The line of the record that next() gave last, without its line feed; valid until the next
    /// call.
    std::string_view line() const noexcept;
    /// Where that line begins among the lines of the tape.
    std::uint64_t line_offset() const noexcept;

    /// Goes back to the record after the head.
    Result<void> rewind();
    /// next() gives frame `number` then; `out_of_range` if there is none.
    Result<void> seek_frame(std::uint64_t number);
    /// next() gives the first record at or after `time` then, if there is one.
    Result<void> seek_time(TapeTime time);
    /// By frames: 0 is the first, 100 the last.
    Result<void> seek_percent(double percent);

    /// What is left out at the present end. Reads no more than the last block.
    Result<std::optional<Torn>> torn();
    /// Counts and end, from the last block; next() goes on from where it was.
    Result<Summary> summary();

  private:
    struct State;
    explicit Reader(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// One thing wrong with a tape.
struct Problem {
    /// Where the line begins among the lines of the tape; its number counts from 1.
    std::uint64_t offset = 0;
    std::uint64_t line = 0;
    std::string what = {};
};

/// What verify() found.
struct VerifyReport {
    Summary summary = {};
    /// The chain of the tape, to compare with one that was kept elsewhere.
    std::string chain = {};
    /// The first hundred; a torn end and a missing end are none.
    std::vector<Problem> problems = {};
};

/// Reads all of a tape: checksums, the chain, numbers, times, counts, and in zstd the footers.
TURNTABLE_EXPORT Result<VerifyReport> verify(std::unique_ptr<Source> source);

/// Writes the lines of a tape in a form. What it gives is, byte for byte, what the other form was
/// made from; a torn end is left out. `corrupt` if the tape is damaged.
TURNTABLE_EXPORT Result<void> convert(std::unique_ptr<Source> source, std::unique_ptr<Sink> sink,
                                      const WriterOptions& options);

}  // namespace turntable::inline v0::tape
