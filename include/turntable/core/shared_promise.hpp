#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "turntable/core/async.hpp"

namespace turntable::inline v0 {

/// A promise that several parties may complete: the first one does.
///
/// Purpose: an answer and a stop request that race.
/// Ownership: shared by the parties. Threads: any. Errors: passes on what it is given.
template <class T>
class SharedPromise {
  public:
    explicit SharedPromise(Promise<T> promise) : promise_(std::move(promise)) {}

    /// Makes the pending operation and both its ends.
    static std::pair<std::shared_ptr<SharedPromise>, Async<T>> make(Runtime& runtime,
                                                                    const Context& context) {
        Promise<T> promise(runtime, context);
        Async<T> async = promise.take_async();
        return {std::make_shared<SharedPromise>(std::move(promise)), std::move(async)};
    }

    /// False: it was completed before.
    bool complete(Result<T> result) {
        std::optional<Promise<T>> taken;
        {
            const std::scoped_lock guard(mutex_);
            taken.swap(promise_);
        }
        if (!taken) {
            return false;
        }
        std::move(*taken).complete(std::move(result));
        return true;
    }
    bool is_open() {
        const std::scoped_lock guard(mutex_);
        return promise_.has_value();
    }
    /// See Promise::on_stop. The callback may call complete().
    void on_stop(UniqueFunction<void(StopReason)> callback) {
        // Not under the lock: the callback may run at once. Whoever calls this is the only one
        // that knows the promise yet.
        promise_->on_stop(std::move(callback));
    }

  private:
    std::mutex mutex_;
    std::optional<Promise<T>> promise_;
};

}  // namespace turntable::inline v0
