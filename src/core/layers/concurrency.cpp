#include "turntable/core/layers/concurrency.hpp"

#include <algorithm>
#include <string>

namespace turntable::inline v0::detail {

Async<void> PlaceQueue::enter_later(Runtime& runtime, const Context& context) {
    auto [promise, async] = SharedPromise<void>::make(runtime, context);
    // A place that is given at the same time goes to leave() by way of whoever awaits this.
    promise->on_stop([this, weak = std::weak_ptr(promise)](StopReason reason) {
        if (const Waiting mine = weak.lock()) {
            {
                const std::scoped_lock guard(mutex_);
                std::erase(waiting_, mine);
            }
            mine->complete(stopped_error(reason));
        }
    });
    const std::scoped_lock guard(mutex_);
    if (taken_ < options_.limit && waiting_.empty()) {  // one was freed meanwhile
        ++taken_;
        return Result<void>();
    }
    if (waiting_.size() >= options_.queue) {
        return Error(ErrorCode::busy, std::to_string(options_.queue) +
                                          " calls wait for a place already; slow down, or raise "
                                          "queue of the layer concurrency");
    }
    waiting_.push_back(promise);
    return std::move(async);
}

void PlaceQueue::leave() {
    while (true) {
        Waiting next;
        {
            const std::scoped_lock guard(mutex_);
            if (waiting_.empty()) {
                --taken_;
                return;
            }
            next = std::move(waiting_.front());
            waiting_.pop_front();
        }
        if (next->complete({})) {
            return;  // the place is theirs
        }
    }
}

}  // namespace turntable::inline v0::detail
