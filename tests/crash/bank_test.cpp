#include <gtest/gtest.h>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>

#include "crash/bank.hpp"
#include "support/child_process.hpp"
#include "support/engines.hpp"
#include "support/temp_folder.hpp"

// Threads of several processes move money, each time in a transaction. The sum holds whenever
// somebody looks, and after kills.
namespace turntable::test {
namespace {

constexpr int bank_processes = 3;
constexpr int bank_threads = 2;

class Bank : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        url_ = engine_url(GetParam(), folder_.path().string());
        db_.emplace(open_engine(url_).value());
        ASSERT_TRUE(open_bank(*db_));
    }
    std::unique_ptr<ChildProcess> start(int number, int count) const {
        return std::make_unique<ChildProcess>(
            std::vector<std::string>{CRASH_PROGRAM, "bank", url_, std::to_string(number),
                                     std::to_string(bank_threads), std::to_string(count)});
    }
    void expect_sum() const {
        const auto sum = money_in_bank(*db_);
        ASSERT_TRUE(sum) << sum.error().to_string();
        ASSERT_EQ(*sum, bank_money);
    }
    std::uint64_t moves_of(int teller) const {
        const auto entry = db_->get(bank_teller(teller)).value();
        return entry ? *entry->value.as_u64() : 0;
    }
    /// Lets processes move money, looks at the sum after each line of one of them and, if `kill`,
    /// kills all after `lines` of it.
    void round(int first, int count, int lines, bool kill) {
        std::vector<std::unique_ptr<ChildProcess>> children;
        for (int i = 0; i < bank_processes; ++i) {
            children.push_back(start(first + i, count));
        }
        std::map<int, std::uint64_t> told;
        const auto note = [&](const std::string& line) {
            std::istringstream words(line);
            int teller = 0;
            std::uint64_t number = 0;
            words >> teller >> number;
            EXPECT_EQ(number, ++told[teller]) << line;
        };
        for (int seen = 0; !kill || seen < lines; ++seen) {
            const auto line = children.front()->read_line();
            if (!line) {
                break;
            }
            note(*line);
            ASSERT_NO_FATAL_FAILURE(expect_sum());
        }
        for (const auto& child : children) {
            if (kill) {
                child->kill();
            }
            while (const auto line = child->read_line()) {
                note(*line);
            }
            EXPECT_EQ(child->wait(), kill ? -SIGKILL : 0);
        }
        ASSERT_NO_FATAL_FAILURE(expect_sum());
        for (int teller = first * bank_threads; teller < (first + bank_processes) * bank_threads;
             ++teller) {
            EXPECT_GE(moves_of(teller), told[teller]) << "an acknowledged move is lost";
            EXPECT_LE(moves_of(teller), told[teller] + (kill ? 1 : 0)) << "a move was made twice";
        }
    }

    TempFolder folder_;
    std::string url_;
    std::optional<kv::Database> db_;
};

/// ./test --full sets it; otherwise each test goes its few rounds.
std::chrono::seconds length() {
    const char* text = std::getenv("TURNTABLE_BANK_SECONDS");
    return std::chrono::seconds(text == nullptr ? 0 : std::stoi(text));
}

TEST_P(Bank, TheSumHoldsWhileThreadsAndProcessesMoveMoney) {
    const auto end = std::chrono::steady_clock::now() + length();
    int first = 0;
    do {
        round(first, 30, 0, false);
        EXPECT_EQ(moves_of(first * bank_threads), 30U);
        first += bank_processes;
    } while (!HasFailure() && std::chrono::steady_clock::now() < end);
}

TEST_P(Bank, TheSumHoldsAfterKills) {
    const auto end = std::chrono::steady_clock::now() + length();
    for (int i = 0; !HasFailure() && (i < 4 || std::chrono::steady_clock::now() < end); ++i) {
        SCOPED_TRACE("round " + std::to_string(i));
        round(i * bank_processes, 0, 3 + 10 * i % 100, true);
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, Bank, testing::ValuesIn(file_engines()),
                         [](const auto& engine) { return engine.param; });

}  // namespace
}  // namespace turntable::test
