#include "turntable/tape/writer.hpp"

#include <algorithm>
#include <utility>

#include "tape/blocks.hpp"
#include "tape/ledger.hpp"
#include "tape/line.hpp"
#include "tape/tail.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::tape {

struct Writer::State {
    State(std::unique_ptr<Sink> to, const WriterOptions& how, Ledger start)
        : sink(std::move(to)), options(how), now(start), flushed(start) {}

    /// Completes the line that begins at `start` of `pending`.
    Result<std::string_view> complete_line(std::size_t start) {
        const std::uint32_t crc = crc32c(now.crc(), ByteView(pending).substr(start));
        append_crc(pending, crc);
        if (pending.size() - start > limits::line_bytes_max) {
            return Error(ErrorCode::limit_exceeded, "a line of a tape has at most 256 MiB");
        }
        now.set_crc(crc);
        return std::string_view(pending).substr(start);
    }
    /// Makes `pending` what it was before a record that cannot be written.
    Error give_up(std::size_t start, Error error) {
        pending.resize(start);
        return error;
    }

    Result<void> add(const Record& record) {
        const std::size_t start = pending.size();
        if (auto done = append_record(pending, record); !done) {
            return give_up(start, std::move(done).error());
        }
        const auto line = complete_line(start);
        if (!line) {
            return give_up(start, line.error());
        }
        now.add(*line, record);
        return {};
    }
    Result<void> add_frame(const Frame& frame) {
        const std::size_t start = pending.size();
        const TapeTime time = std::max(frame.time, now.totals().time);
        if (auto done = append_frame(pending, frame, now.totals().frames + 1, time); !done) {
            return give_up(start, std::move(done).error());
        }
        const auto line = complete_line(start);
        if (!line) {
            return give_up(start, line.error());
        }
        now.add_frame(*line, payload_bytes(frame), time);
        return {};
    }
    /// After a record: a check where one is due, and the flush.
    Result<void> settle() {
        if (now.bytes_since_check() >= options.check_bytes) {
            TURNTABLE_CHECK(add(now.check<Check>(now.totals().time)));
            end_block();
        }
        return options.flush_each ? flush() : Result<void>();
    }
    void end_block() {
        if (blocks) {
            blocks->end_at(pending.size(), now);
        }
    }
    Result<void> flush() {
        if (pending.empty()) {
            return {};
        }
        ByteView bytes = pending;
        if (blocks) {
            auto stored = blocks->encode(pending, now);
            if (!stored) {
                drop_pending();
                return std::move(stored).error();
            }
            bytes = *stored;
        }
        if (auto done = sink->append(bytes); !done) {
            drop_pending();
            return done;
        }
        empty_pending();
        flushed = now;
        if (blocks) {
            blocks->accept();
        }
        return {};
    }
    void empty_pending() {
        constexpr std::size_t kept = 64U << 10U;
        if (pending.capacity() > kept) {
            pending = std::string();
        }
        pending.clear();
    }
    void drop_pending() {
        empty_pending();
        now = flushed;
        if (blocks) {
            blocks->reject();
        }
    }

    std::unique_ptr<Sink> sink;
    WriterOptions options;
    /// With the records in `pending`, and without.
    Ledger now;
    Ledger flushed;
    std::string pending;
    std::unique_ptr<BlockWriter> blocks;
};

