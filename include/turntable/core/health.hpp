#pragma once

#include <chrono>
#include <string>

namespace turntable::inline v0 {

/// How a store is doing, as asked for just now.
///
/// Purpose: the answer of `health()`. Ownership: a value. Threads: a value.
/// Errors: a store that answers that it is unwell is a Health, not an Error.
struct Health {
    enum class State : unsigned char { healthy, degraded, unhealthy };
    State state = State::healthy;
    /// How long the question took.
    std::chrono::microseconds latency{0};
    /// Why it is not healthy; may add a remark when it is.
    std::string reason = {};
};

}  // namespace turntable::inline v0
