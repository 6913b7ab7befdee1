#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0::kv {

namespace detail {
/// An integer type that means a number: not bool and not a character.
template <class T>
concept NumberLike = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                     !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                     !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;
}  // namespace detail

/// A signed integer of any size: the bigint of keys and of V8 values.
///
/// Purpose: carries integers exactly, with the little arithmetic that the store needs (compare,
/// add); it is not a library for calculating.
/// Ownership: owns its digits; up to 15 bytes need no allocation.
/// Threads: a value; distinct objects are safe on distinct threads.
/// Errors: what comes from outside is bounded by max_size, `limit_exceeded` beyond it. Decimal
/// conversion takes time quadratic in the size: about a second at the bound.
class TURNTABLE_EXPORT BigInteger {
  public:
    /// The most bytes of magnitude that from_decimal and from_magnitude accept.
    static constexpr std::size_t max_size = 64 * 1024;

    BigInteger() noexcept = default;
    template <detail::NumberLike T>
    BigInteger(T value) {
        if constexpr (std::is_signed_v<T>) {
            // Negation in the unsigned type is right for the smallest value too.
            const auto bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
            assign(value < 0, value < 0 ? 0 - bits : bits);
        } else {
            assign(false, value);
        }
    }

    /// Reads `-?[0-9]+`; leading zeros are accepted, "-0" is 0.
    static Result<BigInteger> from_decimal(std::string_view text);
    /// From a magnitude with its lowest byte first; zero bytes at the high end are dropped.
    static Result<BigInteger> from_little_endian(bool negative, ByteView magnitude);
    /// From a magnitude with its highest byte first; zero bytes at the high end are dropped.
    static Result<BigInteger> from_big_endian(bool negative, ByteView magnitude);

    bool is_negative() const noexcept { return negative_; }
    bool is_zero() const noexcept { return magnitude_.empty(); }
    /// The magnitude without zero bytes at its high end, lowest byte first; empty for zero.
    ByteView little_endian() const noexcept { return magnitude_; }
    /// The same, highest byte first.
    std::string big_endian() const { return {magnitude_.rbegin(), magnitude_.rend()}; }

    /// The value, if it fits.
    std::optional<std::int64_t> to_int64() const noexcept;
    std::optional<std::uint64_t> to_uint64() const noexcept;
    std::string to_decimal() const;

    BigInteger operator-() const;
    BigInteger operator+(const BigInteger& other) const;
    bool operator==(const BigInteger& other) const noexcept = default;
    std::strong_ordering operator<=>(const BigInteger& other) const noexcept;

  private:
    BigInteger(bool negative, std::string magnitude);
    void assign(bool negative, std::uint64_t magnitude);

    std::string magnitude_;  // little-endian, minimal
    bool negative_ = false;  // never set for zero
};

}  // namespace turntable::inline v0::kv
