#pragma once

/// \file
/// The layers around providers of tapes.
/// Purpose: what docs/layers says, for this surface. Each is a class template over any provider,
///
///     tape::RetryLayer retried(std::move(provider), {.max_attempts = 3});
///     const tape::Library tapes(tape::MetricsLayer(std::move(retried)));
///
/// and can be named in `layers = [...]`, see turntable/tape/registry.hpp.
/// Ownership: a layer owns the provider inside and shares the runtime. What waits in a layer ends
/// with `closed` when it is closed or destroyed. Threads: as the provider inside.
/// Errors: those of the provider inside and what each says.

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "turntable/core/layers/chaos.hpp"
#include "turntable/core/layers/concurrency.hpp"
#include "turntable/core/layers/logging.hpp"
#include "turntable/core/layers/metrics.hpp"
#include "turntable/core/layers/read_only.hpp"
#include "turntable/core/layers/retry.hpp"
#include "turntable/core/layers/throttle.hpp"
#include "turntable/core/layers/timeout.hpp"
#include "turntable/tape/detail/policy_layer.hpp"
#include "turntable/tape/detail/retried.hpp"

namespace turntable::inline v0::tape {

using ConcurrencyOptions = turntable::ConcurrencyOptions;
using LoggingOptions = turntable::LoggingOptions;
using MetricsOptions = turntable::MetricsOptions;
using RetryOptions = turntable::RetryOptions;
using ThrottleOptions = turntable::ThrottleOptions;
using TimeoutOptions = turntable::TimeoutOptions;

/// Refuses everything that changes a library, with permission_denied.
///
/// Reads, searches and inspections pass; nothing is repaired. finish_tape answers as get_metadata
/// does: where nothing is appended, nothing is to be brought up to date.
template <Provider Inner>
class ReadOnlyLayer : public Layer<Inner> {
  public:
    explicit ReadOnlyLayer(Inner inner) : Layer<Inner>(std::move(inner)) {}

    static Async<TapeMetadata> save_tape(const Context& /*context*/,
                                         const SaveRequest& /*request*/) {
        return turntable::detail::read_only_error("save_tape");
    }
    Async<SavedTapes> save_tapes(const Context& context, const std::vector<SaveRequest>& requests) {
        return detail::save_each(*this, context, requests);
    }
    static bool saves_in_batches() noexcept { return false; }
    static Async<std::uint64_t> append(const Context& /*context*/, std::string_view id,
                                       std::uint64_t /*offset*/, ByteView /*bytes*/) {
        return refused(id, "append");
    }
    static Async<void> delete_tape(const Context& /*context*/, std::string_view id) {
        return refused(id, "delete_tape");
    }
    static Async<TapeMetadata> update_metadata(const Context& /*context*/, std::string_view id,
                                               const LabelChange& /*change*/) {
        return refused(id, "update_metadata");
    }
    Async<TapeMetadata> finish_tape(const Context& context, std::string_view id) {
        return this->inner().get_metadata(context, id);
    }
    Async<InspectReport> inspect(const Context& context, const InspectOptions& options) {
        return provider_inspect(this->inner(), context, {.contents = options.contents});
    }

