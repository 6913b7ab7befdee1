#include <gtest/gtest.h>
#include <map>
#include <sstream>

#include "crash/batches.hpp"
#include "support/child_process.hpp"
#include "support/engines.hpp"
#include "support/temp_folder.hpp"
#include "turntable/kv/lock.hpp"

// Processes that use maps, ids and locks are killed; what they were told holds.
namespace turntable::test {
namespace {

class KilledPrograms : public testing::TestWithParam<std::string> {
  protected:
    std::vector<std::string> command(const std::string& role, int threads) const {
        return {CRASH_PROGRAM, role, url_, "0", std::to_string(threads), "0"};
    }

    TempFolder folder_;
    std::string url_ = engine_url(GetParam(), folder_.path().string());
};

TEST_P(KilledPrograms, BatchesOf100AreWholeOrAbsent) {
    constexpr int threads = 3;
    // Later rounds write the same batches again, which changes nothing about what must be there.
    std::map<int, int> told;
    for (int round = 0; round < 4; ++round) {
        ChildProcess child(command("batches", threads));
        for (int lines = 0; const auto line = child.read_line(); ++lines) {
            std::istringstream words(*line);
            int worker = 0;
            int number = 0;
            words >> worker >> number;
            told[worker] = std::max(told[worker], number);
            if (lines == 5 + 12 * round) {
                child.kill();
            }
        }
        EXPECT_EQ(child.wait(), -SIGKILL);
        const BatchMap map(open_engine(url_).value(), "batches");
        for (int worker = 0; worker < threads; ++worker) {
            int entries = 0;
            for (auto& entry : map.prefix(worker)) {
                ASSERT_TRUE(entry) << entry.error().to_string();
                const auto [who, number, which] = entry->key;
                EXPECT_EQ(number * batch_entries + which, entries) << "a batch is there in parts";
                EXPECT_EQ(entry->value, batch_value(who, number, which));
                ++entries;
            }
            EXPECT_EQ(entries % batch_entries, 0);
            EXPECT_GE(entries / batch_entries, told[worker]) << "an acknowledged batch is lost";
        }
    }
}

TEST_P(KilledPrograms, IdsGrowOver20Kills) {
    std::uint64_t last = 0;
    for (int round = 0; round < 20; ++round) {
        ChildProcess child(command("ids", 1));
        int lines = 0;
        while (const auto line = child.read_line()) {
            const std::uint64_t id = std::stoull(*line);
            ASSERT_GT(id, last) << "round " << round;
            last = id;
            if (++lines == 1 + round * 7 % 50) {
                child.kill();
            }
        }
        EXPECT_EQ(child.wait(), -SIGKILL);
        EXPECT_GT(lines, 0);
    }
}

TEST_P(KilledPrograms, ALockIsFreeAgainWithAGreaterToken) {
    url_ = quick_url(GetParam(), folder_.path().string());  // a slow disk must not end the lease
    std::uint64_t last = 0;
    for (int round = 0; round < 3; ++round) {
        ChildProcess child(command("lock", 1));
        const auto line = child.read_line();
        ASSERT_TRUE(line);
        const std::uint64_t token = std::stoull(*line);
        EXPECT_GT(token, last);
        const kv::Locks locks(open_engine(url_).value(), "locks");
        EXPECT_FALSE(*locks.try_lock("name")) << "it is held and extended";
        child.kill();
        EXPECT_EQ(child.wait(), -SIGKILL);
        auto lock = locks.lock("name", {}, std::chrono::seconds(60));
        ASSERT_TRUE(lock) << lock.error().to_string();
        EXPECT_GT(lock->token(), token);
        last = lock->token();
        ASSERT_TRUE(lock->release());
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, KilledPrograms, testing::ValuesIn(file_engines()),
                         [](const auto& engine) { return engine.param; });

}  // namespace
}  // namespace turntable::test
