#pragma once

#include "backends/sqlite/file/connection.hpp"

namespace turntable::inline v0::sql {

/// Checks the first 100 bytes of the file against its size, before SQLite acts on them. Reads
/// through the file that SQLite has open: a second descriptor on it, once closed, would drop the
/// locks that other connections of this process hold. An empty file passes.
Result<void> check_header(const Connection& connection);

}  // namespace turntable::inline v0::sql
