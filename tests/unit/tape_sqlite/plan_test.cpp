// That searches go by indexes, as SQLite itself says.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "backends/sqlite/tape/conditions.hpp"
#include "support/temp_folder.hpp"
#include "turntable/tape/query.hpp"
#include "unit/tape_sqlite/raw_file.hpp"

namespace turntable::tape {
namespace {

struct Planned {
    const char* query;
    /// What the plan says, in parts.
    std::vector<const char*> says;
};

/// How SQLite goes about a search.
std::string plan_of(test::RawFile& file, const SearchCriteria& criteria,
                    const sqlite::IsCommon& is_common = {}) {
    const sqlite::Query query = sqlite::query_for(criteria, is_common).value();
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(file.handle(), ("explain query plan " + query.text).c_str(), -1,
                                 &statement, nullptr),
              SQLITE_OK)
        << query.text << ": " << sqlite3_errmsg(file.handle());
    std::string plan;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        plan +=
            std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, 3))) + "\n";
    }
    sqlite3_finalize(statement);
    return plan;
}

TEST(TapeSqlitePlan, CommonSearchesGoByIndexes) {
    const test::TempFolder folder;
    const std::string path = folder.file("tapes.db");
    ASSERT_TRUE(test::open_tapes(path)->search(""));
    test::RawFile file(path);
    const WallTime now(std::chrono::milliseconds(1'700'000'000'000));
    const Planned table[] = {
        {"", {"SCAN t USING COVERING INDEX tape_created"}},
        {"sort:name", {"SCAN t USING COVERING INDEX tape_name"}},
        {"sort:-errors", {"SCAN t USING COVERING INDEX tape_errors"}},
        {"sort:id", {"USING COVERING INDEX sqlite_autoindex_tape_1"}},
        {"since:7d", {"SEARCH t USING COVERING INDEX tape_created (created>?)"}},
        {"tag:prod", {"SEARCH value USING PRIMARY KEY (field=? AND value=?)"}},
        {"tag:prod tool:search since:7d", {"SEARCH value USING PRIMARY KEY (field=? AND value=?)"}},
        {"id:ab", {"SEARCH value USING PRIMARY KEY (field=? AND value>? AND value<?)"}},
        {"name:run", {"SEARCH value USING PRIMARY KEY (field=?)"}},
        {"error", {"SEARCH value USING PRIMARY KEY (field=?)"}},
        {"error:-32000", {"SEARCH value USING PRIMARY KEY (field=? AND value=?)"}},
        {"state:complete -client:foo", {"SEARCH value USING PRIMARY KEY (field=? AND value=?)"}},
        {"tool:search error took>2s",
         {"SEARCH value USING PRIMARY KEY (field=? AND value=?)", "SEARCH c USING"}},
        {"errors>3 sort:errors", {"SEARCH t USING COVERING INDEX tape_errors (errors>?)"}},
        {"\"a needle\"",
         {"words VIRTUAL TABLE INDEX", "SEARCH p USING INTEGER PRIMARY KEY (rowid=?)"}},
        {"tag:prod \"a needle\"",
         {"words VIRTUAL TABLE INDEX", "SEARCH value USING PRIMARY KEY (field=? AND value=?)"}},
    };
    for (const Planned& row : table) {
        const std::string plan = plan_of(file, parse_query(row.query, now).value());
        SCOPED_TRACE(std::string(row.query) + "\n" + plan);
        for (const char* part : row.says) {
            EXPECT_NE(plan.find(part), std::string::npos) << part;
        }
        // No table is read from one end to the other, and no content at all.
        for (const char* slow : {"SCAN value", "SCAN c", "SCAN p", "chunk"}) {
            EXPECT_EQ(plan.find(slow), std::string::npos) << slow;
        }
    }
}

TEST(TapeSqlitePlan, APageGoesOnFromItsIndex) {
    const test::TempFolder folder;
    const std::string path = folder.file("tapes.db");
    const Library library = test::open_tapes(path).value();
    ASSERT_TRUE(test::save_text(library, test::tape_text(test::head_of("t1"), {{"x"}})));
    ASSERT_TRUE(test::save_text(library, test::tape_text(test::head_of("t2"), {{"x"}})));
    SearchCriteria criteria{.limit = 1};
    criteria.cursor = library.search(criteria).value().next;
    ASSERT_FALSE(criteria.cursor.empty());
    test::RawFile file(path);
    const std::string plan = plan_of(file, criteria);
    EXPECT_NE(plan.find("SEARCH t USING COVERING INDEX tape_created ((created,id)<(?,?))"),
              std::string::npos)
        << plan;
}

TEST(TapeSqlitePlan, WhatManyTapesHaveIsLookedUpInTheirOrder) {
    const test::TempFolder folder;
    const std::string path = folder.file("tapes.db");
    ASSERT_TRUE(test::open_tapes(path)->search(""));
    test::RawFile file(path);
    const auto criteria = parse_query("tool:search tag:prod error", WallTime()).value();
    std::string asked;
    const auto all_but_the_tag = [&asked](std::string_view field, const std::string* value) {
        asked += std::string(field) + (value == nullptr ? " " : "=" + *value + " ");
        return field != "tag";
    };
    const std::string rare = plan_of(file, criteria, all_but_the_tag);
    EXPECT_EQ(asked, "tool=search tag=prod error ");
    EXPECT_NE(rare.find("SEARCH t USING INTEGER PRIMARY KEY (rowid=?)"), std::string::npos) << rare;
    const auto every = [](std::string_view, const std::string*) { return true; };
    const std::string common = plan_of(file, criteria, every);
    EXPECT_NE(common.find("SCAN t USING INDEX tape_created"), std::string::npos) << common;
    EXPECT_EQ(common.find("TEMP B-TREE"), std::string::npos) << common;
}

/// What goes by the index says so, whatever it costs a scan.
TEST(TapeSqlitePlan, SaysWhatAnswered) {
    const test::TempFolder folder;
    const Library library = test::open_tapes(folder.file("tapes.db")).value();
    for (int i = 0; i < 5; ++i) {
        const std::string id = "t" + std::to_string(i);
        ASSERT_TRUE(test::save_text(
            library, test::tape_text(test::head_of(id), {{"search needle" + id, "fail 7"}})));
    }
    // Terms about one call, which a provider without rows of calls looks up in contents.
    const TapePage calls = library.search("tool:search error:7 direction:c2s").value();
    EXPECT_EQ(calls.tapes.size(), 5U);
    EXPECT_EQ(calls.answered, Answered::index);
    EXPECT_EQ(calls.scanned, 0U);
    // Of five tapes with frames, only the one is read that has all the words.
    const TapePage text = library.search("needlet3").value();
    EXPECT_EQ(text.tapes.size(), 1U);
    EXPECT_EQ(text.answered, Answered::scan);
    EXPECT_EQ(text.scanned, 1U);
    EXPECT_EQ(library.search("nowhere").value().answered, Answered::index);
}

}  // namespace
}  // namespace turntable::tape
