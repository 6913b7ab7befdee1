#include "turntable/core/clock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace turntable {
namespace {

using namespace std::chrono_literals;

TEST(ManualClockTest, StandsStillUntilItIsMoved) {
    ManualClock clock(WallTime(5'000ms));
    const Instant start = clock.steady_now();
    EXPECT_EQ(clock.wall_now(), WallTime(5'000ms));
    EXPECT_EQ(clock.steady_now(), start);
    clock.advance(250ms);
    EXPECT_EQ(clock.wall_now(), WallTime(5'250ms));
    EXPECT_EQ(clock.steady_now(), start + 250ms);
}

TEST(ManualClockTest, WaitingForAPassedInstantReturnsAtOnce) {
    ManualClock clock;
    std::mutex mutex;
    std::condition_variable condition;
    std::unique_lock lock(mutex);
    clock.wait_until(lock, condition, clock.steady_now());
    EXPECT_TRUE(lock.owns_lock());
}

TEST(ManualClockTest, AWaiterSeesAnAdvance) {
    ManualClock clock;
    const Instant deadline = clock.steady_now() + 1h;
    std::jthread waiter([&] {
        std::mutex mutex;
        std::condition_variable condition;
        std::unique_lock lock(mutex);
        while (clock.steady_now() < deadline) {
            clock.wait_until(lock, condition, deadline);
        }
    });
    clock.advance(59min);
    clock.advance(1min);
    waiter.join();
    EXPECT_EQ(clock.steady_now(), deadline);
}

TEST(SystemClockTest, IsOneObjectThatGoesForward) {
    const auto clock = Clock::system();
    EXPECT_EQ(clock, Clock::system());
    const Instant first = clock->steady_now();
    EXPECT_LE(first, clock->steady_now());
    EXPECT_GT(clock->wall_now(), WallTime(1'700'000'000'000ms));
}

TEST(SystemClockTest, WaitsUntilTheDeadline) {
    const auto clock = Clock::system();
    const Instant deadline = clock->steady_now() + 1ms;
    std::mutex mutex;
    std::condition_variable condition;
    std::unique_lock lock(mutex);
    while (clock->steady_now() < deadline) {
        clock->wait_until(lock, condition, deadline);
    }
    EXPECT_TRUE(lock.owns_lock());
}

TEST(SystemClockTest, WaitsWithoutADeadlineUntilNotified) {
    const auto clock = Clock::system();
    std::mutex mutex;
    std::condition_variable condition;
    bool notified = false;
    std::jthread notifier([&] {
        const std::scoped_lock guard(mutex);
        notified = true;
        condition.notify_one();
    });
    std::unique_lock lock(mutex);
    while (!notified) {
        clock->wait_until(lock, condition, Instant::max());
    }
    lock.unlock();
}

}  // namespace
}  // namespace turntable
