#pragma once

#include <string>

#include "turntable/conformance/blob/run.hpp"
#include "turntable/conformance/exit_status.hpp"

namespace turntable::inline v0::blob::conformance {

/// What `turntable conform --surface blob` was asked to do.
///
/// Purpose: the argument of `conform`. Ownership: a value. Threads: a value. Errors: none.
struct CommandOptions {
    Options run = {};
    /// One JSON object at the end instead of a line for each case; with `list`, one array.
    bool json = false;
    /// Only list the cases.
    bool list = false;
    /// Allowed to empty a store that holds something.
    bool erase = false;
};

/// Certifies what `open` opens; the status is one of exit_status.hpp. `name` is shown, so it must
/// hold no secret. What the store holds is removed between cases and at the end; one that holds
/// something at the start is left alone unless `erase` is set.
TURNTABLE_EXPORT int conform(std::string name, const Subject::Open& open,
                             const CommandOptions& options,
                             const turntable::conformance::Output& output);

}  // namespace turntable::inline v0::blob::conformance
