#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "turntable/core/byte_view.hpp"

namespace turntable::inline v0::kv::codec {

/// One code point and the bytes it takes.
struct CodePoint {
    std::uint32_t value;
    std::size_t size;  ///< 0 when the bytes at this place are malformed
};

/// Which code points a text may hold.
enum class Utf : std::uint8_t {
    utf8,  ///< Unicode scalar values
    wtf8,  ///< also lone surrogates, three bytes each (JavaScript strings); pairs are combined
};

/// Reads the code point that starts `text`, which must not be empty. Overlong forms and values
/// above 10FFFF are malformed; surrogates are accepted here for wtf8 only, one at a time.
CodePoint read_code_point(std::string_view text, Utf form) noexcept;

/// Appends a code point, surrogates included.
void append_code_point(std::string& out, std::uint32_t value);

/// Whether all of `text` is well formed.
bool is_well_formed(std::string_view text, Utf form) noexcept;

/// How many bytes from the start of `text` are ASCII.
std::size_t ascii_prefix(std::string_view text) noexcept;

/// One-byte characters (Latin-1) as UTF-8.
std::string from_latin1(ByteView bytes);

/// Two-byte characters, low byte first, as WTF-8. The size must be even.
std::string from_utf16(ByteView bytes);

constexpr bool is_high_surrogate(std::uint32_t value) noexcept {
    return value >= 0xD800 && value <= 0xDBFF;
}
constexpr bool is_low_surrogate(std::uint32_t value) noexcept {
    return value >= 0xDC00 && value <= 0xDFFF;
}
/// The code point that a surrogate pair stands for.
constexpr std::uint32_t combine_surrogates(std::uint32_t high, std::uint32_t low) noexcept {
    return 0x10000 + ((high - 0xD800) << 10U) + (low - 0xDC00);
}

}  // namespace turntable::inline v0::kv::codec
