#pragma once

#include <cstdint>
#include <string>

#include "turntable/core/result.hpp"

namespace turntable::inline v0::kv::lmdb {

/// Sees to it that lock.mdb has its space on the disk before LMDB maps it for writing: a page that
/// the disk has no room for would end the program with SIGBUS. Not while this process has the
/// folder open, since closing the file would let go of LMDB's locks.
Result<void> prepare_lock_file(const std::string& folder, std::uint32_t readers);

}  // namespace turntable::inline v0::kv::lmdb
