#pragma once

/// \file
/// Counting calls.
/// Purpose: what the layer `metrics` of every surface does. Ownership: values.
/// Threads: as the backend. Errors: those of the backend.

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "turntable/core/layers/loop.hpp"
#include "turntable/core/metrics.hpp"
#include "turntable/core/tap.hpp"

namespace turntable::inline v0 {

/// What a layer `metrics` is called in its series.
///
/// Purpose: the label `backend`. Ownership, threads: a value. Errors: none.
struct MetricsOptions {
    /// The value of the label `backend` of each series; empty: what the registry knows, or the name
    /// of the surface.
    std::string backend{};
};

namespace detail {

/// Counts calls in the series `turntable_SURFACE_*`.
class MetricsPolicy : public LayerPolicy, public std::enable_shared_from_this<MetricsPolicy> {
  public:
    TURNTABLE_EXPORT MetricsPolicy(const CallNames& names, const MetricsOptions& options,
                                   std::shared_ptr<Runtime> runtime);

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        using T = typename Call::Answer;
        const Instant start = begin(index<Call>, call.size_bytes());
        auto answer = call.make(target, context);
        if (answer.is_ready()) [[likely]] {
            end<Call>(start, answer.peek());
        } else {
            answer =
                tap(std::move(answer), [self = this->shared_from_this(), start](Result<T>& result) {
                    self->template end<Call>(start, result);
                });
        }
        return answer;
    }
    template <class Target, class Call>
    Result<Stream<typename Call::Item>> open(Target& target, const Context& context,
                                             const Call& call) {
        const Instant start = begin(index<Call>, 0);
        auto stream = call.open(target, context);
        end_call(index<Call>, start, stream ? nullptr : &stream.error(), 0);
        return stream;
    }
    template <class Target, class Call>
    Async<void> close(Target& target, const Context& context, const Call& call) {
        return run(target, context, call);
    }

  private:
    struct Series {
        Counter* operations = nullptr;
        Counter* bytes_in = nullptr;
        Counter* bytes_out = nullptr;
        Gauge* in_flight = nullptr;
        Histogram* seconds = nullptr;
    };

    template <class Call>
    static constexpr std::size_t index = static_cast<std::size_t>(Call::kind);

    Instant begin(std::size_t kind, std::size_t bytes) {
        const Series& series = series_[kind];
        series.in_flight->add(1);
        series.bytes_in->add(bytes);
        return clock_->steady_now();
    }
    template <class Call, class T>
    void end(Instant start, const Result<T>& result) {
        end_call(index<Call>, start, result ? nullptr : &result.error(),
                 result_bytes<Call>(result));
    }
    void end_call(std::size_t kind, Instant start, const Error* error, std::size_t bytes) {
        const Series& series = series_[kind];
        series.seconds->observe(clock_->steady_now() - start);
        series.operations->add();
        series.bytes_out->add(bytes);
        series.in_flight->add(-1);
        if (error != nullptr) [[unlikely]] {
            count_error(kind, *error);
        }
    }
    TURNTABLE_EXPORT void count_error(std::size_t kind, const Error& error);

    std::shared_ptr<Runtime> runtime_;
    std::shared_ptr<MetricsRegistry> registry_;
    Clock* clock_;
    CallNames names_;
    std::string backend_;
    std::array<Series, call_kinds_max> series_;
};

}  // namespace detail

}  // namespace turntable::inline v0
