#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "turntable/core/layers/retry.hpp"
#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

using RetryOptions = turntable::RetryOptions;

namespace detail {

using OpenWatch =
    UniqueFunction<Result<Stream<WatchOutput>>(const Context&, std::span<const WatchTarget>)>;

/// A watch that is opened again when it breaks, and then tells only what changed meanwhile.
TURNTABLE_EXPORT Stream<WatchOutput> retried_watch(
    std::shared_ptr<turntable::detail::LoopHost> host, RetryOptions options,
    std::optional<Stream<WatchOutput>> stream, std::span<const WatchTarget> targets,
    OpenWatch open);

/// Repeats calls, and opens watches again.
class RetryPolicy : public turntable::detail::RetryPolicy {
  public:
    using turntable::detail::RetryPolicy::RetryPolicy;

    template <class Target>
    Result<Stream<WatchOutput>> open(Target& target, const Context& context,
                                     const WatchCall& call) {
        auto stream = call.open(target, context);
        if (!stream && !turntable::detail::may_repeat(stream.error())) {
            return stream;
        }
        return retried_watch(host(), options(),
                             stream ? std::optional(*std::move(stream)) : std::nullopt,
                             call.targets,
                             [host = host(), &target](
                                 const Context& again,
                                 std::span<const WatchTarget> same) -> Result<Stream<WatchOutput>> {
                                 const Pass pass = host->enter_inner();
                                 if (!pass) {
                                     return host->closed_error();
                                 }
                                 return target.watch(again, same);
                             });
    }
};

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
