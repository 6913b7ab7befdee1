#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0 {

/// \file
/// Bytes as base64 (RFC 4648).
/// Purpose: bytes in texts. Ownership: results own their bytes. Threads: plain functions.
/// Errors: text that is not base64 gives nothing.

/// Which characters stand for 62 and 63; both forms are padded with `=`.
enum class Base64 : bool { standard, url };

TURNTABLE_EXPORT std::string to_base64(ByteView bytes, Base64 form = Base64::standard);

/// Nothing if `text` is not what to_base64 writes.
TURNTABLE_EXPORT std::optional<std::string> from_base64(std::string_view text,
                                                        Base64 form = Base64::standard);

}  // namespace turntable::inline v0
