#pragma once

#include <string>
#include <string_view>

#include "turntable/core/error.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0::sql {

/// What an extended result code of SQLite means to a caller, with the words that SQLite has for
/// it and, where there is one, the next step.
TURNTABLE_EXPORT Error engine_error(int extended_code, std::string_view engine_text,
                                    const std::string& path, std::string_view doing);

/// The same for a failed COMMIT, where an input or output error leaves its fate open.
TURNTABLE_EXPORT Error commit_error(int extended_code, std::string_view engine_text,
                                    const std::string& path);

/// The file is not what it should be; `what` continues "PATH ".
TURNTABLE_EXPORT Error corrupt_error(const std::string& path, std::string_view what);

}  // namespace turntable::inline v0::sql
