#pragma once

#include <memory>
#include <utility>

#include "turntable/core/layers/logging.hpp"
#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

using LoggingOptions = turntable::LoggingOptions;

/// Tells the log sink of the runtime about each call, when it has ended.
///
/// Purpose: one record a call, with the fields operation, backend, duration_us, outcome ("ok" or
/// an error code), bytes_in, bytes_out and trace. Never
/// keys, values or secrets. Without a sink it costs one look.
/// Ownership: owns the inner backend; shares the runtime. The sink is called on the thread that
/// completes the call and must not call the database.
/// Threads: as the inner backend. Errors: those of the inner backend.
template <Backend Inner>
class LoggingLayer : public detail::PolicyLayer<turntable::detail::LoggingPolicy, Inner> {
  public:
    explicit LoggingLayer(Inner inner, LoggingOptions options = {},
                          std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<turntable::detail::LoggingPolicy, Inner>(
              std::move(inner), std::make_shared<turntable::detail::LoggingPolicy>(
                                    detail::call_names(), std::move(options), std::move(runtime))) {
    }
};

}  // namespace turntable::inline v0::kv
