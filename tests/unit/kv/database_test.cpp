#include "turntable/kv/database.hpp"

#include <gtest/gtest.h>

#include "support/chaos.hpp"
#include "support/map_backend.hpp"

namespace turntable::inline v0::kv {
namespace {

using test::MapBackend;

Database database() {
    return Database(test::in_chaos(AnyBackend(MapBackend()), Runtime::shared()), Runtime::shared(),
                    "map:");
}

TEST(Database, GivesBackWhatWasSet) {
    const Database db = database();
    const Result<Versionstamp> set = db.set("greeting", "hello");
    ASSERT_TRUE(set) << set.error().to_string();
    const auto entry = db.get("greeting");
    ASSERT_TRUE(entry && *entry);
    EXPECT_EQ((*entry)->value.data().text(), "hello");
    EXPECT_EQ((*entry)->versionstamp, *set);
    EXPECT_FALSE(*db.get("absent"));
}

TEST(Database, TakesKeysOfSeveralParts) {
    const Database db = database();
    ASSERT_TRUE(db.set({"users", 42}, "Ada"));
    ASSERT_TRUE(db.set(Key("users") / 43, "Grace"));
    const auto entries = db.get_many({Key{"users", 42}, Key{"users", 44}, Key{"users", 43}});
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 3U);
    EXPECT_EQ((*entries)[0]->value.data().text(), "Ada");
    EXPECT_FALSE((*entries)[1]);
    EXPECT_EQ((*entries)[2]->value.data().text(), "Grace");
}

TEST(Database, RefusesAKeyThatNamesNothing) {
    const Database db = database();
    const auto got = db.get(Key());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(got.error().operation(), "get");
    EXPECT_EQ(got.error().url(), "map:");
    EXPECT_EQ(db.set("\xFF", "v").error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(db.remove(Key()).error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(db.get_many({Key()}).error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(db.atomic().set(Key(), "v").commit().error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(db.watch({Key()}).error().code(), ErrorCode::invalid_argument);
}

TEST(Database, ListsAPrefixInKeyOrder) {
    const Database db = database();
    for (const int number : {3, 1, 2}) {
        ASSERT_TRUE(db.set({"n", number}, std::to_string(number)));
    }
    ASSERT_TRUE(db.set("n", "the prefix itself"));
    std::string seen;
    for (auto& entry : db.list(prefix("n"))) {
        ASSERT_TRUE(entry) << entry.error().to_string();
        seen += entry->value.data().text();
    }
    EXPECT_EQ(seen, "123");
    EXPECT_EQ(*db.count(prefix("n")), 3U);
    EXPECT_EQ(*db.count(everything()), 4U);
}

TEST(Database, CommitResultsNameTheFailedChecks) {
    const Database db = database();
    ASSERT_TRUE(db.set("a", "1"));
    const auto a = db.get("a");
    ASSERT_TRUE(a);
    auto write = db.atomic();
    write.check("a", *a).check("b", absent).check("a", absent).set("b", "2");
    const Result<CommitResult> refused = write.commit();
    ASSERT_TRUE(refused);
    EXPECT_FALSE(refused->committed);
    EXPECT_EQ(refused->failed_checks, std::vector<std::uint32_t>{2});
    EXPECT_FALSE(*db.get("b"));
}

TEST(Database, RemovesARangeBatchByBatchWhereTheBackendCannotAtOnce) {
    const Database db = database();
    for (int i = 0; i < 600; ++i) {
        ASSERT_TRUE(db.set({"log", i}, "x"));
    }
    ASSERT_TRUE(db.set("other", "stays"));
    const auto removed = db.remove_range(prefix("log"));
    ASSERT_TRUE(removed) << removed.error().to_string();
    EXPECT_EQ(removed->removed, 600U);
    EXPECT_EQ(*db.count(everything()), 1U);
}

TEST(Database, CallsAConcreteBackendTheSameWay) {
    const BasicDatabase<MapBackend> db{MapBackend()};
    ASSERT_TRUE(db.set("k", "v"));
    EXPECT_TRUE(*db.get("k"));
    EXPECT_EQ(db.backend().reads(), 1);
}

}  // namespace
}  // namespace turntable::inline v0::kv
