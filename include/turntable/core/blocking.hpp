#pragma once

/// \file
/// Calls of engines that block, as answers of the contract.
/// Purpose: one place decides on which thread such a call runs, and closing waits for it.
/// Ownership, threads, errors: see run_blocking.

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "turntable/core/async.hpp"
#include "turntable/core/gate.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0 {

namespace detail {

/// Why work for `context` must not begin any more.
inline std::optional<StopReason> stop_reason(const Context& context, Runtime& runtime) {
    if (context.stop.stop_requested()) {
        return StopReason::cancelled;
    }
    if (context.has_deadline() && runtime.clock().steady_now() >= context.deadline) {
        return StopReason::timeout;
    }
    return std::nullopt;
}

/// What goes to the pool. It ends in the reverse order of its members: `function` keeps the owner
/// of the gate.
template <class T, class F>
struct BlockingWork {
    std::shared_ptr<Runtime> runtime;
    F function;
    Pass pass;
    Promise<T> promise;

    void operator()() {
        if (const auto reason = promise.stop_requested()) {
            std::move(promise).complete(stopped_error(*reason));
            return;
        }
        std::move(promise).complete(function());
    }
};

}  // namespace detail

/// Calls `function`, which blocks and gives a Result<T>: on this thread if the caller waits on it
/// anyway, else on `pool`.
///
/// `function` owns what it needs, unless the caller waits: then it may borrow, for it has ended
/// when this returns. It keeps alive what holds `gate`, which is entered until it has ended.
/// Errors: `closed` when the gate is; `cancelled` and `timeout` when the context asks for that
/// before the work begins: what has begun goes on to its end.
template <class T, class F>
Async<T> run_blocking(const std::shared_ptr<Runtime>& runtime, Executor& pool, Gate& gate,
                      const Context& context, F function) {
    Pass pass(gate);
    if (!pass) {
        return Error(ErrorCode::closed, "the store was closed");
    }
    if (const auto reason = detail::stop_reason(context, *runtime)) {
        return stopped_error(*reason);
    }
    if (context.caller_waits) {
        return Async<T>(Result<T>(function()));
    }
    Promise<T> promise(*runtime, context);
    Async<T> answer = promise.take_async();
    pool.post(detail::BlockingWork<T, F>{runtime, std::move(function), std::move(pass),
                                         std::move(promise)});
    return answer;
}

/// The same on the blocking pool of the runtime.
template <class T, class F>
Async<T> run_blocking(const std::shared_ptr<Runtime>& runtime, Gate& gate, const Context& context,
                      F function) {
    return run_blocking<T>(runtime, runtime->blocking_pool(), gate, context, std::move(function));
}

/// Refuses further work and answers when all of it has ended.
inline Async<void> close_gate(const std::shared_ptr<Runtime>& runtime, Gate& gate) {
    Promise<void> promise(*runtime, {});
    Async<void> answer = promise.take_async();
    gate.close([runtime, promise = std::move(promise)]() mutable {
        std::move(promise).complete(Result<void>());
    });
    return answer;
}

}  // namespace turntable::inline v0
