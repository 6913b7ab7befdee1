#include "turntable/tape/segments.hpp"

#include <utility>

namespace turntable::inline v0::tape {

namespace {

/// What a segment says of the ones before it.
struct Before {
    std::string id;
    std::uint64_t number = 0;
    std::uint64_t frames = 0;
    std::string chain;  // empty: not known
};

/// Why a segment is not the one that follows; nothing if it is.
std::optional<std::string> misfit(const Head& head, const Before& before) {
    const Segment& segment = head.segment;
    if (segment.number != before.number + 1) {
        return "this is segment " + std::to_string(segment.number) + " where segment " +
               std::to_string(before.number + 1) + " must be";
    }
    if (before.number == 0) {
        return std::nullopt;
    }
    if (head.id != before.id) {
        return "this is a segment of another tape: " + head.id;
    }
    if (segment.frames_before != before.frames) {
        return "it says that " + std::to_string(segment.frames_before) +
               " frames stand before it, but there are " + std::to_string(before.frames);
    }
    if (!before.chain.empty() && segment.previous != before.chain) {
        return "the segment before has another chain than it says";
    }
    return std::nullopt;
}

/// None behind the last segment.
Result<std::optional<Reader>> open_reader(const OpenSegment& segments, std::uint64_t number,
                                          const ReaderOptions& options) {
    auto source = segments(number);
    if (!source && number > 1 && source.error().code() == ErrorCode::not_found) {
        return std::optional<Reader>();
    }
    if (!source) {
        return source.error();
    }
    TURNTABLE_TRY(Reader reader, Reader::open(*std::move(source), options));
    return std::optional<Reader>(std::move(reader));
}

}  // namespace

std::string segment_path(std::string_view first, std::uint64_t number) {
    if (number <= 1) {
        return std::string(first);
    }
    const std::size_t slash = first.rfind('/');
    const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
    std::size_t dot = first.size();
    for (const std::string_view form : {".tape", ".tape.zst"}) {
        if (first.ends_with(form)) {
            dot = first.size() - form.size();
        }
    }
    if (dot == first.size() && first.rfind('.') != std::string_view::npos &&
        first.rfind('.') > name) {
        dot = first.rfind('.');
    }
    return std::string(first.substr(0, dot)) + "." + std::to_string(number) +
           std::string(first.substr(dot));
}

OpenSegment segment_files(std::string first) {
    return [first = std::move(first)](std::uint64_t number) {
        return FileSource::open(segment_path(first, number));
    };
}

struct SegmentReader::State {
    OpenSegment segments;
    ReaderOptions options;
    Head head;
    Reader reader;
    Before reached;
};

SegmentReader::SegmentReader(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
SegmentReader::SegmentReader(SegmentReader&& other) noexcept = default;
SegmentReader& SegmentReader::operator=(SegmentReader&& other) noexcept = default;
SegmentReader::~SegmentReader() = default;

Result<SegmentReader> SegmentReader::open(OpenSegment segments, const ReaderOptions& options) {
    TURNTABLE_TRY(auto first, open_reader(segments, 1, options));
    const Head head = first->head();
    if (const auto wrong = misfit(head, {})) {
        return Error(ErrorCode::corrupt, *wrong);
    }
    return SegmentReader(std::make_unique<State>(std::move(segments), options, head,
                                                 *std::move(first), Before{head.id, 1, 0, ""}));
}

Result<SegmentReader> SegmentReader::open_file(const std::string& first,
                                               const ReaderOptions& options) {
    return open(segment_files(first), options);
}

const Head& SegmentReader::head() const noexcept { return state_->head; }

std::uint64_t SegmentReader::segment() const noexcept { return state_->reached.number; }

Result<std::optional<Record>> SegmentReader::next() {
    State& state = *state_;
    while (true) {
        TURNTABLE_TRY(auto record, state.reader.next());
        if (!record) {
            TURNTABLE_TRY(auto later,
                          open_reader(state.segments, state.reached.number + 1, state.options));
            if (!later) {
                return record;
            }
            if (const auto wrong = misfit(later->head(), state.reached)) {
                return Error(ErrorCode::corrupt, *wrong);
            }
            state.reader = *std::move(later);
            ++state.reached.number;
            continue;
        }
        if (const auto* frame = std::get_if<Frame>(&*record)) {
            state.reached.frames = frame->number;
        }
        const auto* end = std::get_if<End>(&*record);
        if (end == nullptr || end->reason != "rotated") {
            return record;
        }
    }
}

Result<std::vector<VerifyReport>> verify_segments(const OpenSegment& segments) {
    std::vector<VerifyReport> reports;
    Before before;
    while (true) {
        TURNTABLE_TRY(const auto reader, open_reader(segments, before.number + 1, {}));
        if (!reader) {
            return reports;
        }
        TURNTABLE_TRY(auto source, segments(before.number + 1));
        TURNTABLE_TRY(VerifyReport report, verify(std::move(source)));
        if (auto wrong = misfit(reader->head(), before)) {
            report.problems.insert(report.problems.begin(), {0, 1, *std::move(wrong)});
        }
        before = {reader->head().id, before.number + 1, report.summary.totals.frames, report.chain};
        reports.push_back(std::move(report));
    }
}

}  // namespace turntable::inline v0::tape
