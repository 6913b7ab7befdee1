#pragma once

#include <memory>
#include <utility>

#include "turntable/core/backoff.hpp"
#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

/// How a RetryLayer repeats.
///
/// Purpose: see BackoffPolicy. Ownership, threads: a value. Errors: none.
using RetryOptions = BackoffPolicy;

namespace detail {

class RetryPolicy : public LoopPolicy {
  public:
    RetryPolicy(const RetryOptions& options, std::shared_ptr<Runtime> runtime)
        : LoopPolicy(std::move(runtime)), options_(options) {}

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call);
    template <class Target>
    Result<Stream<WatchOutput>> watch(Target& target, const Context& context,
                                      std::span<const WatchTarget> targets);

  private:
    RetryOptions options_;
};

/// Whether the same call may be made again after this error. `commit_unknown` never: the write may
/// have happened. Any other error of a write says that nothing was written.
inline bool may_repeat(const Error& error) noexcept {
    return error.retry() == Retry::temporary && error.code() != ErrorCode::commit_unknown;
}

/// Awaits `answer` and makes the call again while it fails and may be repeated.
template <class T>
TURNTABLE_EXPORT Async<T> retry_loop(std::shared_ptr<LoopHost> host, RetryOptions options,
                                     Context context, Async<T> answer, Repeat<T> again);

using OpenWatch =
    UniqueFunction<Result<Stream<WatchOutput>>(const Context&, std::span<const WatchTarget>)>;

/// A watch that is opened again when it breaks, and then tells only what changed meanwhile.
TURNTABLE_EXPORT Stream<WatchOutput> retried_watch(std::shared_ptr<LoopHost> host,
                                                   RetryOptions options,
                                                   std::optional<Stream<WatchOutput>> stream,
                                                   std::span<const WatchTarget> targets,
                                                   OpenWatch open);

template <class Target, class Call>
Async<typename Call::Answer> RetryPolicy::run(Target& target, const Context& context,
                                              const Call& call) {
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

template <class Target>
Result<Stream<WatchOutput>> RetryPolicy::watch(Target& target, const Context& context,
                                               std::span<const WatchTarget> targets) {
    auto stream = target.watch(context, targets);
    if (!stream && !may_repeat(stream.error())) {
        return stream;
    }
    return retried_watch(
        host(), options_, stream ? std::optional(*std::move(stream)) : std::nullopt, targets,
        [host = host(), &target](const Context& again,
                                 std::span<const WatchTarget> same) -> Result<Stream<WatchOutput>> {
            const Pass pass = host->enter_inner();
            if (!pass) {
                return host->closed_error();
            }
            return target.watch(again, same);
        });
}

}  // namespace detail

/// Makes calls again that failed for a passing reason.
///
/// Purpose: a busy engine or a broken connection is no error for the caller while trying again
/// helps. Repeated is what is safe: an error that says `temporary`, of a read or of a write, except
/// `commit_unknown`, since then the write may have happened. Every other error of a write means
/// that nothing was written. `health` and `close` are made once. A watch that breaks is opened
/// again and tells what changed meanwhile.
/// Waits are exponential with full jitter; the deadline of the call bounds all attempts together.
/// When the attempts are used up, the last error is given as `exhausted`.
/// Ownership: owns the inner backend; shares the runtime. Calls that wait for their next attempt
/// end with `closed` when the layer is closed or destroyed.
/// Threads: as the inner backend. Errors: those of the inner backend.
template <Backend Inner>
class RetryLayer : public detail::PolicyLayer<detail::RetryPolicy, Inner> {
  public:
    explicit RetryLayer(Inner inner, const RetryOptions& options = {},
                        std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<detail::RetryPolicy, Inner>(
              std::move(inner),
              std::make_shared<detail::RetryPolicy>(options, std::move(runtime))) {}
};

}  // namespace turntable::inline v0::kv
