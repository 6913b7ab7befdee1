#include "turntable/core/layers/retry.hpp"

#include <string>

namespace turntable::inline v0::detail {

std::optional<Instant> next_attempt(LoopHost& host, const RetryOptions& options,
                                    const Context& context, std::uint32_t failures) {
    if (failures >= options.max_attempts) {
        return std::nullopt;
    }
    Runtime& runtime = host.runtime();
    const Instant due =
        runtime.clock().steady_now() + backoff_delay(options, failures, runtime.random());
    return due < context.deadline ? std::optional(due) : std::nullopt;
}

Error given_up(Error error, std::uint32_t attempts) {
    return std::move(error).with("attempts", std::to_string(attempts)).with_retry(Retry::exhausted);
}

}  // namespace turntable::inline v0::detail
