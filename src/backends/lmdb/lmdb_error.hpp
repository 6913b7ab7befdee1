#pragma once

#include <string>
#include <string_view>

#include "turntable/core/result.hpp"

namespace turntable::inline v0::kv::lmdb {

/// What a return code of LMDB or of the system means, while `doing` something with the database in
/// the folder `path`. The code goes along as backend_code.
Error engine_error(int code, const std::string& path, std::string_view doing);

/// Damage, or something that is not ours: `path` and what is wrong with it.
Error corrupt_error(const std::string& path, std::string_view what);

}  // namespace turntable::inline v0::kv::lmdb
