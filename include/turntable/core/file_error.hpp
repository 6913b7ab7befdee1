#pragma once

#include <string>
#include <string_view>

#include "turntable/core/error.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0 {

/// The error for the errno of a call on a file: `opening app.db: Permission denied`.
///
/// Purpose: one table from errno to ErrorCode for files. Ownership: the error owns its texts.
/// Threads: any. Errors: gives one, has none.
TURNTABLE_EXPORT Error file_error(int number, std::string_view doing, const std::string& path);

}  // namespace turntable::inline v0
