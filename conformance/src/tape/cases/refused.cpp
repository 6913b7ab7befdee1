// What is not saved leaves nothing.
#include <algorithm>

#include "tape/cases/groups.hpp"
#include "tape/environment.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::tape::conformance {

namespace {

/// Ids that are none, and would hurt if they were taken for one.
const std::vector<std::string>& wrong_ids() {
    static const std::vector<std::string> ids = {"",
                                                 ".",
                                                 "..",
                                                 "../t",
                                                 "a/b",
                                                 "/etc/passwd",
                                                 "a\\b",
                                                 "-first",
                                                 "_first",
                                                 "a b",
                                                 "a.tape",
                                                 "a%2Fb",
                                                 "a\nb",
                                                 "Zo\xC3\xAB",
                                                 std::string("a\0b", 3),
                                                 std::string(limits::id_bytes_max + 1, 'a')};
    return ids;
}

void already_exists(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("t1");
    const TapeMetadata saved = tapes.put(text, Labels{.tags = {"kept"}});
    const std::string stored = tapes.text("t1");
    expect_code(tapes.save(text), {ErrorCode::already_exists}, "the same tape again");
    expect_code(tapes.save(sample_tape(sample_head("t1", "other"), {{"a"}}), Labels()),
                {ErrorCode::already_exists}, "another tape of the same id");
    expect(tapes.metadata("t1") == saved, "the metadata stay");
    expect_equal(stored, tapes.text("t1"), "the content stays");
}

void no_tape(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("t1");
    const std::size_t line = text.find('\n');
    std::string flipped = text;
    flipped[line / 2] = flipped[line / 2] == 'x' ? 'y' : 'x';
    for (const std::string& wrong :
         {std::string(), std::string("no tape"), std::string("{}\n"), std::string(5000, '\0'),
          text.substr(0, line), text.substr(line + 1), flipped}) {
        expect_code(tapes.save(wrong), {ErrorCode::corrupt}, "save_tape of what is no tape");
    }
    tapes.expect_ids({});
    tapes.expect_absent("t1");
    tapes.put(text);
    const std::string stored = tapes.text("t1");
    expect_code(tapes.save(flipped, {}, true), {ErrorCode::corrupt}, "replacing by what is none");
    expect_equal(stored, tapes.text("t1"), "the content stays");
    tapes.expect_whole("t1", {});
}

void newer_major(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    expect_code(tapes.save("{\"turntable\":\"tape\",\"major\":9}\n"),
                {ErrorCode::corrupt, ErrorCode::unsupported}, "save_tape of a later version");
    tapes.expect_ids({});
}

void no_content(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    expect_code(tapes.save(SaveRequest{}), {ErrorCode::invalid_argument}, "save_tape of nothing");
}

void wrong_id(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    for (const std::string& id : wrong_ids()) {
        expect_code(tapes.save(sample_tape(sample_head(id), {{"a"}})),
                    {ErrorCode::invalid_argument}, "save_tape with the id " + show(id));
    }
    tapes.expect_ids({});
}

void wrong_labels(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("t1");
    const auto expect_refused = [&](const Labels& labels, ErrorCode code, std::string_view what) {
        expect_code(tapes.save(text, labels), {code}, what);
        tapes.expect_absent("t1");
    };
    expect_refused({.tags = {""}}, ErrorCode::invalid_argument, "a tag of nothing");
    expect_refused({.tags = {"a b"}}, ErrorCode::invalid_argument, "a tag with white space");
    expect_refused({.description = std::string(limits::labels_bytes_max + 1, 'x')},
                   ErrorCode::limit_exceeded, "labels that are too long");
}

/// Breaks off.
class BrokenSource final : public Source {
  public:
    BrokenSource(std::string bytes, std::uint64_t breaks_at)
        : bytes_(std::move(bytes)), breaks_at_(breaks_at) {}
    Result<std::uint64_t> size() override { return std::uint64_t{bytes_.size()}; }
    Result<std::size_t> read(std::uint64_t offset, char* buffer, std::size_t size) override {
        if (offset + size > breaks_at_) {
            return Error(ErrorCode::io, "the suite broke this source");
        }
        return bytes_.copy(buffer, size, offset);
    }

