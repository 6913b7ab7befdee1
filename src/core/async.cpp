#include "turntable/core/async.hpp"

#include <array>
#include <condition_variable>
#include <exception>
#include <new>
#include <string>

#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0 {

Error stopped_error(StopReason reason) {
    switch (reason) {
        case StopReason::timeout:
            return {ErrorCode::timeout, "the deadline passed before the operation was done"};
        case StopReason::cancelled:
            return {ErrorCode::cancelled, "the operation was stopped before it was done"};
        case StopReason::dropped:
            return {ErrorCode::cancelled, "nobody waits for the operation any more"};
    }
    return {ErrorCode::cancelled, "the operation was stopped"};
}

namespace detail {

namespace {

struct BlockingWaiter : Waiter {
    std::mutex mutex;
    std::condition_variable condition;
    bool notified = false;

    BlockingWaiter() : Waiter{&wake} {}

    static void wake(Waiter* waiter, Executor* /*executor*/) noexcept {
        auto& self = *static_cast<BlockingWaiter*>(waiter);
        // Notified under the lock: the waiter may not leave and destroy it before we are done.
        const std::scoped_lock guard(self.mutex);
        self.notified = true;
        self.condition.notify_one();
    }
};

}  // namespace

void OperationBase::wait_done() noexcept {
    BlockingWaiter waiter;
    if (attach(&waiter)) {
        std::unique_lock lock(waiter.mutex);
        waiter.condition.wait(lock, [&] { return waiter.notified; });
    }
}

void StopLink::watch(const Context& context, Runtime& runtime, OperationBase& operation) {
    if (context.has_deadline()) {
        timers_ = &runtime.timers();
        timer_ = timers_->call_at(context.deadline,
                                  [&operation] { operation.request_stop(StopReason::timeout); });
    }
    if (context.stop.stop_possible()) {
        stop_.emplace(context.stop, Cancel{&operation});
    }
}

void StopLink::set_callback(UniqueFunction<void(StopReason)> callback) {
    std::unique_lock lock(mutex_);
    if (closed_) {
        return;
    }
    if (!reason_.has_value()) {
        callback_ = std::move(callback);
        return;
    }
    const StopReason reason = *reason_;
    lock.unlock();
    callback(reason);
}

void StopLink::request(StopReason reason) noexcept {
    UniqueFunction<void(StopReason)> callback;
    {
        const std::scoped_lock guard(mutex_);
        if (closed_ || reason_.has_value()) {
            return;
        }
        reason_ = reason;
        callback = std::move(callback_);
    }
    if (callback) {
        callback(reason);  // may complete the operation: nothing of this link is used below
    }
}

std::optional<StopReason> StopLink::requested() noexcept {
    const std::scoped_lock guard(mutex_);
    return reason_;
}

void StopLink::close() noexcept {
    UniqueFunction<void(StopReason)> forgotten;
    {
        const std::scoped_lock guard(mutex_);
        closed_ = true;
        forgotten = std::move(callback_);
    }
    stop_.reset();
    if (timers_ != nullptr) {
        timers_->cancel(timer_);
    }
}

void AwaitedChild::set(OperationBase* child) noexcept {
    std::optional<StopReason> reason;
    {
        const std::scoped_lock guard(mutex_);
        child_ = child;
        reason = reason_;
    }
    if (reason.has_value()) {
        child->request_stop(*reason);
    }
}

void AwaitedChild::clear() noexcept {
    const std::scoped_lock guard(mutex_);
    child_ = nullptr;
}

void AwaitedChild::request_stop(StopReason reason) noexcept {
    OperationBase* child = nullptr;
    {
        const std::scoped_lock guard(mutex_);
        if (reason_.has_value()) {
            return;
        }
        reason_ = reason;
        child = child_;
        if (child != nullptr) {
            child->retain();  // the coroutine may go on and drop it meanwhile
        }
    }
    if (child != nullptr) {
        child->request_stop(reason);
        child->release();
    }
}

Error error_of_current_exception() noexcept {
    std::string what = "an exception of unknown type";
    try {
        throw;
    } catch (const std::exception& exception) {
        what = exception.what();
    } catch (...) {
    }
    return {ErrorCode::backend, "an exception left a coroutine: " + what};
}

// Frames are recycled in size classes of 64 bytes, a short list each, one set a thread. Sanitizer
// builds go to the heap, so that a use after free is seen.
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TURNTABLE_PLAIN_FRAMES 1
#endif
#endif

#if !defined(TURNTABLE_PLAIN_FRAMES)
constexpr std::size_t class_bytes = 64;
constexpr std::size_t class_count = 32;
constexpr std::size_t frames_per_class_max = 64;

struct FreeFrame {
    FreeFrame* next;
};

struct FrameLists {
    std::array<FreeFrame*, class_count> head{};
    std::array<std::size_t, class_count> count{};
    bool ended = false;

    FrameLists() = default;
    FrameLists(const FrameLists&) = delete;
    FrameLists& operator=(const FrameLists&) = delete;
    ~FrameLists() {
        ended = true;  // frames freed by later destructors of this thread go to the heap
        for (FreeFrame* frame : head) {
            while (frame != nullptr) {
                ::operator delete(std::exchange(frame, frame->next));
            }
        }
    }
};

FrameLists& frame_lists() {
    static thread_local FrameLists lists;
    return lists;
}
#endif

}  // namespace

#if defined(TURNTABLE_PLAIN_FRAMES)

void* allocate_frame(std::size_t size) { return ::operator new(size); }
void free_frame(void* frame, std::size_t /*size*/) noexcept { ::operator delete(frame); }

#else

void* allocate_frame(std::size_t size) {
    const std::size_t index = (size + class_bytes - 1) / class_bytes;
    if (index >= class_count) {
        return ::operator new(size);
    }
    FrameLists& lists = frame_lists();
    if (lists.head[index] == nullptr || lists.ended) {
        return ::operator new(index * class_bytes);
    }
    --lists.count[index];
    return std::exchange(lists.head[index], lists.head[index]->next);
}

void free_frame(void* frame, std::size_t size) noexcept {
    const std::size_t index = (size + class_bytes - 1) / class_bytes;
    if (index < class_count) {
        FrameLists& lists = frame_lists();
        if (!lists.ended && lists.count[index] < frames_per_class_max) {
            lists.head[index] = ::new (frame) FreeFrame{lists.head[index]};
            ++lists.count[index];
            return;
        }
    }
    ::operator delete(frame);
}

#endif

}  // namespace detail

}  // namespace turntable::inline v0