Writer::Writer(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Writer::Writer(Writer&& other) noexcept = default;
Writer& Writer::operator=(Writer&& other) noexcept = default;
Writer::~Writer() = default;

Result<Writer> Writer::create(std::unique_ptr<Sink> sink, const Head& head,
                              const WriterOptions& options) {
    TURNTABLE_TRY(Ledger ledger, Ledger::begin(head.segment));
    auto state = std::make_unique<State>(std::move(sink), options, ledger);
    if (options.compression == Compression::zstd) {
        OpenBlock first;
        first.stored_begin = state->sink->size();
        TURNTABLE_TRY(state->blocks, BlockWriter::create(options.zstd_level, first, state->now));
    }
    TURNTABLE_CHECK(state->add(head));
    TURNTABLE_CHECK(state->settle());
    return Writer(std::move(state));
}

Result<std::uint64_t> Writer::frame(const Frame& frame) {
    TURNTABLE_CHECK(state_->add_frame(frame));
    const std::uint64_t number = state_->now.totals().frames;
    TURNTABLE_CHECK(state_->settle());
    return number;
}

namespace {

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

}  // namespace

Result<void> Writer::append(const Record& record) {
    if (const auto* given = std::get_if<Frame>(&record)) {
        const auto number = frame(*given);
        return number ? Result<void>() : Result<void>(number.error());
    }
    Record copy = record;
    const TapeTime last = state_->now.totals().time;
    const bool ours = std::visit(Overloaded{[](Head&) { return true; }, [](Check&) { return true; },
                                            [](End&) { return true; },
                                            [last](auto& other) {
                                                other.time = std::max(other.time, last);
                                                return false;
                                            }},
                                 copy);
    if (ours) {
        return Error(ErrorCode::invalid_argument,
                     "a writer makes the head, checks and the end itself")
            .with("kind", std::string(kind_of(record)));
    }
    TURNTABLE_CHECK(state_->add(copy));
    return state_->settle();
}

Result<void> Writer::flush() { return state_->flush(); }

Result<void> Writer::end(TapeTime time, std::string_view reason) {
    End end = state_->now.check<End>(std::max(time, state_->now.totals().time));
    end.reason = reason;
    TURNTABLE_CHECK(state_->add(end));
    state_->end_block();
    return state_->flush();
}

Totals Writer::totals() const noexcept { return state_->now.totals(); }
std::string Writer::chain() const { return to_hex(state_->now.chain()); }
Sink& Writer::sink() noexcept { return *state_->sink; }

Result<Writer> Writer::resume(std::unique_ptr<Source> source, std::unique_ptr<Sink> sink,
                              const ResumeOptions& options) {
    TURNTABLE_TRY(const Tail tail, read_tail(*source));
    if (tail.torn && !options.cut_torn_end) {
        return Error(ErrorCode::corrupt,
                     "the tape ends with a record that was not written to its end; resume it with "
                     "cut_torn_end to cut those bytes off")
            .with("bytes", std::to_string(tail.torn->bytes));
    }
    WriterOptions how = options.writer;
    how.compression = tail.compression;
    auto state = std::make_unique<State>(std::move(sink), how, tail.ledger);
    if (tail.compression == Compression::zstd) {
        TURNTABLE_TRY(state->blocks, BlockWriter::create(how.zstd_level, tail.block, tail.ledger));
    }
    if (tail.torn) {
        TURNTABLE_CHECK(state->sink->truncate(tail.torn->offset));
    }
    Life resumed;
    resumed.event = "resumed";
    resumed.time = std::max(tail.ledger.totals().time, TapeTime(options.now - tail.head.created));
    resumed.code = static_cast<std::int64_t>(tail.torn ? tail.torn->bytes : 0);
    resumed.text = to_string(options.now);
    TURNTABLE_CHECK(state->add(resumed));
    TURNTABLE_CHECK(state->flush());
    return Writer(std::move(state));
}

std::string new_tape_id(Runtime& runtime) {
    const auto milliseconds =
        static_cast<std::uint64_t>(runtime.clock().wall_now().time_since_epoch().count());
    const std::uint64_t high = milliseconds << 16U | 0x7000U | (runtime.random().next() & 0x0FFFU);
    const std::uint64_t low = (runtime.random().next() & 0x3FFFFFFFFFFFFFFFU) | 0x8000000000000000U;
    std::string bytes;
    for (const std::uint64_t half : {high, low}) {
        for (unsigned shift = 64; shift > 0; shift -= 8) {
            bytes += static_cast<char>((half >> (shift - 8)) & 0xFFU);
        }
    }
    std::string id = to_hex(ByteView(bytes));
    for (const std::size_t at : {8U, 13U, 18U, 23U}) {
        id.insert(at, 1, '-');
    }
    return id;
}

}  // namespace turntable::inline v0::tape
