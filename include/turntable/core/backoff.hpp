#pragma once

#include <chrono>
#include <cstdint>

#include "turntable/core/export.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0 {

/// How often to try again, and how long to wait in between.
///
/// Purpose: exponential back-off with full jitter: before the n-th repetition a random time between
/// zero and min(max_delay, base_delay * 2^(n-1)), so that many callers that failed together do not
/// come back together. Ownership: a value. Threads: a value. Errors: none.
struct BackoffPolicy {
    /// Calls in all, the first one included.
    std::uint32_t max_attempts = 5;
    std::chrono::milliseconds base_delay{50};
    std::chrono::milliseconds max_delay{5000};
};

/// The longest wait before the repetition after `failures` failed calls (from 1).
TURNTABLE_EXPORT std::chrono::milliseconds backoff_ceiling(const BackoffPolicy& policy,
                                                           std::uint32_t failures) noexcept;

/// A random wait up to backoff_ceiling().
TURNTABLE_EXPORT std::chrono::milliseconds backoff_delay(const BackoffPolicy& policy,
                                                         std::uint32_t failures, Random& random);

}  // namespace turntable::inline v0
