// What people say of tapes, and that tapes go.
#include "tape/cases/groups.hpp"
#include "tape/environment.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::tape::conformance {

namespace {

void label_changes(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const TapeMetadata saved = tapes.put(environment.tape("t1"), Labels{.tags = {"first"}});
    const std::string stored = tapes.text("t1");
    const std::vector<LabelChange> steps = {
        {.name = "../../a/b"},
        {.description = "what it is"},
        {.add_tags = {"y", "x", "x"}},
        {.add_notes = {"one"}},
        {.add_notes = {"two", "three"}},
        {.set_attributes = {{"a", "1"}, {"b", "2"}}},
        {.pinned = true},
        {.remove_tags = {"first", "none"}},
        {.set_attributes = {{"a", "3"}}, .remove_attributes = {"b"}},
        {},
        {.name = "", .description = "", .remove_tags = {"x"}, .pinned = false},
    };
    Labels expected = saved.labels;
    for (const LabelChange& change : steps) {
        expected = expect_ok(changed(expected, change), "changed");
        const TapeMetadata now = expect_ok(tapes.update("t1", change), "update_metadata");
        expect(now.labels == expected, "what is set changes, and the rest stays");
        tapes.expect_whole("t1", expected);
    }
    expect_equal(std::string("the tape t1"), tapes.metadata("t1").name(),
                 "the name of the head, where people gave none");
    expect_equal(stored, tapes.text("t1"), "the content never changes");
}

void label_wrong(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(environment.tape("t1"), Labels{.tags = {"x"}});
    const auto expect_refused = [&](const LabelChange& change, std::string_view what) {
        expect_code(tapes.update("t1", change), {ErrorCode::invalid_argument}, what);
    };
    expect_refused({.name = "new", .add_tags = {""}}, "a tag of nothing");
    expect_refused({.add_tags = {"y", "a b"}}, "a tag with white space");
    tapes.expect_whole("t1", {.tags = {"x"}});
}

void label_limit(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(environment.tape("t1"), Labels());
    // What counts is for changed() to say.
    std::size_t fits = limits::labels_bytes_max;
    while (!changed({}, {.description = std::string(fits, 'd')})) {
        --fits;
    }
    expect_code(tapes.update("t1", {.description = std::string(fits + 1, 'd')}),
                {ErrorCode::limit_exceeded}, "a byte more than labels may have");
    tapes.expect_whole("t1", {});
    const Labels most{.description = std::string(fits, 'd')};
    expect_ok(tapes.update("t1", {.description = most.description}), "as much as labels may have");
    tapes.expect_whole("t1", most);
}

void label_absent(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    expect_code(tapes.update("t1", {.name = "x"}), {ErrorCode::not_found}, "update_metadata");
    tapes.expect_absent("t1");
    expect(tapes.put(environment.tape("t1")).labels == Labels(), "no labels were left behind");
}

void label_of_the_recorder(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    Head head = sample_head("t1");
    head.attributes = {{"tags", "x,y"}};
    tapes.put(sample_tape(head, {{"a"}}));
    const Labels both{.tags = {"x", "y"}};
    tapes.expect_whole("t1", both);
    expect_ok(tapes.update("t1", {.remove_tags = both.tags}), "update_metadata");
    tapes.expect_whole("t1", {});
    expect_ok(tapes.finish("t1"), "finish_tape");
    tapes.expect_whole("t1", {});
}

void label_while_recording(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("live");
    const std::size_t line = text.find('\n') + 1;
    tapes.record("live", 0, std::string_view(text).substr(0, line));
    expect_ok(tapes.update("live", {.name = "mine", .add_tags = {"x"}}), "update_metadata");
    tapes.record("live", line, std::string_view(text).substr(line));
    expect_equal(std::string("mine"), tapes.metadata("live").name(), "the name");
    expect_ok(tapes.finish("live"), "finish_tape");
    tapes.expect_whole("live", {.name = "mine", .tags = {"x"}});
}

void deletes(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("t1");
    tapes.put(text, Labels{.tags = {"x"}});
    tapes.put(environment.tape("t2"));
    expect_ok(tapes.remove("t1"), "delete_tape");
    tapes.expect_absent("t1");
    tapes.expect_ids({"t2"});
    tapes.expect_whole("t2", {});
    expect_code(tapes.remove("t1"), {ErrorCode::not_found}, "delete_tape again");
    expect_code(tapes.update("t1", {.name = "x"}), {ErrorCode::not_found}, "update_metadata");
    expect_code(tapes.finish("t1"), {ErrorCode::not_found}, "finish_tape");
    expect(tapes.put(text).labels == Labels(), "labels go with their tape");
    tapes.expect_whole("t1", {});
}

void deletes_nothing(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    expect_code(tapes.remove("t1"), {ErrorCode::not_found}, "delete_tape of no tape");
}

void deletes_a_recording(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("live");
    const std::size_t line = text.find('\n') + 1;
    tapes.record("live", 0, std::string_view(text).substr(0, line));
    expect_ok(tapes.remove("live"), "delete_tape");
    expect_code(tapes.append("live", line, std::string_view(text).substr(line)),
                {ErrorCode::not_found}, "append to what was deleted");
    tapes.expect_absent("live");
    tapes.record("live", 0, text);
    expect_ok(tapes.finish("live"), "finish_tape");
    tapes.expect_whole("live", {});
}

}  // namespace

std::vector<Case> label_cases() {
    using enum Need;
    return {
        {"label.changes",
         "A change of labels does what changed() says, and the content stays.",
         {writes},
         label_changes},
        {"label.wrong", "A change that is wrong changes nothing.", {writes}, label_wrong},
        {"label.limit",
         "Labels may be as long as the limit, and not a byte longer.",
         {writes},
         label_limit},
        {"label.absent", "There are no labels without a tape.", {writes}, label_absent},
        {"label.of_the_recorder",
         "Tags of the head can be taken off for good.",
         {writes},
         label_of_the_recorder},
        {"label.while_recording",
         "Labels that are given while a tape is recorded stay.",
         {writes, append},
         label_while_recording},
    };
}

std::vector<Case> delete_cases() {
    using enum Need;
    return {
        {"delete.leaves_nothing", "Of a tape that is deleted nothing is left.", {writes}, deletes},
        {"delete.nothing", "What is not there cannot be deleted.", {writes}, deletes_nothing},
        {"delete.recording",
         "A recording that is deleted does not come back.",
         {writes, append},
         deletes_a_recording},
    };
}

}  // namespace turntable::inline v0::tape::conformance
