#pragma once

#include <cstddef>
#include <string>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0 {

/// Bytes that nobody can guess, from the operating system: for secrets only, everything else takes
/// its chance from the Runtime, which a test can repeat.
/// Errors: `io` when the system has none to give.
TURNTABLE_EXPORT Result<std::string> secure_random_bytes(std::size_t count);

}  // namespace turntable::inline v0
