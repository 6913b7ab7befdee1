#pragma once

#include <string>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0 {

/// Brings the name of a file to disk: it is kept by the folder that has it.
/// Errors: those of the system, with the path.
TURNTABLE_EXPORT Result<void> sync_folder_of(const std::string& path);

}  // namespace turntable::inline v0
