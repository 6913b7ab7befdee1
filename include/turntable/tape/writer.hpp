#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/tape/record.hpp"
#include "turntable/tape/storage.hpp"

namespace turntable::inline v0::tape {

/// Which form a file has. Both hold the same lines.
enum class Compression : std::uint8_t {
    none,  ///< `.tape`
    zstd,  ///< `.tape.zst`
};

/// How a Writer writes.
///
/// Purpose: the argument of Writer::create. Ownership, threads: a value. Errors: none.
struct WriterOptions {
    Compression compression = Compression::none;
    /// Level 6 packs messages a tenth smaller than 3, and still at 100,000 a second.
    int zstd_level = 6;
    /// False: records wait until flush(), which a caller calls before it goes idle. Several records
    /// a flush take less room in zstd.
    bool flush_each = true;
    /// A check stands after so many bytes of lines; in zstd it ends the block.
    std::uint64_t check_bytes = 1U << 20U;
};

/// What a Writer may do to a tape that it goes on with.
///
/// Purpose: the argument of Writer::resume. Ownership, threads: a value. Errors: none.
struct ResumeOptions {
    WriterOptions writer = {};
    /// False: a torn end is an error that says how much would be lost.
    bool cut_torn_end = false;
    /// When it goes on; the time of the tape follows from its head.
    WallNanoseconds now = {};
};

/// What a tape holds so far.
struct Totals {
    /// Lines of this file, with the head.
    std::uint64_t records = 0;
    /// Frames of the tape, with earlier segments.
    std::uint64_t frames = 0;
    /// Bytes in the frames of this file.
    std::uint64_t bytes = 0;
    /// Frames that gaps name.
    std::uint64_t dropped = 0;
    TapeTime time{};
    friend bool operator==(const Totals&, const Totals&) = default;
};

/// Turns records into the bytes of a tape.
///
/// Purpose: recording. It appends whole records, flushed one by one, and puts checks between.
/// Ownership: owns the sink. Destroyed without end(), it leaves an interrupted tape, which is fine
/// to read; records that were not flushed are lost.
/// Threads: one at a time.
/// Errors: `limit_exceeded` for what a tape cannot hold, and what the sink says, such as
/// `no_space`. A call that fails leaves the tape as it was after the last flush: records since
/// then are not in it, and the next call goes on from there. Say so with a Gap.
class TURNTABLE_EXPORT Writer {
  public:
    /// Begins a tape: writes its head. `unsupported` for zstd in a build without it.
    static Result<Writer> create(std::unique_ptr<Sink> sink, const Head& head,
                                 const WriterOptions& options = {});
    /// Goes on with a tape that `source` reads and `sink` appends to; the form is the tape's. Puts
    /// a Life `resumed` behind what was there.
    static Result<Writer> resume(std::unique_ptr<Source> source, std::unique_ptr<Sink> sink,
                                 const ResumeOptions& options = {});
    Writer(Writer&& other) noexcept;
    Writer& operator=(Writer&& other) noexcept;
    ~Writer();

    /// Appends a frame and gives its number. A time before the last one counts as the last one.
    Result<std::uint64_t> frame(const Frame& frame);
    /// Appends a record of any kind but Head, Check and End, which the writer makes.
    Result<void> append(const Record& record);
    /// Hands everything so far to the sink.
    Result<void> flush();
    /// Writes the end. More may follow, of a recording that goes on after all.
    Result<void> end(TapeTime time, std::string_view reason = "complete");

    Totals totals() const noexcept;
    /// The chain of the tape up to here, 64 hexadecimal digits: what the head of a next segment and
    /// an index keep.
    std::string chain() const;
    Sink& sink() noexcept;

  private:
    struct State;
    explicit Writer(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// A new UUID of version 7 for Head::id: sorts by time, unguessable.
TURNTABLE_EXPORT std::string new_tape_id(Runtime& runtime);

}  // namespace turntable::inline v0::tape
