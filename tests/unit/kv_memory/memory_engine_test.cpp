#include "backends/memory/kv/memory_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace turntable;
using namespace turntable::kv;

TEST(MemoryEngine, SnapshotsStayAsTheyAreAndOldVersionsGoWithThem) {
    auto database = std::make_shared<memory::Database>();
    memory::MemoryEngine engine(database);
    const auto put = [&](ByteView key, ByteView value) {
        auto transaction = engine.begin_write();
        ASSERT_TRUE(transaction->put(key, {.data = Bytes::copy(value)}));
        ASSERT_TRUE(transaction->commit());
    };
    const auto erase = [&](ByteView key) {
        auto transaction = engine.begin_write();
        ASSERT_TRUE(transaction->remove(key));
        ASSERT_TRUE(transaction->commit());
    };
    const auto see = [](memory::ReadTransaction& transaction) {
        std::string text;
        const auto visit = [&](ByteView key, const Record& record) {
            text += key.to_string() + "=" + record.data.to_string() + " ";
            return true;
        };
        EXPECT_TRUE(transaction.scan("", "z", false, visit));
        return text;
    };
    put("a", "1");
    put("b", "1");
    {
        auto first = engine.begin_read();
        put("a", "2");
        erase("b");
        put("c", "2");
        EXPECT_GT(database->kept_versions(), 0U);
        auto second = engine.begin_read();
        put("b", "3");
        erase("a");
        erase("c");
        EXPECT_EQ(see(*first), "a=1 b=1 ");
        EXPECT_EQ(see(*second), "a=2 c=2 ");
        auto third = engine.begin_read();
        EXPECT_EQ(see(*third), "b=3 ");
        EXPECT_EQ((*first->get("a"))->data.text(), "1");
        EXPECT_FALSE(*third->get("a"));
    }
    EXPECT_EQ(database->kept_versions(), 0U);
    put("b", "4");
    erase("b");
    EXPECT_EQ(database->kept_versions(), 0U);
}

TEST(MemoryEngine, WriteTransactionsSeeTheirOwnChangesInOrder) {
    auto database = std::make_shared<memory::Database>();
    memory::MemoryEngine engine(database);
    {
        auto transaction = engine.begin_write();
        for (const char* key : {"a", "c", "e", "g"}) {
            ASSERT_TRUE(transaction->put(key, {.data = Bytes::copy("old")}));
        }
        ASSERT_TRUE(transaction->commit());
    }
    auto transaction = engine.begin_write();
    ASSERT_TRUE(transaction->put("b", {}));
    ASSERT_TRUE(transaction->put("c", {.data = Bytes::copy("new")}));
    ASSERT_TRUE(transaction->remove("e"));
    ASSERT_TRUE(transaction->remove("nothing"));
    ASSERT_TRUE(transaction->put("h", {}));
    for (const bool reverse : {false, true}) {
        std::vector<std::string> seen;
        const auto visit = [&](ByteView key, const Record& record) {
            seen.push_back(key.to_string() + record.data.to_string());
            return true;
        };
        ASSERT_TRUE(transaction->scan("a", "z", reverse, visit));
        if (reverse) {
            std::ranges::reverse(seen);
        }
        EXPECT_THAT(seen, testing::ElementsAre("aold", "b", "cnew", "gold", "h"));
    }
    std::size_t count = 0;
    const auto stop = [&](ByteView, const Record&) { return ++count < 2; };
    ASSERT_TRUE(transaction->scan("a", "z", false, stop));
    EXPECT_EQ(count, 2U);
}

}  // namespace
