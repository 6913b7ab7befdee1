#pragma once

#include <cstdint>

#include "backends/sqlite/file/open_file.hpp"

namespace turntable::inline v0::tape::sqlite {

/// The newest form of the file that is known here.
inline constexpr std::int64_t format_version = 1;
/// `TTtp`: what the header of such a file says that it is.
inline constexpr std::int64_t application_id = 0x54547470;

/// What a file of tapes has to be, and how it is made.
sql::Schema tape_schema();

}  // namespace turntable::inline v0::tape::sqlite
