#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "turntable/core/layers/chaos.hpp"
#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

/// What a ChaosLayer does, each as a probability from 0 to 1.
///
/// Purpose: the settings of a ChaosLayer. Ownership, threads: a value. Errors: none.
struct ChaosOptions {
    /// The same seed gives the same row of decisions; zero: from the runtime's randomness.
    std::uint64_t seed = 0;
    /// Reads, writes and calls of the queue that fail with `busy` (temporary) and do nothing.
    double read_errors = 0;
    double write_errors = 0;
    double queue_errors = 0;
    /// Writes that are made, and whose caller is told `commit_unknown`.
    double lost_replies = 0;
    /// Steps of a watch that fail with `io` (temporary) and end it.
    double torn_streams = 0;
    /// Calls that are made later, by a random time up to `max_delay`.
    double delays = 0;
    std::chrono::milliseconds max_delay{0};
};

namespace detail {

/// How likely a call is to fail.
template <class Call>
turntable::detail::ChaosOdds chaos_odds(const ChaosOptions& options, const Call& /*call*/) {
    constexpr CallKind kind = Call::kind;
    const bool of_queue = kind == CallKind::queue_take || kind == CallKind::queue_finish ||
                          kind == CallKind::queue_extend;
    const bool is_commit = kind == CallKind::atomic_write || kind == CallKind::delete_range;
    return {.error = of_queue                            ? options.queue_errors
                     : Call::effect == CallEffect::reads ? options.read_errors
                                                         : options.write_errors,
            .lost_reply = is_commit ? options.lost_replies : 0};
}

}  // namespace detail

/// Breaks what can break, at random and repeatably.
///
/// Purpose: tests of whatever stands above: retries, clean-up, and code that believes that a write
/// which gave an error did not happen. Errors say that nothing was done, and nothing was; a lost
/// reply is a write that was made while its caller is told `commit_unknown`. health and close are
/// left alone.
/// Ownership: owns the inner backend; shares the runtime. Threads: as the inner backend.
/// Errors: those of the inner backend, busy, commit_unknown, io.
template <Backend Inner>
class ChaosLayer : public detail::PolicyLayer<turntable::detail::ChaosPolicy<ChaosOptions>, Inner> {
  public:
    explicit ChaosLayer(Inner inner, const ChaosOptions& options = {},
                        std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<turntable::detail::ChaosPolicy<ChaosOptions>, Inner>(
              std::move(inner), std::make_shared<turntable::detail::ChaosPolicy<ChaosOptions>>(
                                    options, std::move(runtime))) {}
};

}  // namespace turntable::inline v0::kv
