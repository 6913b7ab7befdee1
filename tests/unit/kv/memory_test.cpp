#include "turntable/kv/memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace {

using namespace turntable;
using namespace turntable::kv;
using namespace std::chrono_literals;

const Context waits{.caller_waits = true};

struct Fixture : testing::Test {
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<Runtime> runtime =
        Runtime::create({.clock = clock, .random = Random::seeded(7)});

    MemoryBackend open(std::string name = {}) {
        return MemoryBackend({.runtime = runtime, .name = std::move(name)});
    }
    std::int64_t now_ms() const { return clock->wall_now().time_since_epoch().count(); }
};

CommitResult commit(MemoryBackend& db, const AtomicWrite& write) {
    auto result = db.atomic_write(waits, write).wait();
    EXPECT_TRUE(result) << result.error().to_string();
    return result ? *result : CommitResult{};
}

Versionstamp set(MemoryBackend& db, ByteView key, ByteView value,
                 std::int64_t expire_at_ms = never_expires) {
    const Mutation mutation{.key = key, .data = value, .expire_at_ms = expire_at_ms};
    return commit(db, {.mutations = {&mutation, 1}}).versionstamp;
}

void remove(MemoryBackend& db, ByteView key) {
    const Mutation mutation{.kind = MutationKind::remove, .key = key};
    commit(db, {.mutations = {&mutation, 1}});
}

std::optional<std::string> get(MemoryBackend& db, ByteView key) {
    auto entry = db.get(waits, key).wait();
    EXPECT_TRUE(entry) << entry.error().to_string();
    return entry && *entry ? std::optional((*entry)->value.data().to_string()) : std::nullopt;
}

std::vector<std::string> keys_of(Result<ReadOutput> read) {
    std::vector<std::string> keys;
    if (!read) {
        ADD_FAILURE() << read.error().to_string();
        return keys;
    }
    for (const EntryBatch& batch : *read) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            keys.push_back(batch[i].key.to_string());
        }
    }
    return keys;
}

std::vector<std::string> list(MemoryBackend& db, ByteView start, ByteView end,
                              std::uint32_t limit = 100, bool reverse = false) {
    const ReadRange range{start, end, limit, reverse};
    return keys_of(db.snapshot_read(waits, {&range, 1}, {}).wait());
}

struct Memory : Fixture {};

TEST_F(Memory, AnswersAtOnce) {
    MemoryBackend db = open();
    set(db, "a", "1");
    EXPECT_TRUE(db.get({}, "a").is_ready());
    const Mutation mutation{.key = "b", .data = "2"};
    Async<CommitResult> write = db.atomic_write({}, {.mutations = {&mutation, 1}});
    ASSERT_TRUE(write.is_ready());
    EXPECT_TRUE(write.peek()->committed);
    EXPECT_EQ(get(db, "b"), "2");
}

TEST_F(Memory, ListsInOrderBothWaysAndAcrossLocks) {
    MemoryBackend db = open();
    std::vector<std::string> expected;
    for (int i = 1000; i < 2000; ++i) {
        expected.push_back("key" + std::to_string(i));
        set(db, expected.back(), "v");
    }
    EXPECT_EQ(list(db, "", "\xFF", 5000), expected);
    std::ranges::reverse(expected);
    EXPECT_EQ(list(db, "", "\xFF", 5000, true), expected);
    EXPECT_THAT(list(db, "key1500", "key1503"),
                testing::ElementsAre("key1500", "key1501", "key1502"));
    EXPECT_THAT(list(db, "key1500", "key1600", 2, true),
                testing::ElementsAre("key1599", "key1598"));
    EXPECT_TRUE(list(db, "z", "z").empty());
}

TEST_F(Memory, OfOneNameIsOneDatabaseWhileAnyIsOpen) {
    auto first = std::make_optional(open("shared"));
    auto second = std::make_optional(open("shared"));
    MemoryBackend other = open("other");
    set(*first, "a", "1");
    EXPECT_EQ(get(*second, "a"), "1");
    EXPECT_EQ(get(other, "a"), std::nullopt);
    EXPECT_EQ(get(*std::make_unique<MemoryBackend>(open()), "a"), std::nullopt);
    first.reset();
    EXPECT_EQ(get(*second, "a"), "1");
    ASSERT_TRUE(second->close({}).wait());
    EXPECT_EQ(get(*std::make_unique<MemoryBackend>(open("shared")), "a"), std::nullopt);
}

TEST_F(Memory, OfOneNameTellsWatchesAndTakesOfEachOther) {
    MemoryBackend first = open("together");
    MemoryBackend second = open("together");
    const WatchTarget target{"a"};
    auto stream = first.watch({}, {&target, 1});
    ASSERT_TRUE(stream);
    ASSERT_TRUE(stream->next(waits).wait());
    auto next = stream->next();
    EXPECT_FALSE(next.is_ready());
    auto taken = first.queue_take({});
    set(second, "a", "1");
    const auto change = std::move(next).wait();
    ASSERT_TRUE(change && *change);
    EXPECT_EQ((**change)[0].entry->value.data().text(), "1");
    const Enqueue message{.payload = "hello", .deadline_ms = 0};
    commit(second, {.enqueues = {&message, 1}});
    EXPECT_EQ(std::move(taken).wait()->payload.text(), "hello");
}

TEST_F(Memory, ClosingOneOfANameLeavesTheOthers) {
    MemoryBackend first = open("several");
    MemoryBackend second = open("several");
    ASSERT_TRUE(first.close({}).wait());
    EXPECT_EQ(first.get({}, "a").wait().error().code(), ErrorCode::closed);
    set(second, "a", "1");
    EXPECT_EQ(get(second, "a"), "1");
}

TEST_F(Memory, LosesNoUpdateOfConcurrentWriters) {
    MemoryBackend db = open();
    const Bytes one = Value::u64(1).data();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i) {
                const Mutation mutation{.kind = MutationKind::sum,
                                        .key = "n",
                                        .data = one,
                                        .encoding = ValueEncoding::le64};
                commit(db, {.mutations = {&mutation, 1}});
                (void)list(db, "", "\xFF");
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(*(*db.get({}, "n").wait())->value.as_u64(), 2000U);
}

TEST_F(Memory, SnapshotsOutliveTheirBackend) {
    auto db = std::make_optional(open());
    set(*db, "a", "1");
    auto snapshot = *db->open_snapshot({}).wait();
    remove(*db, "a");
    db.reset();
    const ReadRange range{"", "\xFF", 10};
    EXPECT_THAT(keys_of(snapshot->read({}, {&range, 1}).wait()), testing::ElementsAre("a"));
}

}  // namespace
