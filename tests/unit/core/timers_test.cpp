#include "core/timers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "turntable/core/clock.hpp"

namespace turntable {
namespace {

using namespace std::chrono_literals;

class TimersTest : public testing::Test {
  protected:
    /// Returns when every timer that is due by now has run: one that is due last has.
    void settle() {
        std::binary_semaphore done(0);
        timers_.call_at(clock_->steady_now(), [&] { done.release(); });
        done.acquire();
    }
    UniqueFunction<void()> note(std::string name) {
        return [this, name = std::move(name)] { order_ += name; };
    }

    std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
    Instant start_ = clock_->steady_now();
    std::string order_;  // written by the timer thread, read after settle()
    detail::ThreadTimers timers_{clock_};
};

TEST_F(TimersTest, FireWhenDueAndNotBefore) {
    timers_.call_at(start_ + 10ms, note("a"));
    clock_->advance(9ms);
    settle();
    EXPECT_EQ(order_, "");
    clock_->advance(1ms);
    settle();
    EXPECT_EQ(order_, "a");
    clock_->advance(1h);
    settle();
    EXPECT_EQ(order_, "a");
}

TEST_F(TimersTest, FireByTimeAndThenInTheOrderMade) {
    timers_.call_at(start_ + 3ms, note("c"));
    timers_.call_at(start_ + 1ms, note("a"));
    timers_.call_at(start_ + 3ms, note("d"));
    timers_.call_at(start_ + 2ms, note("b"));
    clock_->advance(3ms);
    settle();
    EXPECT_EQ(order_, "abcd");
}

TEST_F(TimersTest, APassedInstantFiresAtOnce) {
    timers_.call_at(start_ - 1h, note("a"));
    timers_.call_at(Instant::min(), note("b"));
    settle();
    EXPECT_EQ(order_.size(), 2U);
}

TEST_F(TimersTest, NeverIsNever) {
    const auto id = timers_.call_at(Instant::max(), note("a"));
    clock_->advance(1h);
    settle();
    timers_.cancel(id);
    EXPECT_EQ(order_, "");
}

TEST_F(TimersTest, ACancelledTimerDoesNotFire) {
    const auto a = timers_.call_at(start_ + 1ms, note("a"));
    timers_.call_at(start_ + 1ms, note("b"));
    timers_.cancel(a);
    clock_->advance(1ms);
    settle();
    EXPECT_EQ(order_, "b");
}

TEST_F(TimersTest, CancellingAgainOrAfterFiringDoesNothing) {
    const auto a = timers_.call_at(start_, note("a"));
    settle();
    timers_.cancel(a);
    timers_.cancel(a);
    timers_.cancel(a + 1000);
    EXPECT_EQ(order_, "a");
}

TEST_F(TimersTest, CancelWaitsForARunningCallback) {
    std::binary_semaphore running(0);
    std::binary_semaphore go(0);
    std::atomic<bool> finished = false;
    const auto id = timers_.call_at(start_, [&] {
        running.release();
        go.acquire();
        finished = true;
    });
    running.acquire();
    std::jthread canceller([&] {
        timers_.cancel(id);
        EXPECT_TRUE(finished);
    });
    go.release();
}

TEST_F(TimersTest, ForgetDoesNotWaitForARunningCallback) {
    std::binary_semaphore running(0);
    std::binary_semaphore go(0);
    const auto id = timers_.call_at(start_, [&] {
        running.release();
        go.acquire();
        order_ += "a";
    });
    const auto other = timers_.call_at(start_, note("b"));
    running.acquire();
    timers_.forget(id);  // would wait for ever if it waited
    timers_.forget(other);
    go.release();
    settle();
    EXPECT_EQ(order_, "a");
}

TEST_F(TimersTest, ACallbackMayCancelItselfAndOthersAndAddMore) {
    std::optional<Timers::Id> self;
    const auto other = timers_.call_at(start_ + 5ms, note("other"));
    self = timers_.call_at(start_ + 1ms, [&] {
        timers_.cancel(*self);
        timers_.cancel(other);
        timers_.call_at(start_ + 2ms, note("more"));
        order_ += "self,";
    });
    clock_->advance(5ms);
    settle();
    EXPECT_EQ(order_, "self,more");
}

TEST_F(TimersTest, CallbacksRunOnALibraryThread) {
    bool inside = false;
    timers_.call_at(start_, [&] { inside = on_library_thread(); });
    settle();
    EXPECT_TRUE(inside);
    EXPECT_FALSE(on_library_thread());
}

TEST_F(TimersTest, AfterTheEndNothingFires) {
    auto owned = std::make_shared<int>(0);
    const auto id = timers_.call_at(start_ + 1ms, [owned, this] { order_ += "a"; });
    settle();
    timers_.end();
    EXPECT_EQ(owned.use_count(), 1);
    clock_->advance(1ms);
    timers_.call_at(start_, [owned, this] { order_ += "b"; });
    timers_.cancel(id);
    EXPECT_EQ(owned.use_count(), 1);
    EXPECT_EQ(order_, "");
}

TEST(ThreadTimersTest, DestroyingThemDestroysWhatIsStillToFire) {
    auto owned = std::make_shared<int>(0);
    {
        detail::ThreadTimers timers(std::make_shared<ManualClock>());
        timers.call_at(Instant::max(), [owned] {});
        EXPECT_EQ(owned.use_count(), 2);
    }
    EXPECT_EQ(owned.use_count(), 1);
}

TEST(ThreadTimersTest, WorkOnTheClockOfTheMachine) {
    detail::ThreadTimers timers(Clock::system());
    const Instant due = Clock::system()->steady_now() + 1ms;
    std::binary_semaphore done(0);
    Instant fired;
    timers.call_at(due, [&] {
        fired = Clock::system()->steady_now();
        done.release();
    });
    done.acquire();
    EXPECT_GE(fired, due);
}

TEST(ThreadTimersTest, MayBeDestroyedByACallback) {
    std::binary_semaphore done(0);
    auto timers = std::make_shared<detail::ThreadTimers>(Clock::system());
    auto& reference = *timers;
    reference.call_at(Instant::min(), [&done, timers = std::move(timers)]() mutable {
        timers.reset();
        done.release();
    });
    done.acquire();
}

TEST(ThreadTimersTest, NoCallbackRunsOnceCancelHasReturned) {
    detail::ThreadTimers timers(Clock::system());
    for (int round = 0; round < 300; ++round) {
        std::barrier start(2);
        auto target = std::make_unique<int>(0);
        Timers::Id id = 0;
        std::jthread canceller([&] {
            start.arrive_and_wait();
            timers.cancel(id);
            target.reset();  // a callback that still ran would use freed memory
        });
        id = timers.call_at(Clock::system()->steady_now() + 20us, [&] { ++*target; });
        start.arrive_and_wait();
    }
}

}  // namespace
}  // namespace turntable
