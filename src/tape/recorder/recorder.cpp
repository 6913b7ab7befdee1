#include "turntable/tape/recorder.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

#include "tape/recorder/yields_to_traffic.hpp"

namespace turntable::inline v0::tape {

namespace {

/// A record that waits, with what it counts for in the buffer.
struct Waiting {
    Record record;
    std::uint64_t bytes = 0;
};

/// What a waiting record costs beside its bytes.
constexpr std::uint64_t record_overhead = 128;

/// What is missing when a frame is not recorded.
std::uint64_t whole_bytes(const Frame& frame) noexcept {
    return std::max<std::uint64_t>(frame.payload.size(), frame.truncated_from);
}

/// Frames that follow each other so closely are written together. To wake whoever writes for each
/// would cost a call through a recorder more than all else does.
constexpr std::chrono::milliseconds linger_time{1};

/// Why frames are missing that stood before what waits; others are missing after it.
constexpr std::string_view lost_by_storage = "storage";

}  // namespace

struct Recorder::State : std::enable_shared_from_this<Recorder::State> {
    State(Writer tape_writer, Head tape_head, const RecorderOptions& with)
        : options(with), writer(std::move(tape_writer)), head(std::move(tape_head)) {}

    TapeTime now() const { return options.runtime->clock().steady_now() - began; }

    /// Queues a record unless the buffer is full; under the lock.
    bool enqueue(Record record, std::uint64_t bytes) {
        const std::uint64_t cost = bytes + record_overhead;
        if (queued_bytes + cost > options.buffer_bytes_max) {
            return false;
        }
        queued_bytes += cost;
        queue.push_back({std::move(record), cost});
        return true;
    }
    void drop(std::uint64_t frames, std::uint64_t bytes, std::string why) {
        gap.frames += frames;
        gap.bytes += bytes;
        gap.why = std::move(why);
        dropped_frames += frames;
        dropped_bytes += bytes;
    }
    /// Sees to it that somebody writes.
    void wake() {
        if (draining) {
            if (is_half_full()) {
                hurry.notify_one();
            }
        } else if (!queue.empty() || gap.frames > 0) {
            draining = true;
            options.runtime->blocking_pool().post([self = shared_from_this()] { self->drain(); });
        }
    }
    void drain();
    bool write_all(std::unique_lock<std::mutex>& lock);
    bool is_half_full() const { return 2 * queued_bytes > options.buffer_bytes_max; }
    void wait_idle(std::unique_lock<std::mutex>& lock);
    std::vector<Waiting> take_batch(bool& rotates);
    Result<void> rotate();
    Totals all_totals() const;
    Result<Gap> write(std::vector<Waiting>& batch, const Gap& lost);
    void take_back(const std::vector<Waiting>& batch, const Gap& lost);
    void add(Frame frame);

    RecorderOptions options;
    Instant began = options.runtime->clock().steady_now();

    std::mutex mutex;
    std::condition_variable idle;
    std::condition_variable hurry;
    int waiters = 0;  // who waits until all is written
    std::vector<Waiting> queue;
    std::uint64_t queued_bytes = 0;
    std::uint64_t accepted_bytes = 0;
    Gap gap;  // what was dropped since the last gap was written
    std::uint64_t dropped_frames = 0;
    std::uint64_t dropped_bytes = 0;
    std::optional<Error> error;
    Totals totals;
    std::uint64_t segments = 1;
    bool full = false;
    bool draining = false;
    bool closed = false;

