#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "turntable/core/context.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/core/unique_function.hpp"

namespace turntable::inline v0 {

/// Why a pending operation is asked to stop.
enum class StopReason : std::uint8_t { dropped, cancelled, timeout };

/// The error with which an operation ends that stopped for `reason` before it had any effect.
TURNTABLE_EXPORT Error stopped_error(StopReason reason);

namespace detail {

/// Whoever is to be told that an operation completed.
struct Waiter {
    /// Called exactly once, with nothing locked. `executor` is where continuations belong, or null.
    void (*notify)(Waiter*, Executor* executor) noexcept;
};

/// The part of a pending operation that does not know its result type. It has two references,
/// the consumer's and the producer's, and lives until both are gone.
class TURNTABLE_EXPORT OperationBase {
  public:
    explicit OperationBase(Executor* executor) noexcept : executor_(executor) {}
    OperationBase(const OperationBase&) = delete;
    OperationBase& operator=(const OperationBase&) = delete;

    bool done() const noexcept { return waiter_.load(std::memory_order_acquire) == done_mark(); }
    /// Registers the one waiter; false when the operation is done already.
    bool attach(Waiter* waiter) noexcept {
        Waiter* expected = nullptr;
        return waiter_.compare_exchange_strong(expected, waiter, std::memory_order_acq_rel,
                                               std::memory_order_acquire);
    }
    /// Blocks until done; the caller has checked that it may block.
    void wait_done() noexcept;
    /// Keeps the operation alive until a further `release`.
    void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    /// Asks the producer to stop; the first reason counts.
    virtual void request_stop(StopReason reason) noexcept = 0;
    void release() noexcept {
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            destroy();
        }
    }
    void drop_by_consumer() noexcept {
        if (!done()) {
            request_stop(StopReason::dropped);
        }
        release();
    }

  protected:
    virtual ~OperationBase() = default;
    virtual void destroy() noexcept = 0;
    /// Publishes the result that is in place and tells the waiter. Touches nothing afterwards.
    void publish() noexcept { publish_for(executor_); }
    /// The same, with continuations on `executor`, or here when it is null.
    void publish_for(Executor* executor) noexcept {
        Waiter* waiter = waiter_.exchange(done_mark(), std::memory_order_acq_rel);
        if (waiter != nullptr) {
            waiter->notify(waiter, executor);
        }
    }

  private:
    static Waiter* done_mark() noexcept { return reinterpret_cast<Waiter*>(std::uintptr_t{1}); }

    std::atomic<Waiter*> waiter_{nullptr};
    std::atomic<std::uint32_t> references_{2};
    Executor* executor_;
};

template <class T>
class Operation : public OperationBase {
  public:
    using OperationBase::OperationBase;
    /// The result; only when done.
    Result<T>& result() noexcept { return *result_; }

  protected:
    std::optional<Result<T>> result_;
};

}  // namespace detail

/// The answer of an operation: there already, or still to come.
///
/// Purpose: the return type of every contract call. An engine that can answer at once returns a
/// ready Async: no allocation, no coroutine frame, no thread hop, through any number of layers.
/// `co_await` it (turntable/core/coroutine.hpp) for a Result<T>, or call `wait()`.
/// The call that returned it has started the operation; awaiting starts nothing.
/// Ownership: owns the answer or one half of the pending operation. Dropping a pending Async asks
/// the operation to stop and forgets it; the backend finishes it in its own time.
/// Threads: one thread at a time. A continuation runs on the completion executor of the runtime.
/// Errors: in the Result. `wait()` on a library thread returns `would_deadlock`.
template <class T>
class [[nodiscard]] Async {
  public:
    using value_type = T;

    Async(Result<T> result) noexcept : operation_(nullptr), result_(std::move(result)) {}
    Async(Error error) noexcept : operation_(nullptr), result_(std::move(error)) {}
    template <class U>
        requires(std::is_convertible_v<U &&, Result<T>> &&
                 !std::is_same_v<std::remove_cvref_t<U>, Async> &&
                 !std::is_same_v<std::remove_cvref_t<U>, Result<T>> &&
                 !std::is_same_v<std::remove_cvref_t<U>, Error>)
    Async(U&& value) noexcept : operation_(nullptr), result_(std::forward<U>(value)) {}
    /// Takes over the consumer's reference of a pending operation.
    explicit Async(detail::Operation<T>* operation) noexcept : operation_(operation) {}
    Async(Async&& other) noexcept : operation_(other.operation_) {
        if (operation_ == nullptr) {
            std::construct_at(std::addressof(result_), std::move(other.result_));
        } else {
            other.operation_ = moved_mark();
        }
    }
    Async& operator=(Async&& other) noexcept {
        if (this != &other) {
            std::destroy_at(this);
            std::construct_at(this, std::move(other));
        }
        return *this;
    }
    ~Async() {
        if (operation_ == nullptr) {
            std::destroy_at(std::addressof(result_));
        } else if (operation_ != moved_mark()) {
            operation_->drop_by_consumer();
        }
    }

