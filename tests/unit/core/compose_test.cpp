#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "turntable/core/coroutine.hpp"
#include "turntable/core/stream.hpp"
#include "unit/core/async_support.hpp"

namespace turntable {
namespace {

using test::at_once;
using test::ManualRuntime;
using test::race_rounds;
using test::stoppable;

TEST(ThenTest, MapsReadyAndPendingAnswers) {
    ManualRuntime manual;
    const auto text = [](Result<int>&& n) -> Result<std::string> {
        TURNTABLE_TRY(const int value, std::move(n));
        return std::to_string(value);
    };
    auto ready = then(Async<int>(1), text);
    ASSERT_TRUE(ready.is_ready());
    EXPECT_EQ(*ready.peek(), "1");
    EXPECT_EQ(then(Async<int>(Error(ErrorCode::io, "gone")), text).wait().error().code(),
              ErrorCode::io);

    auto promise = manual.promise<int>();
    auto pending = then(promise.take_async(), text);
    EXPECT_FALSE(pending.is_ready());
    std::move(promise).complete(2);
    manual.completions->run_all();
    ASSERT_TRUE(pending.is_ready());
    EXPECT_EQ(*pending.peek(), "2");
}

TEST(ThenTest, PassesAStopRequestOn) {
    ManualRuntime manual;
    auto promise = manual.promise<int>();
    auto pending = then(promise.take_async(), [](Result<int>&& n) { return std::move(n); });
    pending.request_stop();
    EXPECT_EQ(promise.stop_requested(), StopReason::cancelled);
}

class WhenAllTest : public testing::Test {
  protected:
    /// `count` pending operations, with their promises in promises_.
    std::vector<Async<int>> pending(int count) {
        std::vector<Async<int>> operations;
        for (int i = 0; i < count; ++i) {
            promises_.push_back(manual_.promise<int>());
            operations.push_back(promises_.back().take_async());
        }
        return operations;
    }
    ManualRuntime manual_;
    std::vector<Promise<int>> promises_;
};

TEST_F(WhenAllTest, OfNothingOrOfReadyOnesIsReady) {
    auto none = when_all(std::vector<Async<int>>());
    ASSERT_TRUE(none.is_ready());
    EXPECT_TRUE(none.peek()->empty());
    std::vector<Async<int>> operations;
    operations.emplace_back(1);
    operations.emplace_back(Error(ErrorCode::io, "gone"));
    auto all = when_all(std::move(operations));
    EXPECT_EQ(all.operation(), nullptr);
    EXPECT_EQ(*all.peek()->at(0), 1);
    EXPECT_EQ(all.peek()->at(1).error().code(), ErrorCode::io);
}

TEST_F(WhenAllTest, KeepsTheOrderWhateverEndsFirst) {
    auto operations = pending(3);
    operations.insert(operations.begin() + 1, Async<int>(7));
    auto all = when_all(std::move(operations));
    std::move(promises_[2]).complete(2);
    std::move(promises_[0]).complete(0);
    EXPECT_FALSE(all.is_ready());
    std::move(promises_[1]).complete(Error(ErrorCode::io, "gone"));
    ASSERT_TRUE(all.is_ready());
    const auto results = std::move(all).wait();
    EXPECT_EQ(*results->at(0), 0);
    EXPECT_EQ(*results->at(1), 7);
    EXPECT_FALSE(results->at(2));
    EXPECT_EQ(*results->at(3), 2);
}

TEST_F(WhenAllTest, ContinuesWithOneHop) {
    const auto count = [](Async<std::vector<Result<int>>> all) -> Async<std::size_t> {
        co_return (co_await all)->size();
    };
    auto async = count(when_all(pending(20)));
    for (auto& promise : promises_) {
        std::move(promise).complete(1);
    }
    EXPECT_EQ(manual_.completions->run_all(), 1U);
    EXPECT_EQ(*std::move(async).wait(), 20U);
}

TEST_F(WhenAllTest, AStopRequestReachesEachAtOnce) {
    auto all = when_all(pending(3));
    std::move(promises_[1]).complete(1);
    all.request_stop();
    EXPECT_EQ(promises_[0].stop_requested(), StopReason::cancelled);
    EXPECT_EQ(promises_[2].stop_requested(), StopReason::cancelled);
}

TEST_F(WhenAllTest, DroppingItDropsEach) {
    {
        const auto all = when_all(pending(2));
    }
    EXPECT_EQ(promises_[0].stop_requested(), StopReason::dropped);
    EXPECT_EQ(promises_[1].stop_requested(), StopReason::dropped);
}

TEST_F(WhenAllTest, MayBeStoppedByWhatItStops) {
    std::vector<Async<int>> operations;
    for (int i = 0; i < 3; ++i) {
        operations.push_back(stoppable(manual_.promise<int>())->promise.take_async());
    }
    std::optional<Async<std::vector<Result<int>>>> all = when_all(std::move(operations));
    all.reset();  // the children end inside the request
}

TEST_F(WhenAllTest, EndsOnceWhenPartsEndAtTheSameTime) {
    for (int round = 0; round < race_rounds; ++round) {
        promises_.clear();
        auto operations = pending(3);
        std::optional<Async<std::vector<Result<int>>>> all;
        at_once(
            [&] {
                std::move(promises_[0]).complete(0);
                std::move(promises_[1]).complete(1);
            },
            [&] {
                all = when_all(std::move(operations));
                std::move(promises_[2]).complete(2);
            });
        const auto results = std::move(*all).wait();
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(*results->at(static_cast<std::size_t>(i)), i);
        }
    }
}

// Counts up; each number is pending until the test completes it.
class Numbers final : public StreamSource<int> {
  public:
    Numbers(ManualRuntime& manual, std::optional<Promise<std::optional<int>>>& open)
        : manual_(manual), open_(open) {}
    Async<std::optional<int>> next(const Context& context) override {
        open_.emplace(manual_.promise<std::optional<int>>(context));
        return open_->take_async();
    }

  private:
    ManualRuntime& manual_;
    std::optional<Promise<std::optional<int>>>& open_;
};

TEST(StreamTest, IsPulledOneByOneUnderTheContextOfEachPull) {
    ManualRuntime manual;
    std::optional<Promise<std::optional<int>>> open;
    Stream<int> stream(std::make_unique<Numbers>(manual, open));
    EXPECT_FALSE(open) << "nothing is produced before it is asked for";
    auto first = stream.next();
    std::move(*open).complete(std::optional(1));
    EXPECT_EQ(*std::move(first).wait(), 1);
    std::stop_source source;
    auto second = stream.next({.stop = source.get_token()});
    source.request_stop();
    EXPECT_EQ(open->stop_requested(), StopReason::cancelled);
    std::move(*open).complete(std::optional<int>());
    EXPECT_EQ(*std::move(second).wait(), std::nullopt);
}

}  // namespace
}  // namespace turntable
