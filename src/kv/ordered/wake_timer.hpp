#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::kv::detail {

/// One timer at a wall-clock time, of which only the earliest wish counts.
///
/// Purpose: wakes a part of the store. The callback is short: it posts work to the pool.
/// Ownership: shares the runtime; the callback owns nothing of the store.
/// Threads: any; never call it under a lock that the callback wants. Errors: none.
class WakeTimer {
  public:
    WakeTimer(std::shared_ptr<Runtime> runtime, std::function<void()> callback);
    WakeTimer(const WakeTimer&) = delete;
    WakeTimer& operator=(const WakeTimer&) = delete;
    ~WakeTimer() { stop(); }

    /// Calls back at `wall_ms`, or earlier if asked for earlier; the callback may come early, since
    /// the wall clock can be set, so it looks again and arms again.
    void arm(std::int64_t wall_ms);
    /// No callback runs any more after this.
    void stop();

  private:
    struct State {
        std::mutex mutex;
        bool stopped = false;
        bool armed = false;
        std::int64_t at_ms = 0;
        Timers::Id id = 0;
        std::uint64_t round = 0;
        std::function<void()> callback;
    };
    static void fire(const std::shared_ptr<State>& state, std::uint64_t round);

    std::shared_ptr<Runtime> runtime_;
    std::shared_ptr<State> state_;
};

}  // namespace turntable::inline v0::kv::detail
