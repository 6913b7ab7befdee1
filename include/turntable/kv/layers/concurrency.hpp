#pragma once

#include <memory>
#include <utility>

#include "turntable/core/layers/concurrency.hpp"
#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

using ConcurrencyOptions = turntable::ConcurrencyOptions;

/// Lets only so many calls into the backend at the same time.
///
/// Purpose: an engine that slows down or refuses when too much is asked at once gets what it can
/// take, and the rest waits, first come, first served, without holding a thread. Takes, watches,
/// health and close pass: they wait for something to happen, or must not wait.
/// Ownership: owns the inner backend; shares the runtime. Calls that wait end with `closed` when
/// the layer is closed or destroyed. Threads: as the inner backend.
/// Errors: those of the inner backend; busy when too many wait.
template <Backend Inner>
class ConcurrencyLayer : public detail::PolicyLayer<turntable::detail::ConcurrencyPolicy, Inner> {
  public:
    explicit ConcurrencyLayer(Inner inner, const ConcurrencyOptions& options = {},
                              std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<turntable::detail::ConcurrencyPolicy, Inner>(
              std::move(inner),
              std::make_shared<turntable::detail::ConcurrencyPolicy>(options, std::move(runtime))) {
    }
};

}  // namespace turntable::inline v0::kv
