#include "turntable/kv/layers/timeout.hpp"

#include <atomic>
#include <mutex>
#include <string>

#include "kv/layers/answers.hpp"
#include "kv/layers/built_in.hpp"
#include "turntable/core/shared_promise.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

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

bool writes(CallKind kind) {
    return kind == CallKind::atomic_write || kind == CallKind::delete_range ||
           kind == CallKind::queue_finish;
}

}  // namespace

template <class T>
Async<T> answered_by(std::shared_ptr<Runtime> runtime, Async<T> call, Instant latest,
                     CallKind kind) {
    auto [promise, async] = SharedPromise<T>::make(*runtime, {});
    Error late(writes(kind) ? ErrorCode::commit_unknown : ErrorCode::timeout,
               "the backend did not answer, not even past the deadline");
    late.during(to_string(kind));
    const auto race = std::make_shared<Race<T>>(std::move(runtime), promise);
    race->start(std::move(call), latest, std::move(late), race);
    return std::move(async);
}

#define TURNTABLE_DETAIL_TIMEOUT(T) \
    template Async<T> answered_by<T>(std::shared_ptr<Runtime>, Async<T>, Instant, CallKind);
TURNTABLE_DETAIL_FOR_EACH_ANSWER(TURNTABLE_DETAIL_TIMEOUT)
TURNTABLE_DETAIL_TIMEOUT(Health)
#undef TURNTABLE_DETAIL_TIMEOUT

BuiltInLayer timeout_layer() {
    using std::chrono::milliseconds;
    constexpr milliseconds longest(24 * 3'600'000);
    static const SettingsDescription<TimeoutOptions> settings =
        SettingsDescription<TimeoutOptions>("timeout", "Gives every call a deadline.")
            .field("read", &TimeoutOptions::read,
                   "For get, snapshot_read and open_snapshot; 0: none.")
            .range(milliseconds(0), longest)
            .field("write", &TimeoutOptions::write,
                   "For atomic_write, delete_range, queue_finish and queue_extend; 0: none.")
            .range(milliseconds(0), longest)
            .field("health", &TimeoutOptions::health, "For health; 0: none.")
            .range(milliseconds(0), longest)
            .field("grace", &TimeoutOptions::grace,
                   "How long past its deadline the backend may say itself how a call ended.")
            .range(milliseconds(0), longest);
    return built_in_layer(
        settings, [](AnyBackend inner, TimeoutOptions options, const LayerPlace& place) {
            return AnyBackend(TimeoutLayer<AnyBackend>(std::move(inner), options, place.runtime));
        });
}

}  // namespace turntable::inline v0::kv::detail