  private:
    std::string bytes_;
    std::uint64_t breaks_at_;
};

void broken_source(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("t1", environment.options().largest_bytes / 2);
    const auto broken = [&] { return std::make_shared<BrokenSource>(text, text.size() * 2 / 3); };
    expect_code(tapes.save(SaveRequest{broken(), {}, false}), {ErrorCode::io},
                "save_tape of a source that breaks");
    tapes.expect_absent("t1");
    tapes.put(environment.tape("t1"), Labels{.tags = {"old"}});
    expect_code(tapes.save(SaveRequest{broken(), Labels(), true}), {ErrorCode::io},
                "replacing by a source that breaks");
    tapes.expect_whole("t1", {.tags = {"old"}});
}

void every_id(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::vector<std::string> ids = {"0",
                                          "a",
                                          "A",
                                          "aa",
                                          "index",
                                          "a-b_c",
                                          "labels",
                                          "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
                                          std::string(limits::id_bytes_max, 'z')};
    for (const std::string& id : ids) {
        tapes.put(environment.tape(id), Labels{.description = id});
    }
    tapes.expect_ids(ids);
    for (const std::string& id : ids) {
        tapes.expect_whole(id, {.description = id});
    }
    expect_ok(tapes.remove("a"), "delete_tape");
    tapes.expect_absent("a");
    tapes.expect_whole("A", {.description = "A"});
    tapes.expect_whole("aa", {.description = "aa"});
}

void ids_that_hurt(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    for (const std::string& id : wrong_ids()) {
        const auto expect_refused = [&](const auto& result, const char* call) {
            expect_code(result, {ErrorCode::invalid_argument}, call + (" of " + show(id)));
        };
        expect_refused(tapes.get(id), "get_metadata");
        expect_refused(tapes.load(id), "load_tape");
        expect_refused(tapes.read(id), "stream");
    }
}

void ids_that_hurt_changes(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const bool appends = tapes.abilities().append;
    for (const std::string& id : wrong_ids()) {
        const auto expect_refused = [&](const auto& result, const char* call) {
            expect_code(result, {ErrorCode::invalid_argument}, call + (" of " + show(id)));
        };
        expect_refused(tapes.update(id, {.name = "x"}), "update_metadata");
        expect_refused(tapes.remove(id), "delete_tape");
        expect_refused(tapes.finish(id), "finish_tape");
        if (appends) {
            expect_refused(tapes.append(id, 0, sample_tape(sample_head(id), {})), "append");
            expect_refused(tapes.append(id, 1, "x"), "append behind the head");
        }
    }
    tapes.expect_ids({});
}

}  // namespace

std::vector<Case> refused_save_cases() {
    using enum Need;
    return {
        {"save.already_exists",
         "Without replace a tape that is there stays as it is.",
         {writes},
         already_exists},
        {"save.no_tape", "What is no tape is corrupt, and leaves nothing.", {writes}, no_tape},
        {"save.newer_major", "A tape of a later major version is refused.", {writes}, newer_major},
        {"save.no_content", "Without a content there is nothing to save.", {writes}, no_content},
        {"save.wrong_id", "An id that is none is no reason to write anything.", {writes}, wrong_id},
        {"save.wrong_labels",
         "Labels that are wrong or too long are refused, and leave nothing.",
         {writes},
         wrong_labels},
        {"save.broken_source",
         "When the source breaks off, nothing of the tape is kept.",
         {writes},
         broken_source},
        {"id.every_kind", "Ids that differ in anything are different tapes.", {writes}, every_id},
        {"id.that_hurts", "No call takes an id that is none.", {}, ids_that_hurt},
        {"id.that_hurts_changes",
         "No change takes an id that is none.",
         {writes},
         ids_that_hurt_changes},
    };
}

}  // namespace turntable::inline v0::tape::conformance
