#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "turntable/core/export.hpp"

namespace turntable::inline v0 {

/// Milliseconds since 1970 (UTC, no leap seconds): what is stored in files.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;
/// A point on a clock that never goes back: what deadlines and timers are measured by.
using Instant = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// The only source of time in the library.
///
/// Purpose: lets a test say what time it is.
/// Ownership: held by a Runtime through a shared pointer.
/// Threads: all functions may be called from any thread.
/// Errors: none.
class TURNTABLE_EXPORT Clock {
  public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock();

    virtual WallTime wall_now() const noexcept = 0;
    virtual Instant steady_now() const noexcept = 0;
    /// Waits on `condition` until it is notified or this clock reaches `deadline`. May return
    /// early, as condition variables do. `lock` is held at the call and again on return.
    virtual void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                            Instant deadline) = 0;

    /// The clock of the machine; one object for the process.
    static std::shared_ptr<Clock> system();
};

/// A clock that moves only when a test moves it.
///
/// Purpose: deterministic tests of expiry, leases, timers and deadlines.
/// Ownership: made by the test and given to a Runtime.
/// Threads: all functions may be called from any thread; whoever waits sees an
/// advance within milliseconds.
/// Errors: none.
class TURNTABLE_EXPORT ManualClock final : public Clock {
  public:
    /// Starts at `wall`; the steady time starts at an arbitrary fixed point.
    explicit ManualClock(WallTime wall = WallTime(std::chrono::milliseconds(1'700'000'000'000)));

    WallTime wall_now() const noexcept override;
    Instant steady_now() const noexcept override;
    void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
                    Instant deadline) override;

    /// Moves both times forward; timers that are due run soon after.
    void advance(std::chrono::milliseconds by);

  private:
    mutable std::mutex mutex_;
    WallTime wall_;
    Instant steady_;
};

}  // namespace turntable::inline v0
