#pragma once

#include <memory>
#include <utility>

#include "turntable/core/layers/timeout.hpp"
#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

using TimeoutOptions = turntable::TimeoutOptions;

/// Gives every call a deadline.
///
/// Purpose: no call hangs. A call gets the earlier one of its caller's deadline and the layer's;
/// the backend ends it then, and knows whether a write was submitted: `timeout` when nothing was
/// written, `commit_unknown` when it cannot be known. A backend that does not answer even then is
/// left behind after `grace`: a read ends with `timeout`, a write with `commit_unknown`. Watches
/// and takes wait for something to happen and have no limit.
/// Inside a retry layer it bounds each attempt, outside of it all of them together.
/// Ownership: owns the inner backend; shares the runtime. Threads: as the inner backend.
/// Errors: those of the inner backend, `timeout`, `commit_unknown`.
template <Backend Inner>
class TimeoutLayer : public detail::PolicyLayer<turntable::detail::TimeoutPolicy, Inner> {
  public:
    explicit TimeoutLayer(Inner inner, const TimeoutOptions& options = {},
                          std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<turntable::detail::TimeoutPolicy, Inner>(
              std::move(inner),
              std::make_shared<turntable::detail::TimeoutPolicy>(options, std::move(runtime))) {}
};

}  // namespace turntable::inline v0::kv
