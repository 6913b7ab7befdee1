#pragma once

#include <cstdint>

#include "backends/sqlite/file/open_file.hpp"

namespace turntable::inline v0::blob::sqlite {

/// The newest form of the tables; docs/formats/sqlite-blobs.md is its page.
inline constexpr std::int64_t format_version = 1;

/// What a file must have to hold blobs, for sql::open_file: an empty file, tables of Turntable or
/// those of a Deno KV database.
sql::Schema blob_schema();

}  // namespace turntable::inline v0::blob::sqlite
