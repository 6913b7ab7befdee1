#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "turntable/tape/query.hpp"

namespace turntable::tape {
namespace {

using std::chrono::seconds;

const WallTime now(std::chrono::milliseconds(1'795'363'200'000));

Call call(std::string tool, std::string error, TapeTime took) {
    return {.request = 1,
            .response = 2,
            .took = took,
            .method = "tools/call",
            .subject = std::move(tool),
            .error = std::move(error),
            .error_text = "Access denied"};
}

/// A tape with two calls: a fast search that failed, a slow fetch that did not.
struct Recorded {
    TapeMetadata metadata;
    std::vector<Call> calls{call("search", "-32000", seconds(1)), call("fetch", "", seconds(5))};
    std::string text = "{\"query\":\"Red Kites\"}";
    mutable int read = 0;

    Recorded() {
        metadata.id = "0190abcd";
        metadata.labels = {
            .name = "My run", .tags = {"prod", "web"}, .attributes = {{"team", "a"}}};
        metadata.created = WallNanoseconds(now.time_since_epoch() - std::chrono::hours(48));
        metadata.state = TapeState::complete;
        metadata.frames = 4;
        metadata.bytes = 2000;
        metadata.facts.client.name = "Claude Desktop";
        metadata.facts.requests = 2;
        metadata.facts.errors = 1;
        metadata.methods = {{"tools/call", 2}};
        metadata.tools = {{"fetch", 1}, {"search", 1}};
        metadata.error_codes = {{"-32000", 1}};
        metadata.latency = {2, seconds(1), seconds(3), seconds(1), seconds(5), seconds(5)};
    }
    SearchContent content() const {
        return {.calls =
                    [this](const std::function<bool(const Call&)>& visit) {
                        ++read;
                        for (const Call& one : calls) {
                            if (!visit(one)) {
                                break;
                            }
                        }
                        return Result<void>();
                    },
                .contains =
                    [this](std::string_view part) {
                        ++read;
                        return Result<bool>(contains_folded(text, part));
                    }};
    }
};

TEST(TapeMatches, HoldsWhatTheQuerySays) {
    // What is asked, whether it holds, and whether the content had to be read.
    const struct {
        const char* query;
        bool holds;
        bool reads;
    } rows[] = {
        {"", true, false},
        {"id:0190", true, false},
        {"id:190", false, false},
        {"id=0190", false, false},
        {"name:RUN", true, false},
        {"name=run", false, false},
        {"name=\"my run\"", true, false},
        {"tag:prod", true, false},
        {"tag:pro", false, false},
        {"tag:pro*", true, false},
        {"tag:p?od", true, false},
        {"tag:\"pro*\"", false, false},
        {"tag~ro", true, false},
        {"attr.team:a", true, false},
        {"attr.team:b", false, false},
        {"attr.other:a", false, false},
        {"since:3d", true, false},
        {"since:1d", false, false},
        {"until:1d", true, false},
        {"size:2000 size<2kB", false, false},
        {"size<=2kB frames>3", true, false},
        {"state:complete -pinned", true, false},
        {"client:claude", true, false},
        {"-client:foo", true, false},
        {"tag:nope or tag:web", true, false},
        // Of calls, answered by the metadata alone.
        {"tool:search", true, false},
        {"tool:other", false, false},
        {"-tool:other", true, false},
        {"tool:sea*", true, false},
        {"error", true, false},
        {"error:-32000", true, false},
        {"error:-1", false, false},
        {"-error", false, false},
        {"took>2s", true, false},
        {"took>6s", false, false},
        {"took<500ms", false, false},
        {"tool:search or tool:other", true, false},
        // Two terms speak of one call.
        {"tool:search error", true, true},
        {"tool:fetch error", false, true},
        {"tool:search took>2s", false, true},
        {"tool:fetch took>2s", true, true},
        {"(tool:search or tool:fetch) took>2s", true, true},
        {"tool:other took>2s", false, false},
        {"took=2s", false, true},
        {"message:denied tool:search", true, true},
        // A negation is asked of the tape.
        {"tool:search -error", false, false},
        {"tool:search -(tool:fetch error)", true, true},
        {"-(tool:search error)", false, true},
        // Texts.
        {"\"red kites\"", true, true},
        {"green", false, true},
        {"web", true, false},
        {"tag:nope green", false, false},
        {"tool:search green", false, true},
        {"-green", true, true},
    };
    for (const auto& row : rows) {
        const auto criteria = parse_query(row.query, now);
        ASSERT_TRUE(criteria) << row.query << ": " << criteria.error().to_string();
        const Recorded tape;
        const auto found = matches(criteria->where, tape.metadata, tape.content());
        ASSERT_TRUE(found) << row.query;
        EXPECT_EQ(*found, row.holds) << row.query;
        EXPECT_EQ(tape.read > 0, row.reads) << row.query;
    }
}

TEST(TapeMatches, NamesThatWereCutLeaveItOpen) {
    Recorded tape;
    tape.metadata.names_cut = true;
    const auto criteria = parse_query("tool:other", now);
    EXPECT_EQ(judge(criteria->where, tape.metadata), Verdict::unknown);
    tape.calls.push_back(call("other", "", seconds(1)));
    EXPECT_EQ(matches(criteria->where, tape.metadata, tape.content()).value(), true);
}

TEST(TapeMatches, AStoreThatFailsIsAnError) {
    const Recorded tape;
    const SearchContent broken{
        .calls = [](const auto&) -> Result<void> { return Error(ErrorCode::io, "gone"); },
        .contains = [](std::string_view) -> Result<bool> { return Error(ErrorCode::io, "gone"); }};
    for (const char* query : {"tool:search error", "green", "-green", "tool:search green"}) {
        const auto criteria = parse_query(query, now);
        const auto found = matches(criteria->where, tape.metadata, broken);
        ASSERT_FALSE(found) << query;
        EXPECT_EQ(found.error().code(), ErrorCode::io) << query;
    }
}

std::vector<TapeMetadata> some_tapes() {
    std::vector<TapeMetadata> tapes;
    for (int i = 0; i < 7; ++i) {
        TapeMetadata tape;
        tape.id = "t" + std::to_string(i);
        tape.head_name = std::string(1, static_cast<char>('a' + (i * 3) % 7));
        tape.bytes = static_cast<std::uint64_t>(i / 2);
        tape.created = WallNanoseconds(seconds(i % 2));
        tapes.push_back(tape);
    }
    return tapes;
}

std::string paged(const std::string& query) {
    std::string ids;
    auto criteria = parse_query(query, now);
    EXPECT_TRUE(criteria) << query;
    for (int page_number = 0; page_number < 10; ++page_number) {
        const auto page = select_page(*criteria, some_tapes(), {});
        EXPECT_TRUE(page) << page.error().to_string();
        for (const TapeMetadata& tape : page->tapes) {
            ids += tape.id.substr(1);
        }
        if (page->next.empty()) {
            return ids;
        }
        ids += "|";
        criteria->cursor = page->next;
    }
    return "does not end";
}

TEST(TapeMatches, PagesFollowOneAnotherInAStableOrder) {
    EXPECT_EQ(paged("limit:3"), "531|642|0");
    EXPECT_EQ(paged("sort:created limit:3"), "024|613|5");
    EXPECT_EQ(paged("sort:size limit:2"), "01|23|45|6");
    EXPECT_EQ(paged("sort:-size limit:4"), "6543|210");
    EXPECT_EQ(paged("sort:name limit:5"), "05316|42");
    EXPECT_EQ(paged("sort:-id limit:7"), "6543210");
    EXPECT_EQ(paged("size>1 sort:id"), "456");
}

TEST(TapeMatches, ACursorIsOfItsOrder) {
    const auto criteria = parse_query("limit:3", now);
    const auto page = select_page(*criteria, some_tapes(), {});
    auto other = parse_query("limit:3 sort:size", now);
    other->cursor = page->next;
    const auto refused = select_page(*other, some_tapes(), {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace turntable::tape
