#include "turntable/core/base64.hpp"

#include <cstddef>
#include <cstdint>

namespace turntable::inline v0 {

namespace {

constexpr std::string_view standard_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string_view alphabet(Base64 form) {
    return form == Base64::url ? url_alphabet : standard_alphabet;
}

int digit_value(char c, Base64 form) {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == alphabet(form)[62] ? 62 : c == alphabet(form)[63] ? 63 : -1;
}

}  // namespace

std::string to_base64(ByteView bytes, Base64 form) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = (group << 8U) | (k < count ? bytes[i + k] : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            text.push_back(k <= count ? alphabet(form)[(group >> (18 - 6 * k)) & 0x3FU] : '=');
        }
    }
    return text;
}

std::optional<std::string> from_base64(std::string_view text, Base64 form) {
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int value = i + padding < text.size() ? digit_value(text[i], form) : 0;
        if (value < 0) {
            return std::nullopt;
        }
        group = (group << 6U) | static_cast<std::uint32_t>(value);
        if (i % 4 == 3) {
            for (unsigned shift = 24; shift > 0; shift -= 8) {
                bytes.push_back(static_cast<char>((group >> (shift - 8)) & 0xFFU));
            }
            group = 0;
        }
    }
    // The bits that padding cuts off must be zero, so that each byte string has one form.
    for (std::size_t i = 0; i < padding; ++i) {
        if (bytes.back() != 0) {
            return std::nullopt;
        }
        bytes.pop_back();
    }
    return bytes;
}

}  // namespace turntable::inline v0
