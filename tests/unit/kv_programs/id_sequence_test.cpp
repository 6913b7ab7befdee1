#include "turntable/kv/id_sequence.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "support/engines.hpp"
#include "support/temp_folder.hpp"
#include "turntable/kv/fake_backend.hpp"

// Numbers that never repeat. Kills are in tests/crash.
namespace turntable::inline v0::kv {
namespace {

class IdSequences : public testing::TestWithParam<std::string> {
  protected:
    Database open() {
        return test::open_engine(test::quick_url(GetParam(), folder_.path().string())).value();
    }
    test::TempFolder folder_;
};

TEST_P(IdSequences, GrowInOneObjectAndNeverRepeatOverThreadsAndObjects) {
    const Database db = open();
    constexpr int threads = 4;
    constexpr int each = 200;
    const IdSequence shared(db, {"ids", "orders"}, {.block = 7});
    std::vector<std::vector<std::uint64_t>> got(threads);
    {
        std::vector<std::jthread> running;
        for (int i = 0; i < threads; ++i) {
            running.emplace_back([&, i] {
                const IdSequence own(db, {"ids", "orders"}, {.block = 3});
                const IdSequence& ids = i % 2 == 0 ? shared : own;
                for (int n = 0; n < each; ++n) {
                    const auto id = ids.next();
                    ASSERT_TRUE(id) << id.error().to_string();
                    got[static_cast<std::size_t>(i)].push_back(*id);
                }
            });
        }
    }
    std::vector<std::uint64_t> all;
    for (const std::vector<std::uint64_t>& ids : got) {
        EXPECT_TRUE(std::ranges::is_sorted(ids));
        all.insert(all.end(), ids.begin(), ids.end());
    }
    std::ranges::sort(all);
    EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
    EXPECT_EQ(all.front(), 1U);
}

TEST_P(IdSequences, GrowOverRestarts) {
    std::uint64_t last = 0;
    std::optional<Database> kept;  // a database in memory ends with its last handle
    for (int round = 0; round < 5; ++round) {
        const Database db = open();
        const IdSequence ids(db, "ids", {.block = 10});
        for (int i = 0; i < 3; ++i) {
            const std::uint64_t id = ids.next().value();
            EXPECT_GT(id, last);
            last = id;
        }
        if (!test::keeps_data(GetParam())) {
            kept = db;
        }
    }
    EXPECT_EQ(last, 43U);  // what was reserved is skipped, and no more
}

INSTANTIATE_TEST_SUITE_P(Engines, IdSequences, testing::ValuesIn(test::all_engines()),
                         [](const auto& engine) { return engine.param; });

TEST(IdSequence, AFailureMaySkipNumbersAndRepeatsNone) {
    FakeBackend fake;
    const Database db{AnyBackend(fake)};
    const IdSequence ids(db, "ids", {.block = 2});
    EXPECT_EQ(*ids.next(), 1U);
    EXPECT_EQ(*ids.next(), 2U);
    fake.lose_next_reply();
    EXPECT_EQ(ids.next().error().code(), ErrorCode::commit_unknown);
    EXPECT_EQ(*ids.next(), 5U);
    EXPECT_EQ(*ids.next(), 6U);
    fake.fail_next(FakeCall::atomic_write, Error(ErrorCode::io, "scripted"));
    EXPECT_EQ(ids.next().error().code(), ErrorCode::io);
    EXPECT_EQ(*ids.next(), 7U);
    EXPECT_EQ(fake.count(FakeCall::atomic_write), 5U);
}

TEST(IdSequence, EndsWhereNumbersEnd) {
    const Database db{AnyBackend(MemoryBackend())};
    ASSERT_TRUE(db.set("ids", Value::u64(UINT64_MAX - 2)));
    const IdSequence ids(db, "ids", {.block = 2});
    EXPECT_EQ(*ids.next(), UINT64_MAX - 1);
    EXPECT_EQ(*ids.next(), UINT64_MAX);
    EXPECT_EQ(ids.next().error().code(), ErrorCode::out_of_range);
    ASSERT_TRUE(db.set("ids", "text"));
    EXPECT_EQ(ids.next().error().code(), ErrorCode::type_mismatch);
    EXPECT_EQ(IdSequence(db, "other", {.block = 0}).next().error().code(),
              ErrorCode::invalid_argument);
    EXPECT_EQ(*IdSequence(db, "other", {.block = 1}).next(), 1U);
}

}  // namespace
}  // namespace turntable::inline v0::kv
