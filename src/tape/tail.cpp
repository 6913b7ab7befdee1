#include "tape/tail.hpp"

#include "tape/line.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::string_view zstd_magic = "\x28\xB5\x2F\xFD";

Error no_tape() {
    return Error(ErrorCode::corrupt, "this is not a tape: it does not begin with the head of one");
}

/// The version behind `head_begin`; `unsupported` for one that is too new.
Result<void> check_version(std::string_view line) {
    const std::string_view version =
        line.substr(head_begin.size(), line.find('"', head_begin.size()) - head_begin.size());
    const std::size_t dot = version.find('.');
    const auto major = json_unsigned(version.substr(0, dot));
    if (dot == std::string_view::npos || !major || *major == 0) {
        return no_tape();
    }
    if (*major > 1) {
        return Error(ErrorCode::unsupported,
                     "this tape has format " + std::string(version.substr(0, 20)) +
                         ", and this program reads 1: read it with a newer turntable");
    }
    return {};
}

Result<Compression> form_of(Source& source) {
    char begin[4] = {};
    TURNTABLE_TRY(const std::size_t size, source.read(0, begin, sizeof(begin)));
    return std::string_view(begin, size) == zstd_magic ? Compression::zstd : Compression::none;
}

}  // namespace

Error wrong_checksum(std::uint64_t offset) {
    return Error(ErrorCode::corrupt,
                 "the checksum of a record does not hold: it was changed, or records before it "
                 "are missing or moved")
        .with("offset", std::to_string(offset));
}

Result<Lines> lines_from(Source& source, Compression compression, const SyncPoint& from) {
    if (compression == Compression::none) {
        return Lines(plain_feed(source, from.lines), from.lines);
    }
    TURNTABLE_TRY(auto feed, zstd_feed(source, from.stored));
    return Lines(std::move(feed), from.lines);
}

Result<Opened> open_tape(Source& source) {
    Opened opened;
    TURNTABLE_TRY(opened.compression, form_of(source));
    if (opened.compression == Compression::none) {
        // Before a line is looked for: other files may have none.
        std::string begin(head_begin.size(), '\0');
        TURNTABLE_TRY(const std::size_t size, source.read(0, begin.data(), begin.size()));
        if (size < begin.size() || begin != head_begin) {
            return no_tape();
        }
    }
    TURNTABLE_TRY(Lines lines, lines_from(source, opened.compression, {}));
    TURNTABLE_TRY(const auto line, lines.next());
    if (!line || !line->starts_with(head_begin)) {
        return no_tape();
    }
    TURNTABLE_CHECK(check_version(*line));
    if (line->size() > limits::head_bytes_max) {
        return Error(ErrorCode::corrupt, "the head of a tape has at most 1 MiB");
    }
    const std::string_view text = line->substr(0, line->size() - 1);
    TURNTABLE_TRY(Record head, parse_record(text));
    opened.head = std::get<Head>(std::move(head));
    opened.first = {0, lines.next_offset(), stored_crc(text).value_or(0)};
    return opened;
}

namespace {

/// Reads the lines of the last block, or all where nothing else says what is above them.
class TailReader {
  public:
    TailReader(Source& source, Tail& tail) : source_(source), tail_(tail) {}

    /// Up to `end`, behind which the stored form is not whole.
    Result<bool> read_from(const SyncPoint& from, std::uint64_t end) {
        TURNTABLE_TRY(Lines lines, lines_from(source_, tail_.compression, from));
        TURNTABLE_TRY(tail_.ledger, Ledger::begin(tail_.head.segment));
        bool known = from.lines == 0;
        std::optional<std::uint32_t> crc;
        if (known) {
            crc = 0;
        }
        while (lines.next_offset() < end) {
            TURNTABLE_TRY(const auto line, lines.next());
            if (!line) {
                break;
            }
            const std::string_view text = line->substr(0, line->size() - 1);
            const auto stored = stored_crc(text);
            if (!stored || (crc && computed_crc(*crc, text) != *stored)) {
                return wrong_checksum(lines.offset());
            }
            crc = stored;
            TURNTABLE_TRY(const Record record, parse_record(text));
            TURNTABLE_TRY(known, take(*line, record, known));
            tail_.ledger.set_crc(*stored);
        }
        lines_end_ = lines.next_offset();
        return known;
    }
    std::uint64_t lines_end() const noexcept { return lines_end_; }

  private:
    /// Whether the ledger holds all above and with this line.
    Result<bool> take(std::string_view line, const Record& record, bool known) {
        const auto* end = std::get_if<End>(&record);
        tail_.end_reason = end != nullptr ? std::optional(end->reason) : std::nullopt;
        if (known) {
            tail_.ledger.add(line, record);
            return true;
        }
        if (const auto* check = std::get_if<Check>(&record)) {
            return tail_.ledger.begin_at(line, *check);
        }
        return end != nullptr && tail_.ledger.begin_at(line, *end);
    }

    Source& source_;
    Tail& tail_;
    std::uint64_t lines_end_ = 0;
};

}  // namespace

Result<Tail> read_tail(Source& source) {
    TURNTABLE_TRY(Opened opened, open_tape(source));
    Tail tail;
    tail.head = std::move(opened.head);
    tail.compression = opened.compression;
    TailReader reader(source, tail);
    SyncPoint from;
    std::uint64_t lines_end = UINT64_MAX;
    if (tail.compression == Compression::none) {
        TURNTABLE_TRY(from.lines, find_last_check(source));
    } else {
        TURNTABLE_TRY(const BlocksEnd end, find_blocks_end(source));
        tail.block = end.open;
        lines_end = end.lines_end();
        if (end.last) {
            from = {end.last->stored_begin, end.last->lines_begin, 0};
        }
    }
    TURNTABLE_TRY(bool known, reader.read_from(from, lines_end));
    if (!known) {
        TURNTABLE_TRY(known, reader.read_from({}, lines_end));
    }
    TURNTABLE_TRY(const std::uint64_t size, source.size());
    const std::uint64_t whole_end = tail.compression == Compression::none
                                        ? reader.lines_end()
                                        : tail.block.stored_begin + tail.block.stored_bytes;
    if (whole_end < size) {
        tail.torn = Torn{whole_end, size - whole_end, std::string(torn_reason)};
    }
    return tail;
}

}  // namespace turntable::inline v0::tape
