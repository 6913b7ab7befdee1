#pragma once

#include <string_view>

#include "turntable/core/error.hpp"

namespace turntable::inline v0::blob::fs {

/// The error for the errno of a call on the file of `path`.
Error fs_error(int number, std::string_view doing, std::string_view path);

/// An error about a path, with its words.
Error path_error(ErrorCode code, std::string_view message, std::string_view path);

}  // namespace turntable::inline v0::blob::fs
