#include "turntable/kv/versionstamp.hpp"

#include <algorithm>

namespace turntable::inline v0::kv {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

int digit_value(char c) noexcept {
    const auto at = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

Result<Versionstamp> Versionstamp::from_bytes(ByteView bytes) {
    if (bytes.size() != size_bytes) {
        return Error(ErrorCode::invalid_argument,
                     "a versionstamp is 10 bytes, not " + std::to_string(bytes.size()));
    }
    Versionstamp stamp;
    for (std::size_t i = 0; i < size_bytes; ++i) {
        stamp.bytes_[i] = bytes[i];
    }
    return stamp;
}

Result<Versionstamp> Versionstamp::parse(std::string_view hex) {
    const bool all_digits =
        std::all_of(hex.begin(), hex.end(), [](char c) { return digit_value(c) >= 0; });
    if (hex.size() != 2 * size_bytes || !all_digits) {
        return Error(ErrorCode::invalid_argument, "a versionstamp is 20 hexadecimal digits");
    }
    Versionstamp stamp;
    for (std::size_t i = 0; i < size_bytes; ++i) {
        stamp.bytes_[i] =
            static_cast<unsigned char>(digit_value(hex[2 * i]) * 16 + digit_value(hex[2 * i + 1]));
    }
    return stamp;
}

std::string Versionstamp::to_string() const {
    std::string out;
    for (const unsigned char byte : bytes_) {
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    }
    return out;
}

}  // namespace turntable::inline v0::kv
