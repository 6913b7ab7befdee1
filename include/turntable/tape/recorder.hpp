#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/tape/record.hpp"
#include "turntable/tape/storage.hpp"
#include "turntable/tape/writer.hpp"

namespace turntable::inline v0::tape {

/// Changes a frame before it is stored, say takes secrets out of it. An error drops the frame,
/// which the tape then says in a gap.
using FrameFilter = std::function<Result<void>(Frame&)>;

/// Makes the place of a next segment, such as another file. Called on a thread of the pool.
using NextSegment = std::function<Result<std::unique_ptr<Sink>>(const Segment&)>;

/// How a Recorder records.
///
/// Purpose: the argument of Recorder::create. Ownership: shares the runtime. Threads: a value.
/// Errors: none.
struct RecorderOptions {
    /// Its pool writes, its clock tells the times. Null: Runtime::shared().
    std::shared_ptr<Runtime> runtime = nullptr;
    /// flush_each is not looked at: what came meanwhile is written and flushed together.
    WriterOptions writer = {};
    /// What may wait to be written. Frames beyond are dropped and counted.
    std::uint64_t buffer_bytes_max = std::uint64_t{16} << 20;
    /// How much of one frame is kept.
    std::uint64_t frame_bytes_max = std::uint64_t{4} << 20;
    /// Bytes of frames after which nothing more is recorded; 0: no limit.
    std::uint64_t tape_bytes_max = 0;
    /// Bytes of frames after which a segment ends as `rotated` and the next begins, where
    /// next_segment gives it a place; else all goes on in the present one. 0: one segment.
    std::uint64_t segment_bytes = 0;
    NextSegment next_segment = nullptr;
    /// Called on a thread of the pool, one frame at a time.
    FrameFilter filter = nullptr;
};

/// What became of a recording so far.
///
/// Purpose: the answer of Recorder::status. Ownership: a value. Threads: a value. Errors: none.
struct RecorderStatus {
    /// What the tape holds, in all its segments.
    Totals totals = {};
    std::uint64_t segments = 1;
    /// tape_bytes_max was reached: nothing more is recorded.
    bool full = false;
    /// Frames and bytes that it lacks.
    std::uint64_t dropped_frames = 0;
    std::uint64_t dropped_bytes = 0;
    /// Why the last of them was dropped, or no next segment begun, if the storage said so.
    std::optional<Error> error = {};

    bool complete() const noexcept { return dropped_frames == 0; }
};

/// Records a session between two parties without ever holding it up.
///
/// Purpose: whoever carries the traffic calls frame() and goes on; the tape is written on the pool
/// of the runtime, what comes within a millisecond together. When the storage is slow, full or
/// gone, frames are dropped, counted, and named in a gap as soon as the tape can be written again.
/// Ownership: owns the sink. Destroying it closes it; the reason is then `stopped`.
/// Threads: all functions may be called from any thread; frames are numbered in the order of the
/// calls.
/// Errors: only create() and close() give any.
class [[nodiscard]] TURNTABLE_EXPORT Recorder {
  public:
    /// Begins the tape: writes its head, whose `created` is the clock's when it is not set.
    static Result<Recorder> create(std::unique_ptr<Sink> sink, Head head,
                                   const RecorderOptions& options = {});
    Recorder(Recorder&& other) noexcept;
    Recorder& operator=(Recorder&& other) noexcept;
    ~Recorder();

    /// Takes a copy of the bytes that one party sent just now.
    void frame(Direction direction, ByteView bytes, std::uint64_t connection = 0);
    /// For a frame that the caller cut already: it had `whole_bytes`.
    void cut_frame(Direction direction, ByteView first_bytes, std::uint64_t whole_bytes,
                   std::uint64_t connection = 0);
    /// What happened to a party just now: see Life.
    void life(std::string_view event, std::optional<std::int64_t> code = {},
              std::string_view text = {});
    void note(std::string_view text);

    RecorderStatus status() const;
    /// Waits until all that came before is written, or dropped.
    void flush();
    /// Writes what waits and the end, and asks the disk to keep it. What comes after is ignored.
    /// Errors: those of the storage; the tape is then interrupted, but readable.
    Result<void> close(std::string_view reason = "complete");

  private:
    struct State;
    explicit Recorder(std::shared_ptr<State> state) noexcept;
    std::shared_ptr<State> state_;
};

}  // namespace turntable::inline v0::tape
