#include "turntable/kv/layers/concurrency.hpp"

#include <algorithm>
#include <string>

#include "kv/layers/answers.hpp"
#include "kv/layers/built_in.hpp"
#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::kv::detail {

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

template <class T>
Async<T> queued_call(std::shared_ptr<LoopHost> host, std::shared_ptr<PlaceQueue> places,
                     Context context, Repeat<T> call) {
    const Pass inside = host->enter_loop();
    Async<void> place = places->enter_later(host->runtime(), context);
    Result<void> entered;
    {
        const std::stop_callback wake(host->ending(), [waiting = place.operation()] {
            if (waiting != nullptr) {
                waiting->request_stop(StopReason::cancelled);
            }
        });
        entered = co_await place;
    }
    if (!entered) {
        co_return host->ending().stop_requested() ? host->closed_error()
                                                  : std::move(entered).error();
    }
    Async<T> answer = call(context);
    Result<T>& result = co_await answer;
    places->leave();
    co_return std::move(result);
}

#define TURNTABLE_DETAIL_QUEUED(T)                                                           \
    template Async<T> queued_call<T>(std::shared_ptr<LoopHost>, std::shared_ptr<PlaceQueue>, \
                                     Context, Repeat<T>);
TURNTABLE_DETAIL_FOR_EACH_ANSWER(TURNTABLE_DETAIL_QUEUED)
#undef TURNTABLE_DETAIL_QUEUED

BuiltInLayer concurrency_layer() {
    static const SettingsDescription<ConcurrencyOptions> settings =
        SettingsDescription<ConcurrencyOptions>(
            "concurrency", "Lets only so many calls into the backend at the same time.")
            .field("limit", &ConcurrencyOptions::limit,
                   "Calls that are in the backend at the same time.")
            .range(1, 1'000'000)
            .field("queue", &ConcurrencyOptions::queue,
                   "Calls that may wait for a place; one more is refused with busy.")
            .range(0, 10'000'000);
    return built_in_layer(settings, [](AnyBackend inner, ConcurrencyOptions options,
                                       const LayerPlace& place) {
        return AnyBackend(ConcurrencyLayer<AnyBackend>(std::move(inner), options, place.runtime));
    });
}

}  // namespace turntable::inline v0::kv::detail
