#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "expectation.hpp"
#include "turntable/core/context.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::conformance {

/// What all that is open in a case shares.
///
/// Purpose: the trace, and patience with calls that hang. Ownership: shared by what a case opens
/// and all that was opened from it. Threads: any. Errors: throws Hang.
class Watch {
  public:
    Watch(std::shared_ptr<Runtime> runtime, std::chrono::milliseconds patience)
        : runtime_(std::move(runtime)), patience_(patience) {}

    Trace& trace() noexcept { return trace_; }
    /// Every other call says that its caller waits; both kinds must work.
    Context context(const Context& given) {
        Context used = given;
        used.caller_waits = calls_.fetch_add(1, std::memory_order_relaxed) % 2 == 0;
        return used;
    }
    /// Waits for an answer. What `kept` holds is never destroyed if it does not come.
    template <class T>
    Result<T> await(Async<T> async, const std::string& what, std::shared_ptr<const void> kept) {
        if (async.is_ready()) {
            return std::move(async.peek());
        }
        Pending<T> pending(std::move(async), patience_);
        try {
            return pending.get(what);
        } catch (const Hang&) {
            keep_for_ever(runtime_);
            keep_for_ever(std::move(kept));
            throw;
        }
    }

  private:
    static void keep_for_ever(std::shared_ptr<const void> object);

    Trace trace_;
    std::shared_ptr<Runtime> runtime_;
    std::chrono::milliseconds patience_;
    std::atomic<unsigned> calls_{0};
};

}  // namespace turntable::inline v0::conformance
