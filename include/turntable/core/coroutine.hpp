#pragma once

/// \file
/// `co_await` on Async, and coroutines that return Async.
/// Purpose: the awaitable half of the library. Ownership: a coroutine's frame lives until it has
/// finished and its Async is gone. Threads: a coroutine goes on on the completion executor of what
/// it awaited. Errors: an exception that leaves a coroutine body becomes the error `backend`.
///
/// Await a named Async where speed matters: `auto a = db.get(key); auto& r = co_await a;` does not
/// move the answer.

#include <algorithm>
#include <coroutine>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "turntable/core/async.hpp"

namespace turntable::inline v0 {

namespace detail {

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 14
template <class T>
inline constexpr bool compiler_has_sound_coroutines = false;
#else
template <class T>
inline constexpr bool compiler_has_sound_coroutines = true;
#endif

#define TURNTABLE_DETAIL_NEED_COROUTINES(T)                                                       \
    static_assert(::turntable::detail::compiler_has_sound_coroutines<T>,                          \
                  "this g++ miscompiles co_await expressions (temporaries are destroyed twice); " \
                  "use clang++ 17 or g++ 14 and newer, or the blocking API in turntable/kv.hpp")

/// Memory for coroutine frames, recycled per thread.
TURNTABLE_EXPORT void* allocate_frame(std::size_t size);
TURNTABLE_EXPORT void free_frame(void* frame, std::size_t size) noexcept;
/// The error for an exception that left a coroutine; call inside the handler.
TURNTABLE_EXPORT Error error_of_current_exception() noexcept;

/// Remembers which operation a coroutine awaits, to pass a stop request on to it.
class TURNTABLE_EXPORT AwaitedChild {
  public:
    void set(OperationBase* child) noexcept;
    void clear() noexcept;
    void request_stop(StopReason reason) noexcept;

  private:
    std::mutex mutex_;
    OperationBase* child_ = nullptr;
    std::optional<StopReason> reason_;
};

template <class T>
class CoroutineOperation final : public Operation<T> {
  public:
    CoroutineOperation() noexcept : Operation<T>(nullptr) {}

    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }

    Async<T> get_return_object() noexcept { return Async<T>(static_cast<Operation<T>*>(this)); }
    std::suspend_never initial_suspend() const noexcept {
        TURNTABLE_DETAIL_NEED_COROUTINES(T);
        return {};
    }
    struct Final {
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<CoroutineOperation> handle) noexcept {
            CoroutineOperation& self = handle.promise();
            self.publish();
            self.release();
        }
        void await_resume() const noexcept {}
    };
    Final final_suspend() const noexcept { return {}; }
    template <class U = Result<T>>  // the default serves `co_return {};`
    void return_value(U&& value) noexcept {
        this->result_.emplace(std::forward<U>(value));
    }
    void unhandled_exception() noexcept { this->result_.emplace(error_of_current_exception()); }

    void request_stop(StopReason reason) noexcept override { child_.request_stop(reason); }
    AwaitedChild& awaited_child() noexcept { return child_; }

  private:
    void destroy() noexcept override {
        std::coroutine_handle<CoroutineOperation>::from_promise(*this).destroy();
    }
    AwaitedChild child_;
};

template <class T>
class Awaiter : private Waiter {
  public:
    explicit Awaiter(Async<T>& async) noexcept : Waiter{&resume}, async_(async) {}

    bool await_ready() const noexcept { return async_.is_ready(); }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> handle) noexcept {
        handle_ = handle;
        OperationBase* operation = async_.operation();
        if constexpr (requires { handle.promise().awaited_child(); }) {
            parent_ = &handle.promise().awaited_child();
            parent_->set(operation);
        }
        return operation->attach(this);  // the coroutine may be running elsewhere from here on
    }

  protected:
    Result<T>& result() noexcept {
        if (parent_ != nullptr) {
            parent_->clear();
        }
        return async_.peek();
    }

  private:
    static void resume(Waiter* waiter, Executor* executor) noexcept {
        const std::coroutine_handle<> handle = static_cast<Awaiter*>(waiter)->handle_;
        if (executor != nullptr) {
            executor->post([handle] { handle.resume(); });
        } else {
            handle.resume();
        }
    }

    Async<T>& async_;
    std::coroutine_handle<> handle_;
    AwaitedChild* parent_ = nullptr;
};

