#pragma once

#include <cstdint>
#include <stop_token>

#include "turntable/core/clock.hpp"

namespace turntable::inline v0 {

/// What accompanies every contract call: how to stop it, until when, and on whose behalf.
///
/// Purpose: one argument that layers pass on untouched.
/// Ownership: a value; a callee that goes on after returning copies it.
/// Threads: a value, safe to copy between threads.
/// Errors: a stop request ends a pending call with `cancelled`, a passed deadline with `timeout`;
/// a commit that was already submitted ends with `commit_unknown` instead.
struct Context {
    /// Asks the operation to stop.
    std::stop_token stop = {};
    /// By the steady clock of the runtime; the default is never.
    Instant deadline = Instant::max();
    /// The caller waits on its own thread, which the backend may use for the work.
    bool caller_waits = false;
    /// Free for the caller; layers copy it to logs.
    std::uint64_t trace = 0;

    bool has_deadline() const noexcept { return deadline != Instant::max(); }
};

}  // namespace turntable::inline v0
