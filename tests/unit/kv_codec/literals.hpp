#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "turntable/core/bytes.hpp"

/// \file
/// What the examples of the codecs are written in.
namespace turntable::test {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

inline std::string hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text += digits[bytes[i] >> 4U];
        text += digits[bytes[i] & 15U];
    }
    return text;
}

inline std::string bytes_of(std::string_view hex_text) {
    std::string bytes;
    for (std::size_t i = 0; i < hex_text.size(); i += 2) {
        bytes.push_back(
            static_cast<char>(std::stoi(std::string(hex_text.substr(i, 2)), nullptr, 16)));
    }
    return bytes;
}

}  // namespace turntable::test
