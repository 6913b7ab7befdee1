#pragma once

#include <chrono>
#include <stop_token>
#include <utility>

#include "turntable/core/context.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0 {

/// How long one call may take and what stops it: the last argument of every call.
///
/// Purpose: `db.get("k", 100ms)`, `db.get("k", stop_token)`, `db.get("k", {100ms, stop_token})`.
/// Ownership: shares the stop token. Threads: a value.
/// Errors: a call that ran out of time gives `timeout`, one that was stopped `cancelled`; a commit
/// that was already submitted gives `commit_unknown` instead.
class CallOptions {
  public:
    CallOptions() noexcept = default;
    template <class Rep, class Period>
    CallOptions(std::chrono::duration<Rep, Period> timeout) : timeout_(nanoseconds_of(timeout)) {}
    CallOptions(std::stop_token stop) noexcept { context_.stop = std::move(stop); }
    template <class Rep, class Period>
    CallOptions(std::chrono::duration<Rep, Period> timeout, std::stop_token stop)
        : timeout_(nanoseconds_of(timeout)) {
        context_.stop = std::move(stop);
    }
    /// For code that has a Context already.
    CallOptions(Context context) noexcept : context_(std::move(context)) {}

    /// What the contract call gets.
    Context context(Runtime& runtime, bool caller_waits) const {
        Context out = context_;
        out.caller_waits = caller_waits;
        if (timeout_ != no_timeout) [[unlikely]] {
            const Instant now = runtime.clock().steady_now();
            const Instant latest =
                Instant::max() - timeout_ > now ? now + timeout_ : Instant::max();
            out.deadline = latest < out.deadline ? latest : out.deadline;
        }
        return out;
    }

  private:
    static constexpr std::chrono::nanoseconds no_timeout = std::chrono::nanoseconds::max();

    /// A duration beyond what nanoseconds can count means no timeout.
    template <class Rep, class Period>
    static std::chrono::nanoseconds nanoseconds_of(std::chrono::duration<Rep, Period> timeout) {
        using Wide = std::chrono::duration<double, std::nano>;
        if (Wide(timeout) >= Wide(no_timeout)) {
            return no_timeout;
        }
        const auto out = std::chrono::duration_cast<std::chrono::nanoseconds>(timeout);
        return out < std::chrono::nanoseconds::zero() ? std::chrono::nanoseconds::zero() : out;
    }

    Context context_;
    std::chrono::nanoseconds timeout_ = no_timeout;
};

}  // namespace turntable::inline v0
