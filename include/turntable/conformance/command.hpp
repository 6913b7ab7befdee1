#pragma once

#include <memory>
#include <string>

#include "turntable/conformance/exit_status.hpp"
#include "turntable/conformance/run.hpp"

namespace turntable::inline v0::kv::conformance {

/// What `turntable conform` was asked to do.
///
/// Purpose: the argument of `conform`. Ownership: a value. Threads: a value. Errors: none.
struct CommandOptions {
    Options run = {};
    /// One JSON object at the end instead of a line for each case; with `list`, one array.
    bool json = false;
    /// Only list the cases.
    bool list = false;
    /// Allowed to empty a database that holds something.
    bool erase = false;
    /// The engine behind the URL takes its time from the runtime: true for what runs in this
    /// process, false for a server.
    bool controllable_clock = true;
};

using turntable::conformance::exit_certified;
using turntable::conformance::exit_failed;
using turntable::conformance::exit_unusable;
using turntable::conformance::Output;

/// The command `turntable conform URL`: certifies what `open` opens. `name` is shown, so it must
/// hold no secret. What the database holds is removed between cases and at the end; one that holds
/// something at the start is left alone unless `erase` is set.
TURNTABLE_EXPORT int conform(std::string name, const Subject::Open& open,
                             const CommandOptions& options, const Output& output);

}  // namespace turntable::inline v0::kv::conformance
