#pragma once

/// \file
/// Making calls again that failed for a passing reason.
/// Purpose: the decision and the loop of the layer `retry` of every surface. Ownership: values.
/// Threads: as the backend. Errors: those of the backend.

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "turntable/core/backoff.hpp"
#include "turntable/core/layers/loop.hpp"

namespace turntable::inline v0 {

/// How a layer `retry` repeats.
///
/// Purpose: see BackoffPolicy. Ownership, threads: a value. Errors: none.
using RetryOptions = BackoffPolicy;

namespace detail {

/// Whether the same call may be made again after this error. `commit_unknown` never: the write may
/// have happened. Any other error of a write says that nothing was written.
inline bool may_repeat(const Error& error) noexcept {
    return error.retry() == Retry::temporary && error.code() != ErrorCode::commit_unknown;
}

/// When the next attempt is due, or nothing when there is to be none.
TURNTABLE_EXPORT std::optional<Instant> next_attempt(LoopHost& host, const RetryOptions& options,
                                                     const Context& context,
                                                     std::uint32_t failures);

/// The last error of a call that is not made again.
TURNTABLE_EXPORT Error given_up(Error error, std::uint32_t attempts);

/// Awaits `answer` and makes the call again while it fails and may be repeated.
template <class T>
TURNTABLE_EXPORT Async<T> retry_loop(std::shared_ptr<LoopHost> host, RetryOptions options,
                                     Context context, Async<T> answer, Repeat<T> again);

/// Repeats calls. What it does with streams is a matter of the surface.
class RetryPolicy : public LoopPolicy {
  public:
    RetryPolicy(const RetryOptions& options, std::shared_ptr<Runtime> runtime)
        : LoopPolicy(std::move(runtime)), options_(options) {}

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        using T = typename Call::Answer;
        auto answer = call.make(target, context);
        if constexpr (Call::effect != CallEffect::none) {
            const bool ended =
                answer.is_ready() && (answer.peek() || !may_repeat(answer.peek().error()));
            if (!ended) [[unlikely]] {
                answer = retry_loop<T>(host(), options_, context, std::move(answer),
                                       repeat_of(host(), target, call));
            }
        }
        return answer;
    }

  protected:
    const RetryOptions& options() const noexcept { return options_; }

  private:
    RetryOptions options_;
};

}  // namespace detail

}  // namespace turntable::inline v0
