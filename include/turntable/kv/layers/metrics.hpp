#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "turntable/core/metrics.hpp"
#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

/// What a MetricsLayer is called in its series.
///
/// Purpose: the label `backend`. Ownership, threads: a value. Errors: none.
struct MetricsOptions {
    /// The value of the label `backend` of each series; empty: what the registry knows, or "kv".
    std::string backend{};
};

namespace detail {

class MetricsPolicy : public LayerPolicy, public std::enable_shared_from_this<MetricsPolicy> {
  public:
    TURNTABLE_EXPORT MetricsPolicy(const MetricsOptions& options, std::shared_ptr<Runtime> runtime);

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        using T = typename Call::Answer;
        const Instant start = begin(Call::kind, call.size_bytes());
        auto answer = call.make(target, context);
        if (answer.is_ready()) [[likely]] {
            end(Call::kind, start, answer.peek());
        } else {
            answer =
                tap(std::move(answer), [self = this->shared_from_this(), start](Result<T>& result) {
                    self->end(Call::kind, start, result);
                });
        }
        return answer;
    }
    template <class Target>
    Result<Stream<WatchOutput>> watch(Target& target, const Context& context,
                                      std::span<const WatchTarget> targets) {
        const Instant start = begin(CallKind::watch, 0);
        auto stream = target.watch(context, targets);
        end_call(CallKind::watch, start, stream ? nullptr : &stream.error(), 0);
        return stream;
    }
    template <class Target>
    Async<void> close(Target& target, const Context& context) {
        return run(target, context, CloseCall{});
    }

  private:
    struct Series {
        Counter* operations = nullptr;
        Counter* bytes_in = nullptr;
        Counter* bytes_out = nullptr;
        Gauge* in_flight = nullptr;
        Histogram* seconds = nullptr;
    };

    Instant begin(CallKind kind, std::size_t bytes) {
        const Series& series = series_[static_cast<std::size_t>(kind)];
        series.in_flight->add(1);
        series.bytes_in->add(bytes);
        return clock_->steady_now();
    }
    template <class T>
    void end(CallKind kind, Instant start, const Result<T>& result) {
        end_call(kind, start, result ? nullptr : &result.error(), result_bytes(result));
    }
    void end_call(CallKind kind, Instant start, const Error* error, std::size_t bytes) {
        const Series& series = series_[static_cast<std::size_t>(kind)];
        series.seconds->observe(clock_->steady_now() - start);
        series.operations->add();
        series.bytes_out->add(bytes);
        series.in_flight->add(-1);
        if (error != nullptr) [[unlikely]] {
            count_error(kind, *error);
        }
    }
    TURNTABLE_EXPORT void count_error(CallKind kind, const Error& error);

    std::shared_ptr<Runtime> runtime_;
    std::shared_ptr<MetricsRegistry> registry_;
    Clock* clock_;
    std::string backend_;
    std::array<Series, call_kind_count> series_;
};

}  // namespace detail

/// Counts calls, errors by code, bytes, latencies and what is in flight.
///
/// Purpose: the series `turntable_kv_*` of the runtime's MetricsRegistry, with the labels `backend`
/// and `operation`. A call that was made and told `closed` or `conflict` counts as an error too; a
/// check that failed does not.
/// Ownership: owns the inner backend; shares the runtime. Threads: as the inner backend.
/// Errors: those of the inner backend.
template <Backend Inner>
class MetricsLayer : public detail::PolicyLayer<detail::MetricsPolicy, Inner> {
  public:
    explicit MetricsLayer(Inner inner, const MetricsOptions& options = {},
                          std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<detail::MetricsPolicy, Inner>(
              std::move(inner),
              std::make_shared<detail::MetricsPolicy>(options, std::move(runtime))) {}
};

}  // namespace turntable::inline v0::kv
