#include "kv/ordered/wake_timer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace turntable::inline v0::kv::detail {

namespace {

// Times farther away are looked at again in between, should the wall clock be set.
constexpr std::chrono::milliseconds longest_wait{60'000};

}  // namespace

WakeTimer::WakeTimer(std::shared_ptr<Runtime> runtime, std::function<void()> callback)
    : runtime_(std::move(runtime)), state_(std::make_shared<State>()) {
    state_->callback = std::move(callback);
}

void WakeTimer::arm(std::int64_t wall_ms) {
    Timers::Id replaced = 0;
    {
        const std::scoped_lock guard(state_->mutex);
        if (state_->stopped || (state_->armed && state_->at_ms <= wall_ms)) {
            return;
        }
        replaced = state_->armed ? state_->id : 0;
        // Steady time first: a clock that moves in between makes the call early, never late.
        const auto steady_now = runtime_->clock().steady_now();
        const std::int64_t now_ms = runtime_->clock().wall_now().time_since_epoch().count();
        const std::chrono::milliseconds wait{std::max<std::int64_t>(
            0,
            wall_ms > now_ms ? std::min<std::int64_t>(wall_ms - now_ms, longest_wait.count()) : 0)};
        state_->armed = true;
        state_->at_ms = wall_ms;
        const std::uint64_t round = ++state_->round;
        state_->id = runtime_->timers().call_at(steady_now + wait,
                                                [state = state_, round] { fire(state, round); });
    }
    if (replaced != 0) {
        runtime_->timers().cancel(replaced);
    }
}

void WakeTimer::stop() {
    Timers::Id id = 0;
    {
        const std::scoped_lock guard(state_->mutex);
        state_->stopped = true;
        id = state_->id;
    }
    if (id != 0) {
        runtime_->timers().cancel(id);
    }
}

void WakeTimer::fire(const std::shared_ptr<State>& state, std::uint64_t round) {
    {
        const std::scoped_lock guard(state->mutex);
        if (state->stopped || state->round != round) {
            return;
        }
        state->armed = false;
    }
    state->callback();
}

}  // namespace turntable::inline v0::kv::detail
