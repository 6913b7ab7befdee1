#include "turntable/tape/reader.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tape/tail.hpp"

namespace turntable::inline v0::tape {

struct Reader::State {
    State(std::unique_ptr<Source> from, const ReaderOptions& how, Opened what, Lines behind_head)
        : source(std::move(from)),
          options(how),
          opened(std::move(what)),
          lines(std::move(behind_head)),
          stored(opened.first.crc),
          computed(opened.first.crc) {}

    Result<void> go_to(const SyncPoint& to) {
        TURNTABLE_TRY(lines, lines_from(*source, opened.compression, to));
        stored = computed = to.crc;
        again = false;
        return {};
    }
    /// The next line, without its line feed, whether its checksum holds or not.
    Result<bool> next_line() {
        if (std::exchange(again, false)) {
            return true;
        }
        auto next = lines.next();
        if (!next) {
            TURNTABLE_CHECK(go_behind_block());
            return std::move(next).error();
        }
        if (!*next) {
            line = {};
            return false;
        }
        line = (*next)->substr(0, (*next)->size() - 1);
        line_offset = lines.offset();
        checksum_holds = follows();
        return true;
    }
    /// Behind a block that cannot be unpacked: to the next footer, or to the end.
    Result<void> go_behind_block() {
        line = {};
        if (opened.compression == Compression::none) {
            return {};
        }
        TURNTABLE_TRY(const std::uint64_t size, source->size());
        TURNTABLE_TRY(const auto footer, next_footer(*source, lines.stored_begin(), size));
        return go_to(footer ? behind(*footer) : SyncPoint{size, lines.next_offset(), 0});
    }
    static SyncPoint behind(const Footer& footer) {
        return {footer.stored_end + footer_bytes, footer.lines_end, footer.line_crc};
    }
    /// Whether the checksum of the line holds. A line behind a damaged one may continue from what
    /// stands there or from what should: the damage is in one line only.
    bool follows() {
        const auto here = stored_crc(line);
        const auto from_stored = stored ? std::optional(computed_crc(*stored, line)) : std::nullopt;
        const auto from_computed =
            computed ? std::optional(computed_crc(*computed, line)) : std::nullopt;
        const bool holds = here && (here == from_stored || here == from_computed);
        stored = here;
        computed = holds ? here : from_stored ? from_stored : from_computed;
        return holds;
    }

    Result<void> seek(const Target& target) {
        const SyncPoint& first = opened.first;
        SyncPoint from = first;
        if (opened.compression == Compression::none) {
            TURNTABLE_TRY(from, find_plain(*source, first, target));
        } else {
            TURNTABLE_TRY(const auto footer, find_footer(*source, target));
            if (footer) {
                from = behind(*footer);
            }
        }
        TURNTABLE_CHECK(go_to(from));
        while (true) {
            TURNTABLE_TRY(const bool more, next_line());
            if (!more) {
                return {};
            }
            const auto key = target.in(key_of(line));
            if (key && *key >= target.value) {
                again = true;
                return {};
            }
        }
    }

    std::unique_ptr<Source> source;
    ReaderOptions options;
    Opened opened;
    Lines lines;
    /// The checksum that stands in the line before, and the one that should.
    std::optional<std::uint32_t> stored;
    std::optional<std::uint32_t> computed;
    std::string_view line;
    std::uint64_t line_offset = 0;
    bool checksum_holds = false;
    /// The line was looked at and is to be given once more.
    bool again = false;
};

Reader::Reader(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Reader::Reader(Reader&& other) noexcept = default;
Reader& Reader::operator=(Reader&& other) noexcept = default;
Reader::~Reader() = default;

Result<Reader> Reader::open(std::unique_ptr<Source> source, const ReaderOptions& options) {
    TURNTABLE_TRY(Opened opened, open_tape(*source));
    TURNTABLE_TRY(Lines lines, lines_from(*source, opened.compression, {}));
    TURNTABLE_TRY(const auto head, lines.next());
    if (options.checksums && head) {
        const std::string_view line = head->substr(0, head->size() - 1);
        if (stored_crc(line) != computed_crc(0, line)) {
            return wrong_checksum(0);
        }
    }
    return Reader(
        std::make_unique<State>(std::move(source), options, std::move(opened), std::move(lines)));
}

Result<Reader> Reader::open_file(const std::string& path, const ReaderOptions& options) {
    TURNTABLE_TRY(auto source, FileSource::open(path));
    auto reader = open(std::move(source), options);
    return reader ? std::move(reader) : std::move(reader.error().with("path", path));
}

const Head& Reader::head() const noexcept { return state_->opened.head; }
Compression Reader::compression() const noexcept { return state_->opened.compression; }

Result<std::optional<Record>> Reader::next() {
    TURNTABLE_TRY(const bool more, state_->next_line());
    if (!more) {
        return std::optional<Record>();
    }
    if (state_->options.checksums && !state_->checksum_holds) {
        return wrong_checksum(state_->line_offset);
    }
    auto record = parse_record(state_->line);
    if (!record) {
        return std::move(record.error().with("offset", std::to_string(state_->line_offset)));
    }
    return std::optional(*std::move(record));
}

std::string_view Reader::line() const noexcept { return state_->line; }
std::uint64_t Reader::line_offset() const noexcept { return state_->line_offset; }

Result<void> Reader::rewind() {
    TURNTABLE_CHECK(state_->go_to({}));
    TURNTABLE_TRY(const bool head, state_->next_line());
    (void)head;
    return {};
}

Result<void> Reader::seek_frame(std::uint64_t number) {
    TURNTABLE_CHECK(state_->seek({false, number}));
    const auto found = state_->again ? key_of(state_->line).number : std::nullopt;
    if (found != number) {
        return Error(ErrorCode::out_of_range, "the tape has no frame of this number")
            .with("frame", std::to_string(number));
    }
    return {};
}

Result<void> Reader::seek_time(TapeTime time) {
    if (time <= TapeTime::zero()) {
        return rewind();
    }
    return state_->seek({true, static_cast<std::uint64_t>(time.count())});
}

Result<void> Reader::seek_percent(double percent) {
    if (!(percent >= 0 && percent <= 100)) {
        return Error(ErrorCode::out_of_range, "a place in a tape is from 0 to 100 percent");
    }
    TURNTABLE_TRY(const Summary all, summary());
    const std::uint64_t before = head().segment.frames_before;
    const std::uint64_t count = all.totals.frames - std::min(before, all.totals.frames);
    if (count == 0) {
        return rewind();
    }
    const double skipped = std::floor(percent / 100 * static_cast<double>(count - 1));
    return seek_frame(before + 1 + static_cast<std::uint64_t>(skipped));
}

Result<Summary> Reader::summary() {
    TURNTABLE_TRY(Tail tail, read_tail(*state_->source));
    return Summary{tail.ledger.totals(), std::move(tail.end_reason), std::move(tail.torn)};
}

Result<std::optional<Torn>> Reader::torn() {
    TURNTABLE_TRY(Summary all, summary());
    return std::move(all.torn);
}

}  // namespace turntable::inline v0::tape
