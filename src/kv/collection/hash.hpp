#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace turntable::inline v0::kv {

/// FNV-1a of 64 bits as 16 hexadecimal digits: tells apart what changed by accident, and is no
/// defence against somebody who wants two texts to look the same.
inline std::string hash_text(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char byte : text) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out(16, '0');
    for (std::size_t i = out.size(); i-- > 0; hash >>= 4U) {
        out[i] = digits[hash & 0xFU];
    }
    return out;
}

}  // namespace turntable::inline v0::kv
