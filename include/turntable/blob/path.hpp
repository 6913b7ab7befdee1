#pragma once

/// \file
/// Names of blobs.
/// Purpose: one place decides what a path is, before any backend sees it.
/// Ownership, threads: values. Errors: invalid_argument, limit_exceeded.

#include <string>
#include <string_view>

#include "turntable/blob/limits.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0::blob {

/// The one form of a path that backends get: segments joined by single slashes, none in front; a
/// directory ends with a slash; the root is the empty string.
///
/// Leading slashes, empty segments and `.` fall away, so that `/a//./b` is `a/b`: everything is
/// below the root of the store. `..` and NUL are refused, not resolved. Any other bytes are part
/// of a name; what is no UTF-8 is up to the backend.
/// Errors: invalid_argument; limit_exceeded over `path_bytes_max` or `segment_bytes_max`.
TURNTABLE_EXPORT Result<std::string> normalize_path(std::string_view path,
                                                    const Limits& limits = {});

/// Whether a normalised path names a directory: the root, or what ends with a slash.
inline bool is_directory_path(std::string_view path) noexcept {
    return path.empty() || path.back() == '/';
}

/// The directory that holds `path`, ending with a slash; the root for what lies in it.
TURNTABLE_EXPORT std::string_view parent_path(std::string_view path) noexcept;

/// The last segment, without a slash.
TURNTABLE_EXPORT std::string_view base_name(std::string_view path) noexcept;

}  // namespace turntable::inline v0::blob
