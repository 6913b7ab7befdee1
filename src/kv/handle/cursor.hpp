#pragma once

/// \file
/// The text form of a place in a list: URL-safe base64 with padding, as Deno writes it.
/// Purpose: cursors. Ownership, threads: functions of values. Errors: invalid_argument.

#include <string>
#include <string_view>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0::kv::detail {

std::string encode_cursor(ByteView bytes);
/// Accepts exactly what encode_cursor writes.
Result<std::string> decode_cursor(std::string_view text);

}  // namespace turntable::inline v0::kv::detail
