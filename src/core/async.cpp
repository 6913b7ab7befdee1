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
        std::swap(callback_, callback);  // an earlier one is destroyed after the lock is gone
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
    std::string what;
    try {
        throw;
    } catch (const std::exception& exception) {
        what = exception.what();
    } catch (...) {
        what = "an exception of unknown type";
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
    std::array<FreeFrame*, class_count> head;
    std::array<std::size_t, class_count> count;
};

// Trivial, so that it can be used by destructors that run late on an ending thread.
constinit thread_local FrameLists frame_lists{};

/// Empties the lists when the thread ends; frames freed later go to the heap.
struct FrameListsEnd {
    FrameListsEnd() = default;
    FrameListsEnd(const FrameListsEnd&) = delete;
    FrameListsEnd& operator=(const FrameListsEnd&) = delete;
    ~FrameListsEnd() {
        for (FreeFrame*& head : frame_lists.head) {
            while (head != nullptr) {
                ::operator delete(std::exchange(head, head->next));
            }
        }
        frame_lists.count.fill(frames_per_class_max);
    }
    void arm() const noexcept {}
};
thread_local const FrameListsEnd frame_lists_end;
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
    FreeFrame*& head = frame_lists.head[index];
    if (head == nullptr) {
        return ::operator new(index * class_bytes);
    }
    --frame_lists.count[index];
    return std::exchange(head, head->next);
}

void free_frame(void* frame, std::size_t size) noexcept {
    const std::size_t index = (size + class_bytes - 1) / class_bytes;
    if (index < class_count && frame_lists.count[index] < frames_per_class_max) {
        frame_lists_end.arm();  // a thread_local is made when it is first used
        FreeFrame*& head = frame_lists.head[index];
        head = ::new (frame) FreeFrame{head};
        ++frame_lists.count[index];
        return;
    }
    ::operator delete(frame);
}

#endif

}  // namespace detail

}  // namespace turntable::inline v0