    /// True when the answer is here: `peek()` may be used and awaiting does not suspend.
    bool is_ready() const noexcept { return operation_ == nullptr || operation_->done(); }
    /// The answer in place; only when is_ready().
    Result<T>& peek() & noexcept { return operation_ == nullptr ? result_ : operation_->result(); }
    /// Blocks this thread until the answer is here.
    Result<T> wait() && {
        if (operation_ == nullptr) [[likely]] {
            return std::move(result_);
        }
        if (!operation_->done()) {
            if (on_library_thread()) {
                return Error(ErrorCode::would_deadlock,
                             "a blocking call was made on a thread of the library; use co_await "
                             "there, or move the call to a thread of your own");
            }
            operation_->wait_done();
        }
        return std::move(operation_->result());
    }
    /// Asks a pending operation to stop; it completes soon, with its answer or `cancelled`.
    void request_stop() noexcept {
        if (operation_ != nullptr && !operation_->done()) {
            operation_->request_stop(StopReason::cancelled);
        }
    }
    /// The pending operation, or null; for awaiters.
    detail::OperationBase* operation() const noexcept { return operation_; }

  private:
    static detail::Operation<T>* moved_mark() noexcept {
        return reinterpret_cast<detail::Operation<T>*>(std::uintptr_t{1});
    }

    detail::Operation<T>* operation_;
    union {
        Result<T> result_;
    };
};

namespace detail {

/// Keeps the stop callback of a promise and the links to a Context that can trigger it.
class TURNTABLE_EXPORT StopLink {
  public:
    StopLink() = default;
    StopLink(const StopLink&) = delete;
    StopLink& operator=(const StopLink&) = delete;
    ~StopLink() = default;

    /// Watches `context` on behalf of `operation`, which outlives this link's `close`.
    void watch(const Context& context, Runtime& runtime, OperationBase& operation);
    void set_callback(UniqueFunction<void(StopReason)> callback);
    void request(StopReason reason) noexcept;
    std::optional<StopReason> requested() noexcept;
    /// Lets go of the context; a request that comes later does nothing.
    void close() noexcept;

  private:
    struct Cancel {
        OperationBase* operation;
        void operator()() const noexcept { operation->request_stop(StopReason::cancelled); }
    };
    std::mutex mutex_;
    std::optional<StopReason> reason_;
    UniqueFunction<void(StopReason)> callback_;
    bool closed_ = false;
    std::optional<std::stop_callback<Cancel>> stop_;
    Timers* timers_ = nullptr;
    Timers::Id timer_ = 0;
};

template <class T>
class PromiseOperation final : public Operation<T> {
  public:
    using Operation<T>::Operation;
    void request_stop(StopReason reason) noexcept override { stop_.request(reason); }
    void complete(Result<T> result) noexcept {
        stop_.close();
        this->result_.emplace(std::move(result));
        this->publish();
        this->release();
    }
    StopLink& stop() noexcept { return stop_; }

  private:
    void destroy() noexcept override { delete this; }
    StopLink stop_;
};

}  // namespace detail

/// The producer's half of a pending operation.
///
/// Purpose: what a backend keeps while it works on an answer.
/// Ownership: keeps the operation alive; completing it ends this half. A promise that is destroyed
/// without an answer completes with `cancelled`. The Runtime must outlive it.
/// Threads: any thread may complete it, one thread at a time. Do not complete under a lock that a
/// continuation or stop callback could want.
/// Errors: passes on what it is given.
template <class T>
class [[nodiscard]] Promise {
  public:
    /// An operation whose continuation runs on the completion executor of `runtime`, and which is
    /// asked to stop when `context` says so.
    Promise(Runtime& runtime, const Context& context)
        : operation_(new detail::PromiseOperation<T>(&runtime.completions())) {
        async_.emplace(static_cast<detail::Operation<T>*>(operation_));
        operation_->stop().watch(context, runtime, *operation_);
    }
    Promise(Promise&& other) noexcept
        : operation_(std::exchange(other.operation_, nullptr)), async_(std::move(other.async_)) {
        other.async_.reset();
    }
    Promise& operator=(Promise&& other) noexcept {
        if (this != &other) {
            std::destroy_at(this);
            std::construct_at(this, std::move(other));
        }
        return *this;
    }
    ~Promise() {
        if (operation_ != nullptr) {
            operation_->complete(stopped_error(StopReason::cancelled));
        }
    }

    /// The consumer's half; once.
    Async<T> take_async() {
        Async<T> out = *std::move(async_);
        async_.reset();
        return out;
    }
    /// Registers what to do when the consumer wants to stop: called at most once, at once when
    /// stopping was asked for before. It runs on the thread that asks and may overlap with a
    /// completion elsewhere, so it captures what it needs by shared ownership; it may complete the
    /// promise itself.
    void on_stop(UniqueFunction<void(StopReason)> callback) {
        operation_->stop().set_callback(std::move(callback));
    }
    /// Why the consumer wants to stop, if it does.
    std::optional<StopReason> stop_requested() const { return operation_->stop().requested(); }
    bool is_open() const noexcept { return operation_ != nullptr; }

    void complete(Result<T> result) && {
        std::exchange(operation_, nullptr)->complete(std::move(result));
    }

  private:
    detail::PromiseOperation<T>* operation_;
    std::optional<Async<T>> async_;
};

}  // namespace turntable::inline v0
