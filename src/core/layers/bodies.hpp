#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "turntable/core/coroutine.hpp"
#include "turntable/core/layers/concurrency.hpp"
#include "turntable/core/layers/loop.hpp"
#include "turntable/core/layers/retry.hpp"
#include "turntable/core/layers/timeout.hpp"
#include "turntable/core/shared_promise.hpp"

/// \file
/// What a layer does with an answer that it holds back, written once as templates. A surface
/// compiles it for its own answers, in one file, by TURNTABLE_DETAIL_LAYER_ANSWER.
namespace turntable::inline v0::detail {

template <class T>
Async<T> call_at(std::shared_ptr<LoopHost> host, Context context, Instant when, Repeat<T> call) {
    const Pass inside = host->enter_loop();
    Result<void> slept = co_await nap(host, context, when);
    if (!slept) {
        co_return std::move(slept).error();
    }
    Async<T> answer = call(context);
    co_return std::move(co_await answer);
}

template <class T>
Async<T> retry_loop(std::shared_ptr<LoopHost> host, RetryOptions options, Context context,
                    Async<T> answer, Repeat<T> again) {
    const Pass inside = host->enter_loop();
    for (std::uint32_t failures = 1;; ++failures) {
        Result<T>& result = co_await answer;
        if (result || !may_repeat(result.error())) {
            co_return std::move(result);
        }
        const auto due = next_attempt(*host, options, context, failures);
        if (!due) {
            co_return given_up(std::move(result).error(), failures);
        }
        Result<void> slept = co_await nap(host, context, *due);
        if (!slept) {
            co_return std::move(slept).error().because(std::move(result).error());
        }
        answer = again(context);
    }
}

/// A call that a timer may leave behind.
template <class T>
class Race {
  public:
    Race(std::shared_ptr<Runtime> runtime, std::shared_ptr<SharedPromise<T>> promise)
        : runtime_(std::move(runtime)), promise_(std::move(promise)) {}

    void start(Async<T> call, Instant latest, Error late, const std::shared_ptr<Race>& self) {
        promise_->on_stop([self](StopReason reason) { self->stop(reason); });
        timer_ = runtime_->timers().call_at(latest, [self, late] {
            if (self->promise_->complete(late)) {
                self->stop(StopReason::timeout);
            }
        });
        // The answer lets go of this race, which holds the call: else they would keep each other.
        Async<T> watched = tap(std::move(call), [held = self](Result<T>& result) mutable {
            const std::shared_ptr<Race> race = std::move(held);
            race->runtime_->timers().forget(race->timer_);
            race->promise_->complete(std::move(result));
        });
        {
            const std::scoped_lock guard(mutex_);
            call_.emplace(std::move(watched));
        }
        pass_stop_on();
    }

  private:
    void stop(StopReason reason) {
        {
            const std::scoped_lock guard(mutex_);
            stopped_ = reason;
        }
        pass_stop_on();
    }
    /// With nothing locked: the call may end at once, which waits for the timer.
    void pass_stop_on() {
        std::unique_lock lock(mutex_);
        if (!call_ || !stopped_ || call_->is_ready()) {
            return;
        }
        const StopReason reason = *stopped_;
        turntable::detail::OperationBase* operation = call_->operation();
        operation->retain();
        lock.unlock();
        operation->request_stop(reason);
        operation->release();
    }

    std::shared_ptr<Runtime> runtime_;
    std::shared_ptr<SharedPromise<T>> promise_;
    std::atomic<Timers::Id> timer_{0};
    std::mutex mutex_;
    std::optional<Async<T>> call_;
    std::optional<StopReason> stopped_;
};

template <class T>
Async<T> answered_by(std::shared_ptr<Runtime> runtime, Async<T> call, Instant latest, Error late) {
    auto [promise, async] = SharedPromise<T>::make(*runtime, {});
    const auto race = std::make_shared<Race<T>>(std::move(runtime), promise);
    race->start(std::move(call), latest, std::move(late), race);
    return std::move(async);
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

}  // namespace turntable::inline v0::detail

/// Compiles the above for one type of answer; to be written in turntable::detail.
#define TURNTABLE_DETAIL_LAYER_ANSWER(T)                                                        \
    template Async<T> call_at<T>(std::shared_ptr<LoopHost>, Context, Instant, Repeat<T>);       \
    template Async<T> retry_loop<T>(std::shared_ptr<LoopHost>, RetryOptions, Context, Async<T>, \
                                    Repeat<T>);                                                 \
    template Async<T> queued_call<T>(std::shared_ptr<LoopHost>, std::shared_ptr<PlaceQueue>,    \
                                     Context, Repeat<T>);                                       \
    template Async<T> answered_by<T>(std::shared_ptr<Runtime>, Async<T>, Instant, Error)
