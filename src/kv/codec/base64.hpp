#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "turntable/core/byte_view.hpp"

namespace turntable::inline v0::kv::codec {

/// Which characters stand for 62 and 63; both forms are padded with `=`.
enum class Base64 : bool { standard, url };

std::string to_base64(ByteView bytes, Base64 form = Base64::standard);

/// Nothing if `text` is not what to_base64 writes.
std::optional<std::string> from_base64(std::string_view text, Base64 form = Base64::standard);

}  // namespace turntable::inline v0::kv::codec
