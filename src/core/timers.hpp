#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::detail {

/// Timers on one thread, which starts with the first timer.
///
/// Purpose: implements Timers for a Runtime. Ownership: owns its thread and joins it.
/// Threads: as Timers. Errors: none.
class ThreadTimers final : public Timers {
  public:
    explicit ThreadTimers(std::shared_ptr<Clock> clock);
    ~ThreadTimers() override;

    Id call_at(Instant when, UniqueFunction<void()> callback) override;
    void cancel(Id id) override;
    void forget(Id id) override;
    /// Ends the thread and destroys what is still to fire. All of the above may still be
    /// called; nothing fires any more.
    void end();

  private:
    struct State;
    static UniqueFunction<void()> take(State& state, Id id);
    static void run(const std::shared_ptr<State>& state);

    std::shared_ptr<State> state_;
    std::thread thread_;
};

}  // namespace turntable::inline v0::detail
