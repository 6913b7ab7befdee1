// Tapes that are being recorded.
#include <algorithm>

#include "tape/cases/groups.hpp"
#include "tape/environment.hpp"

namespace turntable::inline v0::tape::conformance {

namespace {

/// A tape, and where its head ends.
struct Recording {
    std::string text;
    std::size_t head = 0;

    explicit Recording(std::string whole) : text(std::move(whole)), head(text.find('\n') + 1) {}
    std::string_view begin() const { return std::string_view(text).substr(0, head); }
    std::string_view rest() const { return std::string_view(text).substr(head); }
};

void expect_recorded(const Tapes& tapes, std::string_view id, const std::string& text,
                     const Location& where = Location::current()) {
    expect_equal(text, tapes.text(id, {}, where), "what was recorded, byte for byte", where);
    expect_ok(tapes.finish(id), "finish_tape", where);
    tapes.expect_whole(id, {}, where);
}

void append_begins(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const Recording live(environment.tape("live"));
    tapes.record("live", 0, live.begin());
    const TapeMetadata now = tapes.metadata("live");
    expect(now.state == TapeState::recording || now.state == TapeState::interrupted,
           "the state of a tape that is being recorded");
    expect_equal(std::string("the tape live"), now.name(), "what the head says");
    tapes.expect_ids({"live"});
    expect_equal(std::string(live.begin()),
                 expect_ok(tapes.load("live"), "load_tape").content.to_string(),
                 "what was recorded so far");
}

void append_goes_on(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("live");
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t to = text.find('\n', from) + 1;
        tapes.record("live", from, std::string_view(text).substr(from, to - from));
        expect_equal(text.substr(0, to), tapes.text("live"), "what was recorded so far");
        from = to;
    }
    expect_recorded(tapes, "live", text);
}

void append_large(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("live", environment.options().largest_bytes / 5);
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t to = text.find('\n', std::min(from + 100'000, text.size() - 1)) + 1;
        tapes.record("live", from, std::string_view(text).substr(from, to - from));
        from = to;
    }
    expect_recorded(tapes, "live", text);
}

void append_packed(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    std::string text;
    auto made = Writer::create(std::make_unique<MemorySink>(text), sample_head("live"),
                               {.compression = Compression::zstd});
    if (!made) {
        throw NotApplicable{"this build has no zstd"};
    }
    std::uint64_t size = tapes.record("live", 0, text);
    for (int i = 1; i <= 5; ++i) {
        expect_ok(made->frame({.time = TapeTime(i), .payload = Bytes::copy("say x")}), "frame");
        size = tapes.record("live", size, std::string_view(text).substr(size));
    }
    expect_ok(made->end(TapeTime(6)), "end");
    tapes.record("live", size, std::string_view(text).substr(size));
    expect_recorded(tapes, "live", text);
}

void append_repeated(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const Recording live(environment.tape("live"));
    const auto again = [&](std::uint64_t offset, std::string_view bytes) {
        return expect_ok(tapes.append("live", offset, bytes), "append again");
    };
    tapes.record("live", 0, live.begin());
    expect_equal(live.head, again(0, live.begin()), "the same answer");
    tapes.record("live", live.head, live.rest());
    expect_equal(live.text.size(), again(live.head, live.rest()), "the same answer");
    expect_recorded(tapes, "live", live.text);
}

void append_half(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const Recording live(environment.tape("live"));
    const std::size_t middle = live.text.find('\n', live.head) + 1;
    tapes.record("live", 0, live.begin());
    tapes.record("live", live.head, live.rest().substr(0, middle - live.head));
    // As after a lost answer: some of it is there.
    expect_equal(live.text.size(),
                 expect_ok(tapes.append("live", live.head, live.rest()), "append"),
                 "the bytes that the content has then");
    expect_recorded(tapes, "live", live.text);
}

void append_nothing(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const Recording live(environment.tape("live"));
    tapes.record("live", 0, live.text);
    tapes.record("live", live.text.size(), "");
    expect_recorded(tapes, "live", live.text);
}

void append_conflict(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const Recording live(environment.tape("live"));
    tapes.record("live", 0, live.begin());
    const auto expect_conflict = [&](std::uint64_t offset, std::string_view bytes,
                                     std::string_view what) {
        expect_code(tapes.append("live", offset, bytes), {ErrorCode::conflict}, what);
    };
    expect_conflict(live.head + 1, live.rest(), "bytes beyond the end");
    tapes.record("live", live.head, live.rest());
    expect_conflict(live.head, "other", "other bytes where some are");
    std::string changed(live.rest());
    changed.back() = 'x';
    expect_conflict(live.head, changed, "bytes of which the last is another");
    expect_conflict(live.text.size() - 1, "xyz", "bytes of which the first is another");
    expect_conflict(live.text.size() + 5, "x", "bytes beyond the end");
    expect_conflict(~std::uint64_t{0}, "x", "bytes beyond all numbers");
    expect_recorded(tapes, "live", live.text);
}

void append_already_there(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(environment.tape("saved"));
    const std::string stored = tapes.text("saved");
    const Recording live(environment.tape("live"));
    tapes.record("live", 0, live.text);
    const auto expect_there = [&](std::string_view id, std::string_view bytes) {
        expect_code(tapes.append(id, 0, bytes), {ErrorCode::already_exists}, "beginning it again");
    };
    expect_there("saved", sample_tape(sample_head("saved", "other"), {}));
    expect_there("live", sample_tape(sample_head("live", "other"), {}));
    expect_there("live", live.begin());
    expect_equal(stored, tapes.text("saved"), "the content that was saved");
    expect_recorded(tapes, "live", live.text);
    expect_code(tapes.save(live.text), {ErrorCode::already_exists}, "saving what is recorded");
}

void append_to_nothing(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    expect_code(tapes.append("live", 5, "x"), {ErrorCode::not_found}, "append to no tape");
    tapes.expect_absent("live");
    tapes.expect_ids({});
}

void append_no_head(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    for (const char* wrong : {"", "no tape", "{}\n"}) {
        expect_code(tapes.append("live", 0, wrong), {ErrorCode::corrupt},
                    "beginning a tape with what is no head");
    }
    expect_code(tapes.append("live", 0, sample_tape(sample_head("other"), {})),
                {ErrorCode::invalid_argument}, "beginning a tape with the head of another");
    tapes.expect_absent("live");
    tapes.expect_absent("other");
    tapes.expect_ids({});
    tapes.record("live", 0, environment.tape("live"));
}

void append_views(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const Recording live(environment.tape("live", 50'000));
    std::string id = "live";
    for (std::size_t from = 0; from < live.text.size();) {
        const std::size_t to = live.text.find('\n', from) + 1;
        std::string bytes = live.text.substr(from, to - from);
        Async<std::uint64_t> answer = tapes.provider().append({}, id, from, bytes);
        // From here on both are the caller's again.
        bytes.assign(bytes.size(), '#');
        id.assign(id.size(), '#');
        expect_equal(to, expect_ok(tapes.await(std::move(answer), "append"), "append"),
                     "the bytes that the content has then");
        id = "live";
        from = to;
    }
    expect_recorded(tapes, "live", live.text);
}

void finishes(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const Recording live(environment.tape("live"));
    tapes.record("live", 0, live.begin());
    tapes.record("live", live.head, live.rest());
    const TapeMetadata finished = expect_ok(tapes.finish("live"), "finish_tape");
    expect(finished.state == TapeState::complete && finished.frames == 4, "all of it is known");
    expect_equal(std::uint64_t{1}, finished.facts.errors, "calls that failed, by the analyzer");
    tapes.expect_whole("live", {});
    expect(expect_ok(tapes.finish("live"), "again") == finished, "a second time changes nothing");
}

void finishes_and_goes_on(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const Recording live(environment.tape("live"));
    tapes.record("live", 0, live.begin());
    expect(expect_ok(tapes.finish("live"), "finish_tape").state == TapeState::interrupted,
           "a tape without an end is interrupted");
    tapes.expect_whole("live", {});
    tapes.record("live", live.head, live.rest());
    expect_recorded(tapes, "live", live.text);
}

void finishes_what_is_saved(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const TapeMetadata saved = tapes.put(environment.tape("t1"), Labels{.tags = {"x"}});
    expect(expect_ok(tapes.finish("t1"), "finish_tape") == saved, "nothing changes");
    tapes.expect_whole("t1", {.tags = {"x"}});
    expect_code(tapes.finish("t2"), {ErrorCode::not_found}, "finish_tape of no tape");
}

}  // namespace

std::vector<Case> append_cases() {
    using enum Need;
    return {
        {"append.begins",
         "Offset 0 begins a tape, which is there from then on.",
         {writes, append},
         append_begins},
        {"append.goes_on",
         "Bytes are kept as they come, and can be read at once.",
         {writes, append},
         append_goes_on},
        {"append.large",
         "A recording of some size is kept byte for byte.",
         {writes, append},
         append_large},
        {"append.packed",
         "A recording in the packed form is kept byte for byte.",
         {writes, append},
         append_packed},
        {"append.repeated",
         "The same bytes at the same place change nothing and give the same answer.",
         {writes, append},
         append_repeated},
        {"append.half_arrived",
         "Of bytes that are there in part only the rest is appended.",
         {writes, append},
         append_half},
        {"append.nothing", "No bytes change nothing.", {writes, append}, append_nothing},
        {"append.conflict",
         "Other bytes, or an offset beyond the end, are a conflict and change nothing.",
         {writes, append},
         append_conflict},
        {"append.already_there",
         "A tape that is there is not begun again.",
         {writes, append},
         append_already_there},
        {"append.to_nothing",
         "A tape that is not there is not gone on with.",
         {writes, append},
         append_to_nothing},
        {"append.no_head",
         "What does not begin as a tape of this id leaves nothing.",
         {writes, append},
         append_no_head},
        {"append.views",
         "Who answers later has copied what it was lent.",
         {writes, append},
         append_views},
    };
}

std::vector<Case> finish_cases() {
    using enum Need;
    return {
        {"finish.brings_up_to_date",
         "After finish the metadata are those of the content.",
         {writes, append},
         finishes},
        {"finish.goes_on",
         "A tape may go on after finish, and be finished again.",
         {writes, append},
         finishes_and_goes_on},
        {"finish.of_what_is_saved",
         "Finish changes nothing of a tape that was saved.",
         {writes},
         finishes_what_is_saved},
    };
}

}  // namespace turntable::inline v0::tape::conformance