template <class T>
struct ReferenceAwaiter : Awaiter<T> {
    using Awaiter<T>::Awaiter;
    Result<T>& await_resume() noexcept { return this->result(); }
};
template <class T>
struct ValueAwaiter : Awaiter<T> {
    using Awaiter<T>::Awaiter;
    Result<T> await_resume() noexcept { return std::move(this->result()); }
};

}  // namespace detail

/// Awaits in place: gives a reference to the answer inside `async`.
template <class T>
detail::ReferenceAwaiter<T> operator co_await(Async<T>& async) noexcept {
    TURNTABLE_DETAIL_NEED_COROUTINES(T);
    return detail::ReferenceAwaiter<T>(async);
}
/// Awaits a temporary: moves the answer out.
template <class T>
detail::ValueAwaiter<T> operator co_await(Async<T>&& async) noexcept {
    TURNTABLE_DETAIL_NEED_COROUTINES(T);
    return detail::ValueAwaiter<T>(async);
}

}  // namespace turntable::inline v0

template <class T, class... Args>
struct std::coroutine_traits<turntable::Async<T>, Args...> {
    using promise_type = turntable::detail::CoroutineOperation<T>;
};

namespace turntable::inline v0 {

namespace detail {
template <class U, class T, class F>
Async<U> then_pending(Async<T> async, F function) {
    Result<T>& result = co_await async;
    co_return function(std::move(result));
}
}  // namespace detail

/// Calls `function` with the Result when it is there and gives what it returns, a Result<U>;
/// a ready Async stays ready without a frame.
template <class T, class F>
auto then(Async<T> async, F function)
    -> Async<typename std::invoke_result_t<F&, Result<T>&&>::value_type> {
    using U = typename std::invoke_result_t<F&, Result<T>&&>::value_type;
    if (async.is_ready()) {
        return Async<U>(function(std::move(async.peek())));
    }
    return detail::then_pending<U>(std::move(async), std::move(function));
}

namespace detail {

template <class T>
std::vector<Result<T>> take_results(std::vector<Async<T>>& operations) {
    std::vector<Result<T>> results;
    results.reserve(operations.size());
    for (Async<T>& operation : operations) {
        results.push_back(std::move(operation.peek()));
    }
    return results;
}

/// Is done when the last of its children is, on the thread and for the executor of that one.
template <class T>
class AllOperation final : public Operation<std::vector<Result<T>>> {
  public:
    explicit AllOperation(std::vector<Async<T>> children)
        : Operation<std::vector<Result<T>>>(nullptr),
          children_(std::move(children)),
          waiters_(children_.size(), ChildWaiter{{&child_done}, this}),
          open_(children_.size() + 1) {}  // one more, so that it cannot end during start()

    void start() noexcept {
        std::size_t done = 1;
        for (std::size_t i = 0; i < children_.size(); ++i) {
            if (children_[i].is_ready() || !children_[i].operation()->attach(&waiters_[i])) {
                ++done;
            }
        }
        count_down(done, nullptr);
    }
    void request_stop(StopReason reason) noexcept override {
        for (const Async<T>& child : children_) {
            if (!child.is_ready()) {
                child.operation()->request_stop(reason);
            }
        }
    }

  private:
    struct ChildWaiter : Waiter {
        AllOperation* all;
    };
    static void child_done(Waiter* waiter, Executor* executor) noexcept {
        static_cast<ChildWaiter*>(waiter)->all->count_down(1, executor);
    }
    void count_down(std::size_t done, Executor* executor) noexcept {
        if (open_.fetch_sub(done, std::memory_order_acq_rel) == done) {
            this->result_.emplace(take_results(children_));
            this->publish_for(executor);
            this->release();
        }
    }
    void destroy() noexcept override { delete this; }

    std::vector<Async<T>> children_;
    std::vector<ChildWaiter> waiters_;
    std::atomic<std::size_t> open_;
};

}  // namespace detail

/// Waits for all of them; they run at the same time, since calling an operation starts it.
/// A request to stop goes to each. When all are ready, so is the answer.
template <class T>
Async<std::vector<Result<T>>> when_all(std::vector<Async<T>> operations) {
    if (std::ranges::all_of(operations, &Async<T>::is_ready)) {
        return detail::take_results(operations);
    }
    auto* all = new detail::AllOperation<T>(std::move(operations));
    Async<std::vector<Result<T>>> answer(
        static_cast<detail::Operation<std::vector<Result<T>>>*>(all));
    all->start();
    return answer;
}

}  // namespace turntable::inline v0
