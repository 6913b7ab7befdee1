#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "turntable/core/byte_view.hpp"

namespace turntable::inline v0::kv::transfer {

inline std::string to_hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(2 * bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        out += {digits[bytes[i] >> 4U], digits[bytes[i] & 15U]};
    }
    return out;
}

/// Nothing if `text` is not what to_hex writes.
inline std::optional<std::string> from_hex(std::string_view text) {
    const auto digit = [](char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        out += static_cast<char>(high * 16 + low);
    }
    return text.size() % 2 == 0 ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace turntable::inline v0::kv::transfer
