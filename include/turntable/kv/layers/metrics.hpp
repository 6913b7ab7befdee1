#pragma once

#include <memory>
#include <utility>

#include "turntable/core/layers/metrics.hpp"
#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

using MetricsOptions = turntable::MetricsOptions;

/// Counts calls, errors by code, bytes, latencies and what is in flight.
///
/// Purpose: the series `turntable_kv_*` of the runtime's MetricsRegistry, with the labels `backend`
/// and `operation`. A call that was made and told `closed` or `conflict` counts as an error too; a
/// check that failed does not.
/// Ownership: owns the inner backend; shares the runtime. Threads: as the inner backend.
/// Errors: those of the inner backend.
template <Backend Inner>
class MetricsLayer : public detail::PolicyLayer<turntable::detail::MetricsPolicy, Inner> {
  public:
    explicit MetricsLayer(Inner inner, const MetricsOptions& options = {},
                          std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<turntable::detail::MetricsPolicy, Inner>(
              std::move(inner), std::make_shared<turntable::detail::MetricsPolicy>(
                                    detail::call_names(), options, std::move(runtime))) {}
};

}  // namespace turntable::inline v0::kv
