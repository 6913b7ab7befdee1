#pragma once

#include <memory>
#include <utility>

#include "turntable/core/async.hpp"

namespace turntable::inline v0::net::http {

namespace detail {

template <class T, class F>
class ReadyCall final : public turntable::detail::Waiter {
  public:
    ReadyCall(Async<T> async, std::shared_ptr<Executor> executor, F then)
        : Waiter{&notified},
          async_(std::move(async)),
          executor_(std::move(executor)),
          then_(std::move(then)) {}

    static void start(std::unique_ptr<ReadyCall> call) {
        turntable::detail::OperationBase* operation = call->async_.operation();
        ReadyCall* waiter = call.release();
        if (operation == nullptr || !operation->attach(waiter)) {
            std::unique_ptr<ReadyCall>(waiter)->run();
        }
    }

  private:
    static void notified(Waiter* waiter, Executor*) noexcept {
        std::unique_ptr<ReadyCall> call(static_cast<ReadyCall*>(waiter));
        Executor& executor = *call->executor_;
        executor.post([held = std::move(call)] { held->run(); });
    }
    void run() { then_(std::move(async_.peek())); }

    Async<T> async_;
    std::shared_ptr<Executor> executor_;
    F then_;
};

}  // namespace detail

/// Calls `then` with the Result when it is there: at once if it is, else on `executor` and nowhere
/// else, whatever thread the answer comes on. The operation is not dropped before; it is stopped
/// through the Context of its call.
template <class T, class F>
void when_ready(Async<T> async, const std::shared_ptr<Executor>& executor, F then) {
    if (async.is_ready()) {
        then(std::move(async.peek()));
        return;
    }
    using Call = detail::ReadyCall<T, F>;
    Call::start(std::make_unique<Call>(std::move(async), executor, std::move(then)));
}

}  // namespace turntable::inline v0::net::http
