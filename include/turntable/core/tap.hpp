#pragma once

/// \file
/// Looking at an answer as it passes.
/// Purpose: what layers do after a call. Ownership: values. Threads: see tap(). Errors: passed on.

#include <utility>

#include "turntable/core/async.hpp"

namespace turntable::inline v0 {

namespace detail {

/// Is done when its child is, on the thread and for the executor of that one.
template <class T, class F>
class TapOperation final : public Operation<T>, private Waiter {
  public:
    TapOperation(Async<T> child, F function)
        : Operation<T>(nullptr),
          Waiter{&child_done},
          child_(std::move(child)),
          function_(std::move(function)) {}

    void start() noexcept {
        if (!child_.operation()->attach(this)) {
            finish(nullptr);
        }
    }
    void request_stop(StopReason reason) noexcept override {
        child_.operation()->request_stop(reason);
    }

  private:
    static void child_done(Waiter* waiter, Executor* executor) noexcept {
        static_cast<TapOperation*>(waiter)->finish(executor);
    }
    void finish(Executor* executor) noexcept {
        this->result_.emplace(std::move(child_.peek()));
        function_(*this->result_);
        this->publish_for(executor);
        this->release();
    }
    void destroy() noexcept override { delete this; }

    Async<T> child_;
    F function_;
};

}  // namespace detail

/// Calls `function` with the Result, in place, when it is there: at once for a ready Async, which
/// stays ready; otherwise on the thread that completes the operation, so it must be short and must
/// not wait. It may change the Result. It is called exactly once, also when nobody waits any more.
template <class T, class F>
Async<T> tap(Async<T> async, F function) {
    if (async.is_ready()) {
        function(async.peek());
        return async;
    }
    auto* operation = new detail::TapOperation<T, F>(std::move(async), std::move(function));
    Async<T> answer(static_cast<detail::Operation<T>*>(operation));
    operation->start();
    return answer;
}

}  // namespace turntable::inline v0
