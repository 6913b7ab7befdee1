// Health, inspection, closing, opening again, and what is read-only.
#include "tape/cases/groups.hpp"
#include "tape/environment.hpp"

namespace turntable::inline v0::tape::conformance {

namespace {

void healthy(Environment& environment) {
    const Health health = expect_ok(environment.tapes().health(), "health_check");
    expect(health.state != Health::State::unhealthy, "an open provider is not unhealthy");
}

void agrees(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const bool appends = tapes.abilities().append;
    tapes.put(environment.tape("t1"), Labels{.tags = {"x"}});
    tapes.put(environment.tape("t2"), Labels{.name = "second"});
    tapes.put(environment.tape("gone"), Labels{.tags = {"x"}});
    expect_ok(tapes.update("t1", {.add_notes = {"seen"}}), "update_metadata");
    expect_ok(tapes.save(sample_tape(sample_head("t2"), {{"a"}}), {}, true), "replacing");
    expect_ok(tapes.remove("gone"), "delete_tape");
    if (appends) {
        tapes.record("live", 0, environment.tape("live"));
        expect_ok(tapes.finish("live"), "finish_tape");
    }
    for (const bool contents : {false, true}) {
        for (const bool repair : {false, true}) {
            const InspectReport report =
                expect_ok(tapes.inspect({.contents = contents, .repair = repair}), "inspect");
            expect(report.problems.empty() && report.repaired == 0,
                   "an inspection finds nothing wrong");
            // Without an inspection of its own a provider counts none.
            expect(report.tapes == 0 || report.tapes == (appends ? 3U : 2U),
                   "an inspection counts all tapes");
        }
    }
    tapes.expect_whole("t1", {.tags = {"x"}, .notes = {"seen"}});
    tapes.expect_whole("t2", {});
}

void close_refuses(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const bool appends = tapes.abilities().append;
    tapes.put(environment.tape("t1"));
    expect_ok(tapes.close(), "close");
    const auto expect_closed = [](const auto& result, std::string_view what) {
        expect_code(result, {ErrorCode::closed}, what);
    };
    expect_closed(tapes.save(environment.tape("t2")), "save_tape");
    expect_closed(tapes.load("t1"), "load_tape");
    expect_closed(tapes.get("t1"), "get_metadata");
    expect_closed(tapes.read("t1"), "stream");
    expect_closed(tapes.update("t1", {.name = "x"}), "update_metadata");
    expect_closed(tapes.finish("t1"), "finish_tape");
    expect_closed(tapes.list(), "list_tapes");
    expect_closed(tapes.remove("t1"), "delete_tape");
    if (appends) {
        expect_closed(tapes.append("t2", 0, environment.tape("t2")), "append");
    }
}

void close_twice(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    expect_ok(tapes.close(), "close");
    expect_ok(tapes.close(), "close again");
}

void close_waits(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const SaveRequest request{
        content_of(environment.tape("t1", environment.options().largest_bytes / 2)), {}, false};
    Async<TapeMetadata> saving = tapes.provider().save_tape({}, request);
    Async<void> closing = tapes.provider().close({});
    expect_ok(tapes.await(std::move(closing), "close"), "close");
    const bool ended = saving.is_ready();
    const Result<TapeMetadata> saved = tapes.await(std::move(saving), "save_tape");
    expect(ended, "when close is done, so is every call from before");
    if (!saved) {
        expect_code(saved, {ErrorCode::closed, ErrorCode::cancelled}, "a call from before close");
    }
}

void reopens(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const bool appends = tapes.abilities().append;
    const Labels labels{.name = "mine", .tags = {"x"}, .pinned = true};
    tapes.put(environment.tape("t1", environment.options().largest_bytes / 6), labels);
    tapes.put(environment.tape("gone"));
    expect_ok(tapes.remove("gone"), "delete_tape");
    const TapeMetadata before = tapes.metadata("t1");
    const std::string stored = tapes.text("t1");
    const std::string text = environment.tape("live");
    const std::size_t line = text.find('\n') + 1;
    if (appends) {
        tapes.record("live", 0, std::string_view(text).substr(0, line));
    }
    expect_ok(tapes.close(), "close");
    const Tapes& again = environment.reopen();
    again.expect_whole("t1", labels);
    expect(again.metadata("t1") == before, "the metadata are the same");
    expect_equal(stored, again.text("t1"), "the content is the same");
    again.expect_absent("gone");
    if (appends) {
        again.record("live", line, std::string_view(text).substr(line));
        expect_ok(again.finish("live"), "finish_tape");
        again.expect_whole("live", {});
        expect_equal(text, again.text("live"), "what was recorded, byte for byte");
    }
}

void second_sees(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const Tapes& second = environment.second();
    const std::string text = environment.tape("t1");
    tapes.put(text, Labels{.tags = {"x"}});
    second.expect_whole("t1", {.tags = {"x"}});
    expect_code(second.save(text), {ErrorCode::already_exists}, "save_tape in the second");
    expect_ok(second.update("t1", {.name = "mine"}), "update_metadata in the second");
    second.put(environment.tape("t2"));
    tapes.expect_whole("t1", {.name = "mine", .tags = {"x"}});
    tapes.expect_whole("t2", {});
    tapes.expect_ids({"t1", "t2"});
    expect_ok(tapes.remove("t1"), "delete_tape");
    second.expect_absent("t1");
    second.expect_ids({"t2"});
    expect_ok(second.close(), "close of the second");
    tapes.expect_whole("t2", {});
}

void read_only_refuses(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("t1");
    const auto expect_refused = [](const auto& result, std::string_view what) {
        expect_code(result, {ErrorCode::permission_denied}, what);
    };
    expect_refused(tapes.save(text), "save_tape");
    expect_refused(tapes.save(text, {}, true), "save_tape, replacing");
    expect_refused(tapes.append("t1", 0, text), "append");
    expect_refused(tapes.remove("t1"), "delete_tape");
    expect_refused(tapes.update("t1", {.name = "x"}), "update_metadata");
    tapes.expect_absent("t1");
}

}  // namespace

std::vector<Case> lifecycle_cases() {
    using enum Need;
    return {
        {"health.when_open", "An open provider is not unhealthy.", {}, healthy},
        {"inspect.finds_nothing_wrong",
         "After changes of every kind an inspection finds nothing wrong.",
         {writes},
         agrees},
        {"close.refuses_new_calls",
         "After close, every call gives closed.",
         {writes},
         close_refuses},
        {"close.twice", "A second close is fine.", {}, close_twice},
        {"close.waits", "Close waits for the calls from before.", {writes}, close_waits},
        {"reopen.keeps",
         "What was saved and recorded is there when the provider is opened again.",
         {writes, reopen},
         reopens},
        {"second.sees",
         "Two providers of the same tapes see each other's changes.",
         {writes, second_handle},
         second_sees},
        {"read_only.is_refused",
         "A provider that is read-only refuses every change.",
         {read_only},
         read_only_refuses},
    };
}

}  // namespace turntable::inline v0::tape::conformance
