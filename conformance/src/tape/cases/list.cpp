// Listings, against the reference that select_page is.
#include <algorithm>
#include <map>
#include <set>

#include "tape/cases/groups.hpp"
#include "tape/environment.hpp"
#include "turntable/tape/limits.hpp"
#include "turntable/tape/query.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::inline v0::tape::conformance {

namespace {

const WallTime now(std::chrono::milliseconds(1'700'000'000'000));

/// Tapes that differ in much, and what is known of them.
struct Shelf {
    std::vector<TapeMetadata> tapes;
    std::map<std::string, std::string> texts;
};

Shelf fill(const Tapes& tapes) {
    Shelf shelf;
    for (int i = 0; i < 9; ++i) {
        Head head = sample_head("t" + std::to_string(i), "run " + std::to_string(i % 3));
        head.created += std::chrono::hours(i % 4);
        head.transport = i % 2 == 0 ? "stdio" : "http";
        std::vector<SampleCall> calls = {{"search x", "fail 7", std::chrono::seconds(3)},
                                         {"fetch y", "ok Answer"}};
        calls.erase(calls.begin(), calls.begin() + i % 2);
        calls.push_back({"other " + std::to_string(i), i % 3 == 0 ? "" : "ok"});
        calls.push_back({"quote \"a\\b\" Zo\xC3\xAB" + std::to_string(i), "ok line\nbreak"});
        const std::string text = sample_tape(head, calls, i % 5 == 0 ? "" : "complete");
        Labels labels;
        labels.pinned = i == 4;
        if (i % 2 == 0) {
            labels.tags = {"even", "n" + std::to_string(i)};
            labels.attributes = {{"team", i < 4 ? "red" : "blue"}};
            labels.notes = {"Seen " + std::to_string(i)};
        }
        shelf.tapes.push_back(tapes.put(text, labels));
        shelf.texts[head.id] = text;
    }
    return shelf;
}

/// What a tape holds, for the reference.
SearchContent content(const Shelf& shelf, const TapeMetadata& tape) {
    const std::string& text = shelf.texts.at(tape.id);
    const auto source = [&text] { return std::make_unique<MemorySource>(Bytes::copy(text)); };
    return {.calls = [source](const std::function<bool(const Call&)>& visit) -> Result<void> {
                std::vector<Call> calls;
                const auto each = [&calls](const Call& one) { calls.push_back(one); };
                TURNTABLE_TRY(const auto whole, derive_metadata(source(), sample_analyzer(), each));
                (void)whole;
                (void)std::ranges::all_of(calls, visit);
                return {};
            },
            .contains = [source](std::string_view part) -> Result<bool> {
                TURNTABLE_TRY(Reader reader, Reader::open(source()));
                for (;;) {
                    TURNTABLE_TRY(const auto record, reader.next());
                    if (!record) {
                        return false;
                    }
                    const auto* frame = std::get_if<Frame>(&*record);
                    if (frame != nullptr && contains_folded(frame->payload.text(), part)) {
                        return true;
                    }
                }
            }};
}

std::string ids_of(const std::vector<TapeMetadata>& tapes) {
    std::string ids;
    for (const TapeMetadata& tape : tapes) {
        ids += (ids.empty() ? "" : " ") + tape.id;
    }
    return ids;
}

/// Page by page.
void expect_as_the_reference(const Tapes& tapes, const Shelf& shelf, SearchCriteria criteria,
                             const std::string& what) {
    for (std::size_t page = 1; page <= shelf.tapes.size() + 1; ++page) {
        const TapePage expected =
            expect_ok(select_page(criteria, shelf.tapes,
                                  [&](const TapeMetadata& tape) { return content(shelf, tape); }),
                      "the reference for " + what);
        const TapePage found = expect_ok(tapes.list(criteria), "list_tapes " + what);
        const std::string which = what + ", page " + std::to_string(page);
        expect_equal(ids_of(expected.tapes), ids_of(found.tapes), which);
        expect(expected.tapes == found.tapes, "the metadata in " + which);
        expect_equal(!expected.next.empty(), !found.next.empty(), "whether more follows " + which);
        if (found.next.empty()) {
            return;
        }
        criteria.cursor = found.next;
    }
    fail("the pages of " + what, "an end", "none");
}

void list_of_nothing(Environment& environment) {
    const TapePage page = expect_ok(environment.tapes().list(), "list_tapes");
    expect(page.tapes.empty() && page.next.empty(), "there is no tape in an empty library");
}

void as_the_reference(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const Shelf shelf = fill(tapes);
    for (const char* query : {"",
                              "limit:4",
                              "limit:9",
                              "id:t3",
                              "id:t",
                              "tag:even",
                              "tag:EVEN tag:n4",
                              "-tag:even",
                              "pinned",
                              "attr.team:red",
                              "note:seen",
                              "transport:http limit:2",
                              "tag:even -tool:search",
                              "tool:search error took>2s",
                              "tool:fetch error",
                              "-error",
                              "error=7",
                              "unanswered>0",
                              "state:interrupted",
                              "frames>5",
                              "duration>3s",
                              "name:\"run 1\" or tag:even",
                              "\"other 4\"",
                              "\"ANSWER\" -\"other 4\"",
                              "line",
                              "created>=2023-11-14T23:00 sort:created limit:2",
                              "tool:oth*",
                              "tool:none",
                              "took<1s tool:fetch",
                              "-(tool:search error) limit:2"}) {
        const Result<SearchCriteria> criteria = parse_query(query, now);
        if (criteria) {
            expect_as_the_reference(tapes, shelf, *criteria, show(query));
        } else {
            fail("the suite's own query " + show(query), "a query", criteria.error().to_string());
        }
    }
    for (const char* text : {"\"a\\b\"", "zo\u00EB4", "e\nb", "%", "_"}) {
        SearchCriteria criteria;
        criteria.where = Expression::of({.field = Field::text, .text = text});
        expect_as_the_reference(tapes, shelf, criteria, "the text " + show(text));
    }
}

void every_order(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const Shelf shelf = fill(tapes);
    for (const FieldInfo& field : query_fields()) {
        if (!field.sortable) {
            continue;
        }
        for (const bool descending : {false, true}) {
            SearchCriteria criteria{.limit = 4};
            criteria.sort = {.field = field.field, .descending = descending};
            expect_as_the_reference(
                tapes, shelf, criteria,
                "sort:" + std::string(descending ? "-" : "") + std::string(field.name));
        }
    }
}

void changes_between_pages(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    for (const char* id : {"b", "d", "f", "h"}) {
        tapes.put(environment.tape(id));
    }
    SearchCriteria criteria{.limit = 2};
    criteria.sort = {.field = Field::id, .descending = false};
    const TapePage first = expect_ok(tapes.list(criteria), "list_tapes");
    expect_equal(std::string("b d"), ids_of(first.tapes), "the first page");
    expect_ok(tapes.remove("d"), "delete_tape");
    tapes.put(environment.tape("a"));
    tapes.put(environment.tape("aa"));
    tapes.put(environment.tape("e"));
    criteria.cursor = first.next;
    expect_equal(std::string("e f"), ids_of(expect_ok(tapes.list(criteria), "list_tapes").tapes),
                 "the second page goes on behind the first, whatever came and went");
}

void list_of_many(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    constexpr int count = 120;
    for (int i = 0; i < count; ++i) {
        tapes.put(sample_tape(sample_head("t" + std::to_string(i)), {{"a"}}));
    }
    std::set<std::string> seen;
    SearchCriteria criteria;
    for (int page = 0; page < count; ++page) {
        const TapePage found = expect_ok(tapes.list(criteria), "list_tapes");
        for (const TapeMetadata& tape : found.tapes) {
            expect(seen.insert(tape.id).second, "no tape is on two pages");
        }
        if (found.next.empty()) {
            break;
        }
        criteria.cursor = found.next;
    }
    expect_equal(std::size_t{count}, seen.size(), "tapes on all pages together");
}

void limits_of_a_page(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    for (const std::uint32_t limit : {std::uint32_t{0}, limits::page_tapes_max + 1}) {
        expect_code(tapes.list({.limit = limit}), {ErrorCode::limit_exceeded},
                    "a page of " + show(limit) + " tapes");
    }
    for (const std::uint32_t limit : {std::uint32_t{1}, limits::page_tapes_max}) {
        expect_ok(tapes.list({.limit = limit}), "a page of " + show(limit) + " tapes");
    }
}

void list_refuses(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const auto expect_refused = [&](const SearchCriteria& criteria, std::string_view what) {
        expect_code(tapes.list(criteria), {ErrorCode::invalid_argument}, what);
    };
    expect_refused({.cursor = "x"}, "a cursor that nobody gave");
    SearchCriteria criteria;
    criteria.where = Expression::of({.field = Field::state, .text = "asleep"});
    expect_refused(criteria, "a state that there is not");
    criteria.where = Expression::of({.field = Field::frames, .compare = Compare::part});
    expect_refused(criteria, "a part of a number");
    const std::string cursor = cursor_after({.id = "t1"}, {.field = Field::id});
    expect_refused({.sort = {.field = Field::name}, .cursor = cursor}, "a cursor of another sort");
}

void follows_changes(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(environment.tape("t1"), Labels{.tags = {"old"}});
    const auto found = [&](const char* query) {
        return ids_of(expect_ok(tapes.list(*parse_query(query, now)), "list_tapes").tapes);
    };
    expect_ok(tapes.update("t1", {.name = "called", .add_tags = {"new"}, .remove_tags = {"old"}}),
              "update_metadata");
    expect_equal(std::string("t1"), found("tag:new name:called"), "by the new labels");
    expect_equal(std::string(), found("tag:old"), "by a label that is gone");
    expect_ok(tapes.save(sample_tape(sample_head("t1"), {{"unlike z", "ok"}}), Labels(), true),
              "replacing");
    expect_equal(std::string("t1"), found("tool:unlike"), "by the new content");
    expect_equal(std::string("t1"), found("\"unlike z\""), "by the text of the new content");
    expect_equal(std::string(), found("tool:search"), "by a content that is gone");
    expect_equal(std::string(), found("\"search x\""), "by the text of a content that is gone");
    expect_equal(std::string(), found("tag:new"), "by labels that are gone");
    expect_ok(tapes.remove("t1"), "delete_tape");
    expect_equal(std::string(), found("tool:unlike or \"unlike z\""), "what was deleted");
}

}  // namespace

std::vector<Case> list_cases() {
    using enum Need;
    return {
        {"list.empty", "A library without tapes lists none.", {writes}, list_of_nothing},
        {"list.as_the_reference",
         "A search gives the pages that select_page gives.",
         {writes},
         as_the_reference},
        {"list.every_order",
         "Tapes come in the order that is asked for, page by page, equal ones by id.",
         {writes},
         every_order},
        {"list.changes_between_pages",
         "A page goes on behind the last one, whatever came and went meanwhile.",
         {writes},
         changes_between_pages},
        {"list.many", "Each of many tapes is on one page.", {writes}, list_of_many},
        {"list.limits", "A page may hold 1 to 10,000 tapes.", {}, limits_of_a_page},
        {"list.wrong", "What cannot be answered is refused.", {}, list_refuses},
        {"list.follows_changes",
         "A search finds tapes as they are, and not as they were.",
         {writes},
         follows_changes},
    };
}

}  // namespace turntable::inline v0::tape::conformance
