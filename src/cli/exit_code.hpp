#pragma once

#include "turntable/core/error.hpp"

namespace turntable_cli {

/// How the program ends; documented in docs/cli.md and in `turntable --help`.
enum class ExitCode : int {
    ok = 0,
    failed = 1,  ///< the operation failed
    usage = 2,  ///< the command line is wrong
    not_found = 3,  ///< there is no such key or blob
    check_failed = 4,  ///< a write was refused by a check; a replay was not as recorded
    cannot_open = 5,  ///< the store or the configuration could not be used
    unwell = 6,  ///< a store is unhealthy, a tape damaged, a backend does not conform, two differ
    interrupted = 130,  ///< stopped by a signal where the work can be gone on with
};

/// The exit code for an error of the library.
ExitCode exit_code_for(const turntable::Error& error);

}  // namespace turntable_cli
