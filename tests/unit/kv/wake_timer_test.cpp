#include "kv/ordered/wake_timer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace turntable::test {
namespace {

using namespace std::chrono_literals;

/// Moves on just after it was first asked for the wall time, as a clock of the machine may.
class SlippingClock final : public Clock {
  public:
    explicit SlippingClock(std::chrono::milliseconds slip) : slip_(slip) {}
    WallTime wall_now() const noexcept override {
        const WallTime now = clock_.wall_now();
        clock_.advance(slip_.exchange(0ms));
        return now;
    }
    Instant steady_now() const noexcept override { return clock_.steady_now(); }
    void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                    Instant deadline) override {
        clock_.wait_until(lock, condition, deadline);
    }

  private:
    mutable ManualClock clock_;
    mutable std::atomic<std::chrono::milliseconds> slip_;
};

TEST(WakeTimer, IsNotLateWhenTheClockMovesWhileItIsSet) {
    const auto clock = std::make_shared<SlippingClock>(100ms);
    const auto runtime = Runtime::create({.clock = clock, .random = Random::seeded(1)});
    std::promise<void> called;
    kv::detail::WakeTimer timer(runtime, [&] { called.set_value(); });
    timer.arm(ManualClock().wall_now().time_since_epoch().count() + 100);
    called.get_future().wait();
}

}  // namespace
}  // namespace turntable::test
