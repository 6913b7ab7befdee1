#include "turntable/core/gate.hpp"

namespace turntable::inline v0 {

void Gate::close(UniqueFunction<void()> when_empty) {
    {
        const std::scoped_lock guard(mutex_);
        when_empty_.push_back(std::move(when_empty));
        state_.fetch_or(closed_bit, std::memory_order_acq_rel);
    }
    tell_empty();
}

void Gate::wait_empty() {
    std::unique_lock lock(mutex_);
    empty_.wait(lock, [&] { return state_.load(std::memory_order_acquire) == closed_bit; });
}

void Gate::tell_empty() noexcept {
    std::vector<UniqueFunction<void()>> callbacks;
    {
        const std::scoped_lock guard(mutex_);
        if (state_.load(std::memory_order_acquire) != closed_bit) {
            return;
        }
        callbacks.swap(when_empty_);
        empty_.notify_all();
    }
    for (auto& callback : callbacks) {
        callback();
    }
}

}  // namespace turntable::inline v0
