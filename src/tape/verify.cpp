#include "tape/tail.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::size_t problems_max = 100;

/// Goes over all lines once.
class Verifier {
  public:
    Verifier(VerifyReport& report, const Opened& opened, Ledger ledger)
        : report_(report), ledger_(ledger), head_(opened.head) {}

    void take(std::string_view line, std::uint64_t offset) {
        ++line_;
        offset_ = offset;
        const std::string_view text = line.substr(0, line.size() - 1);
        check_crc(text);
        const auto record = parse_record(text);
        report_.summary.end_reason.reset();
        if (!record) {
            problem(record.error().message());
            ledger_.add(line, Unknown());
            return;
        }
        check_time(*record);
        std::visit([this](const auto& typed) { check(typed); }, *record);
        ledger_.add(line, *record);
    }
    void finish() {
        report_.summary.totals = ledger_.totals();
        report_.chain = to_hex(ledger_.chain());
    }
    void problem(std::string what) {
        if (report_.problems.size() < problems_max) {
            report_.problems.push_back({offset_, line_, std::move(what)});
        }
    }

  private:
    void check_crc(std::string_view text) {
        const auto stored = stored_crc(text);
        const std::uint32_t computed = computed_crc(ledger_.crc(), text);
        if (!stored) {
            problem("the line does not end with a checksum");
        } else if (*stored != computed && *stored != computed_crc(other_crc_, text)) {
            problem(
                "the checksum does not hold: the line was changed, or lines before it are "
                "missing or moved");
        }
        // As in a reader: what stands here, or what should, so that damage is told once.
        other_crc_ = computed;
        ledger_.set_crc(stored.value_or(computed));
    }
    void check_time(const Record& record) {
        if (time_of(record) < ledger_.totals().time && line_ > 1) {
            problem("the time goes back");
        }
    }
    void check(const Head& head) {
        if (line_ > 1) {
            problem("a head stands inside the tape");
        } else if (head.segment.number < 1) {
            problem("segments are counted from 1");
        }
    }
    void check(const Frame& frame) {
        const std::uint64_t expected =
            next_frame_ == 0 ? head_.segment.frames_before + 1 : next_frame_;
        if (frame.number != expected) {
            problem("frame " + std::to_string(frame.number) + " stands where frame " +
                    std::to_string(expected) + " must be");
        }
        next_frame_ = frame.number + 1;
        std::uint64_t end = 0;
        for (const RedactedSpan& span : frame.redacted) {
            if (span.offset < end || span.offset > payload_bytes(frame) ||
                span.size > payload_bytes(frame) - span.offset) {
                problem("a redacted span lies outside of its frame, or over another");
                break;
            }
            end = span.offset + span.size;
        }
    }
    void check(const Check& counts) { check_counts(counts); }
    void check(const End& end) {
        check_counts(end);
        report_.summary.end_reason = end.reason;
    }
    template <class Other>
    void check(const Other&) {}

    template <class Counts>
    void check_counts(const Counts& counts) {
        if (counts.chain != to_hex(ledger_.chain())) {
            problem("the chain does not hold: lines since the check before were changed");
        } else if (!ledger_.agrees(counts)) {
            problem("the counts are not those of the lines above");
        }
    }

    VerifyReport& report_;
    Ledger ledger_;
    const Head& head_;
    std::uint64_t line_ = 0;
    std::uint64_t offset_ = 0;
    std::uint64_t next_frame_ = 0;
    std::uint32_t other_crc_ = 0;
};

}  // namespace

Result<VerifyReport> verify(std::unique_ptr<Source> source) {
    VerifyReport report;
    TURNTABLE_TRY(const Opened opened, open_tape(*source));
    TURNTABLE_TRY(Ledger ledger, Ledger::begin(opened.head.segment));
    Verifier verifier(report, opened, ledger);
    TURNTABLE_TRY(Lines lines, lines_from(*source, opened.compression, {}));
    while (true) {
        const auto line = lines.next();
        if (!line) {
            verifier.problem(line.error().message());
            break;
        }
        if (!*line) {
            break;
        }
        verifier.take(**line, lines.offset());
    }
    verifier.finish();
    if (opened.compression == Compression::zstd) {
        TURNTABLE_TRY(const auto wrong, check_blocks(*source));
        for (const auto& [offset, what] : wrong) {
            verifier.problem(what + " (at byte " + std::to_string(offset) + " of the file)");
        }
        TURNTABLE_TRY(const BlocksEnd end, find_blocks_end(*source));
        TURNTABLE_TRY(const std::uint64_t size, source->size());
        if (end.whole_end() < size) {
            report.summary.torn =
                Torn{end.whole_end(), size - end.whole_end(), std::string(torn_reason)};
        }
    } else if (lines.partial() > 0) {
        report.summary.torn = Torn{lines.next_offset(), lines.partial(), std::string(torn_reason)};
    }
    return report;
}

Result<void> convert(std::unique_ptr<Source> source, std::unique_ptr<Sink> sink,
                     const WriterOptions& options) {
    constexpr std::size_t piece = 256U << 10U;
    TURNTABLE_TRY(const Opened opened, open_tape(*source));
    TURNTABLE_TRY(Ledger ledger, Ledger::begin(opened.head.segment));
    TURNTABLE_TRY(Lines lines, lines_from(*source, opened.compression, {}));
    std::unique_ptr<BlockWriter> blocks;
    if (options.compression == Compression::zstd) {
        OpenBlock first;
        first.stored_begin = sink->size();
        TURNTABLE_TRY(blocks, BlockWriter::create(options.zstd_level, first, ledger));
    }
    std::string pending;
    const auto hand_over = [&]() -> Result<void> {
        std::string_view bytes = pending;
        if (blocks) {
            TURNTABLE_TRY(bytes, blocks->encode(pending, ledger));
        }
        TURNTABLE_CHECK(sink->append(bytes));
        if (blocks) {
            blocks->accept();
        }
        pending.clear();
        return {};
    };
    while (true) {
        TURNTABLE_TRY(const auto line, lines.next());
        if (!line) {
            break;
        }
        const std::string_view text = line->substr(0, line->size() - 1);
        const auto stored = stored_crc(text);
        if (!stored || *stored != computed_crc(ledger.crc(), text)) {
            return wrong_checksum(lines.offset());
        }
        TURNTABLE_TRY(const Record record, parse_record(text));
        ledger.set_crc(*stored);
        ledger.add(*line, record);
        pending += *line;
        if (std::holds_alternative<Check>(record) || std::holds_alternative<End>(record)) {
            if (blocks) {
                blocks->end_at(pending.size(), ledger);
            }
        }
        if (pending.size() >= piece) {
            TURNTABLE_CHECK(hand_over());
        }
    }
    return pending.empty() ? Result<void>() : hand_over();
}

}  // namespace turntable::inline v0::tape
