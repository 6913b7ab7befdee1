#pragma once

#include <string>

#include "turntable/conformance/exit_status.hpp"
#include "turntable/conformance/tape/run.hpp"

namespace turntable::inline v0::tape::conformance {

/// What `turntable conform --surface tape` was asked to do.
///
/// Purpose: the argument of `conform`. Ownership: a value. Threads: a value. Errors: none.
struct CommandOptions {
    Options run = {};
    /// One JSON object at the end instead of a line for each case; with `list`, one array.
    bool json = false;
    /// Only list the cases.
    bool list = false;
    /// Allowed to delete the tapes of a provider that has some.
    bool erase = false;
};

/// Certifies what `open` opens; the status is one of exit_status.hpp. `name` is shown, so it must
/// hold no secret. Tapes are deleted between cases and at the end; a provider that has some at the
/// start is left alone unless `erase` is set. Whether tapes are there when they are opened again,
/// or a second time, is found out first: where they are not, cases that need it do not apply.
TURNTABLE_EXPORT int conform(std::string name, const Subject::Open& open,
                             const CommandOptions& options,
                             const turntable::conformance::Output& output);

}  // namespace turntable::inline v0::tape::conformance
