#include "turntable/tape/query.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

#include "turntable/tape/limits.hpp"

namespace turntable::tape {
namespace {

const WallTime query_time(std::chrono::milliseconds(1'795'363'200'000));  // 2026-11-22T16:00:00Z

SearchCriteria parsed(const std::string& text) {
    auto criteria = parse_query(text, query_time);
    EXPECT_TRUE(criteria) << text << ": " << criteria.error().to_string();
    return criteria ? *criteria : SearchCriteria();
}

TEST(Query, PrintsAsAQueryThatMeansTheSame) {
    const struct {
        std::string text;
        std::string printed;
    } rows[] = {
        {"", ""},
        {"  ", ""},
        {"tool:search error took>2s tag:prod", "tool:search error took>2s tag:prod"},
        {"since:7d", "created>=2026-11-15T16:00:00.000000000Z"},
        {"until:today", "created<2026-11-22T00:00:00.000000000Z"},
        {"created>yesterday", "created>2026-11-21T00:00:00.000000000Z"},
        {"since:2026-11-01T10:30", "created>=2026-11-01T10:30:00.000000000Z"},
        {"since:now", "created>=2026-11-22T16:00:00.000000000Z"},
        {"-client:foo", "-client:foo"},
        {"not client:foo", "-client:foo"},
        {"-(a b)", "-(\"a\" \"b\")"},
        {"(a or b) \"free text\"", "(\"a\" or \"b\") \"free text\""},
        {"a or b c or d", "\"a\" or \"b\" \"c\" or \"d\""},
        {"a and b AND c", "\"a\" \"b\" \"c\""},
        {"((a)) ((b c))", "\"a\" \"b\" \"c\""},
        {"name:\"x y\"", "name:\"x y\""},
        {"name:\"a \\\" b\\\\\"", "name:\"a \\\" b\\\\\""},
        {"text:word", "\"word\""},
        {"tool:sea*", "tool:sea*"},
        {"tool:\"sea*\"", "tool:\"sea*\""},
        {"method=tools/call", "method=tools/call"},
        {"message~denied", "message~denied"},
        {"error:-32601", "error:-32601"},
        {"pinned \"pinned\"", "pinned \"pinned\""},
        {"unanswered", "unanswered>0"},
        {"size>1.5MiB", "size>1536KiB"},
        {"stored<=64kB", "stored<=64kB"},
        {"took<1.5s slowest>=90m", "took<1500ms slowest>=90m"},
        {"frames:20", "frames:20"},
        {"attr.team:core", "attr.team:core"},
        {"sort:-size limit:5 a", "\"a\" sort:-size limit:5"},
        {"(a or b) sort:name", "\"a\" or \"b\" sort:name"},
        {"sort:-created limit:100", ""},
        {"android oracle", "\"android\" \"oracle\""},
        {"tag:gr\xC3\xBC\xC3\x9F", "tag:\"gr\xC3\xBC\xC3\x9F\""},
    };
    for (const auto& row : rows) {
        const SearchCriteria criteria = parsed(row.text);
        EXPECT_EQ(to_text(criteria), row.printed) << row.text;
        const auto again = parse_query(to_text(criteria), WallTime());
        ASSERT_TRUE(again) << row.printed << ": " << again.error().to_string();
        EXPECT_EQ(*again, criteria) << row.text;
        EXPECT_TRUE(check(criteria)) << row.text;
    }
}

TEST(Query, SaysWhereAndWhatIsWrong) {
    const struct {
        std::string text;
        std::string message;
    } rows[] = {
        {"tag:a tol:x", "column 7: there is no field \"tol\"; did you mean \"tool\"?"},
        {"\xC3\xBC tol:x", "column 3: there is no field \"tol\""},
        {"http://x", "to look for it as text, put it in quotes"},
        {"took>fast", "column 1: 'fast' is not a duration, such as 250ms"},
        {"a took>2", "column 3: '2' is not a duration"},
        {"size>3XB", "'3XB' is not a size"},
        {"since:later", "'later' is not a time, such as 7d (ago)"},
        {"since>7d", "'since' is followed by ':' and a time"},
        {"name<b", "'name' is a text: it is compared with ':', '=' or '~'"},
        {"frames~2", "it has no parts"},
        {"created:2026-11-22", "since: and until:"},
        {"pinned:yes", "'pinned' stands alone"},
        {"state:done", "a tape is 'recording', 'complete'"},
        {"direction:left", "a direction is 'c2s' or 's2c'"},
        {"tag:", "'tag' needs a text"},
        {"text:\"\"", "'text' needs a text"},
        {"attr.:x", "attr.NAME:VALUE"},
        {"(a", "column 1: this '(' is not closed"},
        {"a)", "column 2: this ')' closes nothing"},
        {"()", "nothing to choose from"},
        {"a or", "nothing to choose from"},
        {"or a", "nothing to choose from"},
        {"a and", "column 3: nothing follows this 'and'"},
        {"a -", "column 3: nothing follows that could be negated"},
        {"\"open", "column 1: this quote is not closed"},
        {"(sort:name)", "stands outside of brackets"},
        {"-limit:3", "stands outside of brackets"},
        {"sort:tag", "tapes can be ordered by id, name, created"},
        {"limit:0", "a page has 1 to 10000 tapes"},
        {"limit:10001", "a page has 1 to 10000 tapes"},
        {"a\xFF", "this is not UTF-8"},
    };
    for (const auto& row : rows) {
        const auto criteria = parse_query(row.text, query_time);
        ASSERT_FALSE(criteria) << row.text;
        EXPECT_EQ(criteria.error().code(), ErrorCode::invalid_argument) << row.text;
        EXPECT_NE(criteria.error().message().find(row.message), std::string::npos)
            << row.text << ": " << criteria.error().message();
    }
}

std::string repeated(const std::string& part, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += part;
    }
    return text;
}

TEST(Query, HasLimits) {
    const auto code = [](const std::string& text) {
        const auto criteria = parse_query(text, query_time);
        return criteria ? std::string("ok") : std::string(to_string(criteria.error().code()));
    };
    EXPECT_EQ(code(repeated("a ", limits::query_terms_max)), "ok");
    EXPECT_EQ(code(repeated("a ", limits::query_terms_max + 1)), "limit_exceeded");
    const std::string long_text(limits::query_bytes_max, 'a');
    EXPECT_EQ(code(long_text), "ok");
    EXPECT_EQ(code(long_text + "a"), "limit_exceeded");
    const auto nested = [](std::size_t depth) {
        return repeated("(", depth) + "a" + repeated(")", depth);
    };
    EXPECT_EQ(code(nested(limits::query_depth_max)), "ok");
    EXPECT_EQ(code(nested(limits::query_depth_max + 1)), "limit_exceeded");
    EXPECT_EQ(code(repeated("-", 3 * limits::query_depth_max) + "a"), "limit_exceeded");
}

TEST(Query, TheDeepestTextMayBePrintedAndReadAgain) {
    const std::string deep = repeated("-", limits::query_depth_max) + "a or b sort:name";
    const SearchCriteria criteria = parsed(deep);
    EXPECT_TRUE(check(criteria));
    EXPECT_EQ(parsed(to_text(criteria)), criteria);
}

TEST(Query, ChecksWhatAProgramBuilds) {
    const auto code = [](const SearchCriteria& criteria) {
        const auto right = check(criteria);
        return right ? std::string("ok") : std::string(to_string(right.error().code()));
    };
    EXPECT_EQ(code({}), "ok");
    EXPECT_EQ(code({.limit = 0}), "limit_exceeded");
    EXPECT_EQ(code({.limit = limits::page_tapes_max}), "ok");
    EXPECT_EQ(code({.limit = limits::page_tapes_max + 1}), "limit_exceeded");
    EXPECT_EQ(code({.cursor = "nonsense"}), "invalid_argument");
    EXPECT_EQ(code({.sort = {Field::tag, false}}), "invalid_argument");
    EXPECT_EQ(code({.where = Expression::any({})}), "invalid_argument");
    EXPECT_EQ(code({.where = {Expression::Kind::negation, {}}}), "invalid_argument");
    EXPECT_EQ(code({.where = Expression::of({.field = Field::took, .number = -1})}),
              "invalid_argument");
    EXPECT_EQ(code({.where = Expression::of({.field = Field::tag, .text = "a b", .glob = true})}),
              "invalid_argument");
}

// What docs/query.md says of the fields is this table.
std::string field_table() {
    constexpr const char* types[] = {"text", "flag", "count", "size", "duration", "time"};
    std::ostringstream out;
    out << "| field | type | `:` means | of | order | |\n|---|---|---|---|---|---|\n";
    for (const FieldInfo& info : query_fields()) {
        const bool text = info.type == FieldType::text;
        out << "| `" << info.name << "` | " << types[static_cast<std::size_t>(info.type)] << " | "
            << (!text ? info.type == FieldType::flag || info.type == FieldType::time ? "" : "equal"
                : info.has == TextMatch::whole  ? "the whole"
                : info.has == TextMatch::prefix ? "the beginning"
                                                : "a part")
            << " | " << (info.of_call ? "a call" : "the tape") << " | "
            << (info.sortable ? "yes" : "") << " | " << info.help << " |\n";
    }
    return out.str();
}

TEST(Query, FieldsAreDocumented) {
    std::ifstream file(TURNTABLE_TEST_DOCS "/query.md");
    std::stringstream page;
    page << file.rdbuf();
    EXPECT_NE(page.str().find(field_table()), std::string::npos)
        << "docs/query.md needs this table:\n"
        << field_table();
}

}  // namespace
}  // namespace turntable::tape