    // Only of whoever drains.
    Writer writer;
    Head head;
    Totals before;  // what earlier segments hold
    std::uint64_t segment_end = options.segment_bytes;
    YieldsToTraffic yields{options.runtime->clock()};
};

void Recorder::State::add(Frame frame) {
    const std::scoped_lock guard(mutex);
    if (closed) {
        return;
    }
    frame.time = now();
    const std::uint64_t bytes = frame.payload.size();
    const std::uint64_t whole = whole_bytes(frame);
    if (full || (options.tape_bytes_max != 0 && accepted_bytes + bytes > options.tape_bytes_max)) {
        drop(1, whole, "limit");
        if (std::exchange(full, true)) {
            return;  // one gap says so now, and one in the end how many
        }
    } else if (!enqueue(std::move(frame), bytes)) {
        drop(1, whole, "buffer");
    } else {
        accepted_bytes += bytes;
    }
    wake();
}

/// Writes a batch in one flush: all of it is in the tape, or nothing. Gives what the filter held
/// back.
Result<Gap> Recorder::State::write(std::vector<Waiting>& batch, const Gap& lost) {
    Gap filtered;
    yields.begin_batch();
    const bool came_before = lost.why == lost_by_storage;
    if (lost.frames > 0 && came_before) {
        TURNTABLE_CHECK(writer.append(lost));
    }
    for (Waiting& waiting : batch) {
        auto* frame = std::get_if<Frame>(&waiting.record);
        if (frame == nullptr) {
            TURNTABLE_CHECK(writer.append(waiting.record));
            continue;
        }
        if (options.filter && !options.filter(*frame)) {
            const Gap one{
                .time = frame->time, .frames = 1, .bytes = whole_bytes(*frame), .why = "filter"};
            TURNTABLE_CHECK(writer.append(one));
            ++filtered.frames;
            filtered.bytes += one.bytes;
            continue;
        }
        TURNTABLE_CHECK(writer.frame(*frame));
        yields.between_frames();
    }
    if (lost.frames > 0 && !came_before) {
        TURNTABLE_CHECK(writer.append(lost));
    }
    TURNTABLE_CHECK(writer.flush());
    return filtered;
}

/// The storage took nothing: all of it is missing before what comes now.
void Recorder::State::take_back(const std::vector<Waiting>& batch, const Gap& lost) {
    gap.frames += lost.frames;  // counted already
    gap.bytes += lost.bytes;
    gap.why = lost_by_storage;
    for (const Waiting& waiting : batch) {
        if (const auto* frame = std::get_if<Frame>(&waiting.record)) {
            drop(1, whole_bytes(*frame), std::string(lost_by_storage));
        }
    }
}

/// What is written next, no more than the segment has room for; under the lock. `rotates`: it
/// belongs into a next segment.
std::vector<Waiting> Recorder::State::take_batch(bool& rotates) {
    rotates = false;
    if (options.segment_bytes == 0 || !options.next_segment) {
        return std::exchange(queue, {});
    }
    const std::uint64_t used = writer.totals().bytes;
    std::uint64_t room = segment_end - std::min(segment_end, used);
    if (room == 0) {
        rotates = true;
        room = options.segment_bytes;
    }
    auto end = queue.begin();
    for (; end != queue.end() && room > 0; ++end) {
        if (const auto* frame = std::get_if<Frame>(&end->record)) {
            room -= std::min<std::uint64_t>(room, frame->payload.size());
        }
    }
    std::vector<Waiting> batch(std::move_iterator(queue.begin()), std::move_iterator(end));
    queue.erase(queue.begin(), end);
    return batch;
}

/// Ends the segment and begins the next. When that fails, the present one goes on.
Result<void> Recorder::State::rotate() {
    segment_end = writer.totals().bytes + options.segment_bytes;
    TURNTABLE_CHECK(writer.end(now(), "rotated"));
    TURNTABLE_CHECK(writer.sink().sync());
    Head next = head;
    next.segment = {head.segment.number + 1, writer.chain(), writer.totals().frames};
    TURNTABLE_TRY(auto sink, options.next_segment(next.segment));
    TURNTABLE_TRY(Writer begun, Writer::create(std::move(sink), next, options.writer));
    TURNTABLE_CHECK(begun.flush());
    before = all_totals();
    writer = std::move(begun);
    head = std::move(next);
    segment_end = options.segment_bytes;
    return {};
}

Totals Recorder::State::all_totals() const {
    Totals all = writer.totals();
    all.records += before.records;
    all.bytes += before.bytes;
    all.dropped += before.dropped;
    return all;
}

void Recorder::State::drain() {
    std::unique_lock lock(mutex);
    bool taken = true;
    do {
        taken = write_all(lock);
        // What comes meanwhile wakes nobody, and what is there then is written at once.
        hurry.wait_for(lock, linger_time, [this] { return waiters > 0 || is_half_full(); });
    } while (!queue.empty() || (taken && gap.frames > 0));
    draining = false;
    idle.notify_all();
}

void Recorder::State::wait_idle(std::unique_lock<std::mutex>& lock) {
    ++waiters;
    hurry.notify_one();
    idle.wait(lock, [this] { return !draining; });
    --waiters;
}

/// Until nothing waits; false: the storage takes nothing, and the next record tries again.
bool Recorder::State::write_all(std::unique_lock<std::mutex>& lock) {
    while (!queue.empty() || gap.frames > 0) {
        bool rotates = false;
        std::vector<Waiting> batch = take_batch(rotates);
        Gap lost = std::exchange(gap, {});
        // A tape's times never go back.
        lost.time =
            batch.empty() || lost.why != lost_by_storage ? now() : time_of(batch.front().record);
        lock.unlock();
        const Result<void> rotated = rotates ? rotate() : Result<void>();
        Result<Gap> written = write(batch, lost);
        const Totals reached = all_totals();
        lock.lock();
        for (const Waiting& waiting : batch) {
            queued_bytes -= waiting.bytes;
        }
        totals = reached;
        segments = head.segment.number;
        if (!rotated) {
            error = rotated.error();
        }
        if (!written) {
            error = std::move(written).error();
            take_back(batch, lost);
            return false;
        }
        dropped_frames += written->frames;
        dropped_bytes += written->bytes;
    }
    return true;
}

Recorder::Recorder(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
Recorder::Recorder(Recorder&& other) noexcept = default;

Recorder& Recorder::operator=(Recorder&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
}

Recorder::~Recorder() {
    if (state_ != nullptr) {
        (void)close("stopped");
    }
}

Result<Recorder> Recorder::create(std::unique_ptr<Sink> sink, Head head,
                                  const RecorderOptions& options) {
    RecorderOptions complete = options;
    if (complete.runtime == nullptr) {
        complete.runtime = Runtime::shared();
    }
    complete.writer.flush_each = false;
    if (head.created == WallNanoseconds()) {
        head.created = complete.runtime->clock().wall_now();
    }
    TURNTABLE_TRY(Writer writer, Writer::create(std::move(sink), head, complete.writer));
    TURNTABLE_CHECK(writer.flush());
    return Recorder(std::make_shared<State>(std::move(writer), std::move(head), complete));
}

void Recorder::frame(Direction direction, ByteView bytes, std::uint64_t connection) {
    cut_frame(direction, bytes, bytes.size(), connection);
}

void Recorder::cut_frame(Direction direction, ByteView first_bytes, std::uint64_t whole_bytes,
                         std::uint64_t connection) {
    const ByteView kept =
        first_bytes.substr(0, static_cast<std::size_t>(state_->options.frame_bytes_max));
    state_->add({.direction = direction,
                 .payload = Bytes::copy(kept),
                 .connection = connection,
                 .truncated_from = kept.size() < whole_bytes ? whole_bytes : 0});
}

void Recorder::life(std::string_view event, std::optional<std::int64_t> code,
                    std::string_view text) {
    const std::scoped_lock guard(state_->mutex);
    if (!state_->closed) {
        (void)state_->enqueue(Life{.time = state_->now(),
                                   .event = std::string(event),
                                   .code = code,
                                   .text = std::string(text)},
                              text.size());
        state_->wake();
    }
}

void Recorder::note(std::string_view text) {
    const std::scoped_lock guard(state_->mutex);
    if (!state_->closed) {
        (void)state_->enqueue(Note{.time = state_->now(), .text = std::string(text)}, text.size());
        state_->wake();
    }
}

RecorderStatus Recorder::status() const {
    const std::scoped_lock guard(state_->mutex);
    return {state_->totals,         state_->segments,      state_->full,
            state_->dropped_frames, state_->dropped_bytes, state_->error};
}

void Recorder::flush() {
    std::unique_lock lock(state_->mutex);
    state_->wait_idle(lock);
}

Result<void> Recorder::close(std::string_view reason) {
    std::unique_lock lock(state_->mutex);
    if (std::exchange(state_->closed, true)) {
        return {};
    }
    state_->wait_idle(lock);
    if (state_->gap.frames > 0) {  // a last attempt to say what is missing
        state_->wake();
        state_->wait_idle(lock);
    }
    TURNTABLE_CHECK(state_->writer.end(state_->now(), reason));
    state_->totals = state_->all_totals();
    return state_->writer.sink().sync();
}

}  // namespace turntable::inline v0::tape
