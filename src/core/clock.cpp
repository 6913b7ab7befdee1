#include "turntable/core/clock.hpp"

namespace turntable::inline v0 {

namespace {

class SystemClock final : public Clock {
  public:
    WallTime wall_now() const noexcept override {
        return std::chrono::time_point_cast<std::chrono::milliseconds>(
            std::chrono::system_clock::now());
    }
    Instant steady_now() const noexcept override { return std::chrono::steady_clock::now(); }
    void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                    Instant deadline) override {
        if (deadline == Instant::max()) {
            condition.wait(lock);  // wait_until with the maximum overflows
        } else {
            condition.wait_until(lock, deadline);
        }
    }
};

}  // namespace

Clock::~Clock() = default;

std::shared_ptr<Clock> Clock::system() {
    static const auto clock = std::make_shared<SystemClock>();
    return clock;
}

ManualClock::ManualClock(WallTime wall) : wall_(wall), steady_(std::chrono::hours(1)) {}

WallTime ManualClock::wall_now() const noexcept {
    const std::scoped_lock guard(mutex_);
    return wall_;
}

Instant ManualClock::steady_now() const noexcept {
    const std::scoped_lock guard(mutex_);
    return steady_;
}

void ManualClock::wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                             Instant deadline) {
    // Looking again every so often needs no list of waiters, whose mutexes could be gone by the
    // time that an advance wants to lock them.
    constexpr std::chrono::milliseconds look_again{2};
    if (steady_now() < deadline) {
        condition.wait_for(lock, look_again);
    }
}

void ManualClock::advance(std::chrono::milliseconds by) {
    const std::scoped_lock guard(mutex_);
    wall_ += by;
    steady_ += by;
}

}  // namespace turntable::inline v0