  private:
    static Error refused(std::string_view id, std::string_view operation) {
        auto right = check_tape_id(id);
        return right ? turntable::detail::read_only_error(operation) : std::move(right).error();
    }
};

/// Makes calls again that failed for a passing reason.
///
/// Repeated is what is safe: an error that says `temporary`, except `commit_unknown`; every other
/// error of a change means that nothing was changed, and an append that was made after all answers
/// the second time as the first. Of many tapes in one call those are saved again that failed.
/// finish_tape and inspect may be made any number of times; health_check and close are made once.
/// A stream that breaks before it gave anything is opened again; later an error is passed on, since
/// another tape may have taken the place of the one that it began with.
/// Waits are exponential with full jitter; the deadline of the call bounds all attempts together.
/// When the attempts are used up, the last error is given as `exhausted`.
template <Provider Inner>
class RetryLayer : public detail::PolicyLayer<detail::RetryPolicy, Inner> {
  public:
    explicit RetryLayer(Inner inner, const RetryOptions& options = {},
                        std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<detail::RetryPolicy, Inner>(
              std::move(inner),
              std::make_shared<detail::RetryPolicy>(options, std::move(runtime))) {}
};

/// Gives every call, and every step of a stream, a deadline.
///
/// The provider ends a call at its deadline; one that does not is left behind after `grace`: what
/// reads ends with `timeout`, what changes something with `commit_unknown`. save_tapes has as long
/// as its tapes would have one by one. inspect and close have no limit.
template <Provider Inner>
class TimeoutLayer : public detail::PolicyLayer<turntable::detail::TimeoutPolicy, Inner> {
  public:
    explicit TimeoutLayer(Inner inner, const TimeoutOptions& options = {},
                          std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<turntable::detail::TimeoutPolicy, Inner>(
              std::move(inner),
              std::make_shared<turntable::detail::TimeoutPolicy>(options, std::move(runtime))) {}
};

/// Counts calls, errors by code, bytes, latencies and what is in flight, in the series
/// `turntable_tape_*`. Of a stream the opening is counted.
template <Provider Inner>
class MetricsLayer : public detail::PolicyLayer<turntable::detail::MetricsPolicy, Inner> {
  public:
    explicit MetricsLayer(Inner inner, const MetricsOptions& options = {},
                          std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<turntable::detail::MetricsPolicy, Inner>(
              std::move(inner), std::make_shared<turntable::detail::MetricsPolicy>(
                                    detail::call_names(), options, std::move(runtime))) {}
};

/// Tells the log sink of the runtime about each call, when it has ended: never ids, names, frames
/// or labels. The sink must not call the library.
template <Provider Inner>
class LoggingLayer : public detail::PolicyLayer<turntable::detail::LoggingPolicy, Inner> {
  public:
    explicit LoggingLayer(Inner inner, LoggingOptions options = {},
                          std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<turntable::detail::LoggingPolicy, Inner>(
              std::move(inner), std::make_shared<turntable::detail::LoggingPolicy>(
                                    detail::call_names(), std::move(options), std::move(runtime))) {
    }
};

/// Lets only so many calls and steps of streams into the provider at the same time; the rest waits,
/// first come, first served, and is refused with `busy` when too many wait.
template <Provider Inner>
class ConcurrencyLayer : public detail::PolicyLayer<turntable::detail::ConcurrencyPolicy, Inner> {
  public:
    explicit ConcurrencyLayer(Inner inner, const ConcurrencyOptions& options = {},
                              std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<turntable::detail::ConcurrencyPolicy, Inner>(
              std::move(inner),
              std::make_shared<turntable::detail::ConcurrencyPolicy>(options, std::move(runtime))) {
    }
};

/// Lets only so many calls, steps of streams and bytes of contents through a second; what would
/// wait longer than max_wait is refused with `busy`.
template <Provider Inner>
class ThrottleLayer : public detail::PolicyLayer<turntable::detail::ThrottlePolicy, Inner> {
  public:
    explicit ThrottleLayer(Inner inner, const ThrottleOptions& options = {},
                           std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<turntable::detail::ThrottlePolicy, Inner>(
              std::move(inner),
              std::make_shared<turntable::detail::ThrottlePolicy>(options, std::move(runtime))) {}
};

/// What a ChaosLayer does, each as a probability from 0 to 1.
struct ChaosOptions {
    /// The same seed gives the same row of decisions; zero: from the runtime's randomness.
    std::uint64_t seed = 0;
    /// Calls that fail with `busy` (temporary) and do nothing.
    double read_errors = 0;
    double write_errors = 0;
    /// Changes that are made, and whose caller is told `commit_unknown`.
    double lost_replies = 0;
    /// Steps of a stream that fail with `io` (temporary) and end it.
    double torn_streams = 0;
    /// Calls that are made later, by a random time up to `max_delay`.
    double delays = 0;
    std::chrono::milliseconds max_delay{0};
};

namespace detail {

/// How likely a call is to fail.
template <class Call>
turntable::detail::ChaosOdds chaos_odds(const ChaosOptions& options, const Call& /*call*/) {
    constexpr bool reads = Call::effect == CallEffect::reads;
    return {.error = reads ? options.read_errors : options.write_errors,
            .lost_reply = reads ? 0 : options.lost_replies};
}

}  // namespace detail

/// Breaks what can break, at random and repeatably: for tests of whatever stands above.
/// health_check and close are left alone.
template <Provider Inner>
class ChaosLayer : public detail::PolicyLayer<turntable::detail::ChaosPolicy<ChaosOptions>, Inner> {
  public:
    explicit ChaosLayer(Inner inner, const ChaosOptions& options = {},
                        std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<turntable::detail::ChaosPolicy<ChaosOptions>, Inner>(
              std::move(inner), std::make_shared<turntable::detail::ChaosPolicy<ChaosOptions>>(
                                    options, std::move(runtime))) {}
};

}  // namespace turntable::inline v0::tape
