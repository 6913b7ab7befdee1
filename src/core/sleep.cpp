#include "turntable/core/sleep.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace turntable::inline v0 {

namespace {

/// The promise that timer and stop request race for.
class Nap {
  public:
    explicit Nap(Promise<void> promise) : promise_(std::move(promise)) {}

    void end(Result<void> result) {
        std::optional<Promise<void>> taken;
        {
            const std::scoped_lock guard(mutex_);
            taken.swap(promise_);
        }
        if (taken) {
            std::move(*taken).complete(std::move(result));
        }
    }
    /// Nobody else knows the nap yet, so there is no lock: the callback may run at once.
    void on_stop(UniqueFunction<void(StopReason)> callback) {
        promise_->on_stop(std::move(callback));
    }

    std::atomic<Timers::Id> timer{0};

  private:
    std::mutex mutex_;
    std::optional<Promise<void>> promise_;
};

}  // namespace

Async<void> wake_at(Runtime& runtime, const Context& context, Instant when) {
    Promise<void> promise(runtime, context);
    Async<void> async = promise.take_async();
    const auto nap = std::make_shared<Nap>(std::move(promise));
    nap->on_stop([nap, timers = &runtime.timers()](StopReason reason) {
        timers->forget(nap->timer.load());
        nap->end(stopped_error(reason));
    });
    nap->timer = runtime.timers().call_at(when, [nap] { nap->end({}); });
    return async;
}

}  // namespace turntable::inline v0
