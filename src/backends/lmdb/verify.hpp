#pragma once

#include "backends/lmdb/environment.hpp"

namespace turntable::inline v0::kv::lmdb {

/// Checks the structure of every page of the newest commit, before LMDB acts on it.
Result<void> verify_pages(MDB_env* environment, const std::string& path);

/// Checks every entry against its checksum. The environment has its map.
Result<void> verify_entries(Environment& environment);

}  // namespace turntable::inline v0::kv::lmdb
