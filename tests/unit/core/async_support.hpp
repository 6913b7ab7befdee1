#pragma once

#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "turntable/core/async.hpp"
#include "turntable/core/clock.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::test {

/// Runs posted work when the test says so, on the thread of the test.
class ManualExecutor final : public Executor {
  public:
    ManualExecutor() = default;
    ManualExecutor(const ManualExecutor&) = delete;
    ManualExecutor& operator=(const ManualExecutor&) = delete;
    ~ManualExecutor() override { run_all(); }  // or coroutines that wait here would never end

    void post(UniqueFunction<void()> work) override {
        const std::scoped_lock guard(mutex_);
        work_.push_back(std::move(work));
    }
    std::size_t waiting() const {
        const std::scoped_lock guard(mutex_);
        return work_.size();
    }
    /// Runs what is waiting and what that posts; returns how much ran.
    std::size_t run_all() {
        std::size_t count = 0;
        std::unique_lock lock(mutex_);
        for (; !work_.empty(); ++count) {
            UniqueFunction<void()> work = std::move(work_.front());
            work_.pop_front();
            lock.unlock();
            work();
            work = {};
            lock.lock();
        }
        return count;
    }

  private:
    mutable std::mutex mutex_;
    std::deque<UniqueFunction<void()>> work_;
};

/// A runtime in which neither time nor continuations move by themselves.
struct ManualRuntime {
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<ManualExecutor> completions = std::make_shared<ManualExecutor>();
    std::shared_ptr<Runtime> runtime =
        Runtime::create({.clock = clock, .completions = completions});

    template <class T>
    Promise<T> promise(const Context& context = {}) {
        return Promise<T>(*runtime, context);
    }
    Instant after(std::chrono::milliseconds time) const { return clock->steady_now() + time; }
};

/// A promise that either its owner or a stop request completes, whoever is first.
template <class T>
struct SharedPromise {
    explicit SharedPromise(Promise<T> made) : promise(std::move(made)) {}
    void complete(Result<T> result) {
        if (!claimed.exchange(true)) {
            std::move(promise).complete(std::move(result));
        }
    }
    Promise<T> promise;
    std::atomic<bool> claimed = false;
};

/// Such a promise, with a stop request completing it.
template <class T>
std::shared_ptr<SharedPromise<T>> stoppable(Promise<T> made) {
    auto shared = std::make_shared<SharedPromise<T>>(std::move(made));
    shared->promise.on_stop(
        [shared](StopReason reason) { shared->complete(stopped_error(reason)); });
    return shared;
}

/// Calls both at the same time, as well as two threads can.
template <class F, class G>
void at_once(F&& left, G&& right) {
    std::barrier start(2);
    std::jthread other([&] {
        start.arrive_and_wait();
        left();
    });
    start.arrive_and_wait();
    right();
}

inline constexpr int race_rounds = 300;

}  // namespace turntable::test
