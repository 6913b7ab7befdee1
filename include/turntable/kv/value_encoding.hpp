#pragma once

#include <cstdint>

namespace turntable::inline v0::kv {

/// How the bytes of a stored value are to be read; the numbers are those of Deno KV's files and
/// protocol.
///
/// Purpose: travels with every value. Ownership, threads, errors: none.
enum class ValueEncoding : std::uint8_t {
    v8 = 1,  ///< V8's structured-clone format
    le64 = 2,  ///< an unsigned 64-bit counter, 8 bytes, little-endian
    bytes = 3,  ///< plain bytes
};

}  // namespace turntable::inline v0::kv
