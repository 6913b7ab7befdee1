#pragma once

#include <memory>
#include <utility>

#include "turntable/core/layers/throttle.hpp"
#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

using ThrottleOptions = turntable::ThrottleOptions;

/// Lets only so many calls and bytes through a second.
///
/// Purpose: to leave room for others on a shared store or line. A call that comes too early waits,
/// first come, first served, without holding a thread; the bytes of an answer are known only
/// afterwards and are paid for by the calls that follow.
/// Ownership: owns the inner backend; shares the runtime. Calls that wait end with `closed` when
/// the layer is closed or destroyed. Threads: as the inner backend.
/// Errors: those of the inner backend; busy for a call that would wait longer than max_wait.
template <Backend Inner>
class ThrottleLayer : public detail::PolicyLayer<turntable::detail::ThrottlePolicy, Inner> {
  public:
    explicit ThrottleLayer(Inner inner, const ThrottleOptions& options = {},
                           std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<turntable::detail::ThrottlePolicy, Inner>(
              std::move(inner),
              std::make_shared<turntable::detail::ThrottlePolicy>(options, std::move(runtime))) {}
};

}  // namespace turntable::inline v0::kv
