#include "kv/handle/cursor.hpp"

#include <algorithm>
#include <cstdint>

namespace turntable::inline v0::kv::detail {

namespace {

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t group_bytes = 3;
constexpr std::size_t group_digits = 4;

Error invalid_cursor() { return {ErrorCode::invalid_argument, "invalid cursor"}; }

}  // namespace

std::string encode_cursor(ByteView bytes) {
    std::string out;
    out.reserve((bytes.size() + group_bytes - 1) / group_bytes * group_digits);
    for (std::size_t i = 0; i < bytes.size(); i += group_bytes) {
        const std::size_t count = std::min(group_bytes, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < group_bytes; ++j) {
            group = group << 8U | (j < count ? bytes[i + j] : 0U);
        }
        for (std::size_t j = 0; j < group_digits; ++j) {
            out += j <= count ? digits[group >> (18U - 6U * j) & 63U] : '=';
        }
    }
    return out;
}

Result<std::string> decode_cursor(std::string_view text) {
    if (text.size() % group_digits != 0) {
        return invalid_cursor();
    }
    std::size_t padding = 0;
    while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=') {
        ++padding;
    }
    std::string out;
    std::uint32_t bits = 0;
    std::size_t bit_count = 0;
    for (const char digit : text.substr(0, text.size() - padding)) {
        const std::size_t value = digits.find(digit);
        if (value == std::string_view::npos) {
            return invalid_cursor();
        }
        bits = (bits << 6U | static_cast<std::uint32_t>(value)) & 0xFFFFU;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            out += static_cast<char>(bits >> bit_count & 0xFFU);
        }
    }
    if (encode_cursor(out) != text) {
        return invalid_cursor();  // bits that mean nothing must be zero
    }
    return out;
}

}  // namespace turntable::inline v0::kv::detail
