#pragma once

/// \file
/// Waiting for a point in time without holding a thread.
/// Purpose: back-off, throttling, injected delays. Ownership: the runtime must outlive the wait.
/// Threads: any. Errors: cancelled or timeout when the context says so first.

#include "turntable/core/async.hpp"

namespace turntable::inline v0 {

/// Is ready at `when` by the steady clock of `runtime`. Also what is due already comes by way of
/// the timer, so the answer is pending at first.
TURNTABLE_EXPORT Async<void> wake_at(Runtime& runtime, const Context& context, Instant when);

}  // namespace turntable::inline v0
