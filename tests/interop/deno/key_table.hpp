#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "turntable/kv/key.hpp"

namespace turntable::test {

/// 2^bits - 1, for bits divisible by 8.
inline kv::BigInteger all_ones(bool negative, std::size_t bits) {
    return *kv::BigInteger::from_big_endian(negative, std::string(bits / 8, '\xff'));
}

/// 2^bits, for bits divisible by 8.
inline kv::BigInteger power_of_two(bool negative, std::size_t bits) {
    return *kv::BigInteger::from_big_endian(negative, '\x01' + std::string(bits / 8, '\0'));
}

/// Keys of each kind by name; keys.mjs has the same table.
inline std::vector<std::pair<std::string, kv::Key>> key_table() {
    using namespace std::string_literals;
    using kv::BigInteger;
    using kv::BytesPart;
    using kv::Key;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const BigInteger digits = *BigInteger::from_decimal("1234567890123456789012345678901234567890");
    const BigInteger minus_digits =
        *BigInteger::from_decimal("-1234567890123456789012345678901234567890");
    return {
        {"bytes_empty", Key{BytesPart{""}}},
        {"bytes_zero_ff", Key{BytesPart{"\0\xff\0\x01"s}}},
        {"text_empty", Key{""}},
        {"text_zero", Key{"a\0b\0"s}},
        {"text_unicode", Key{"gr\u00fc\u00df \u4e2d \U0001f600"}},
        {"int_zero", Key{0}},
        {"int_one", Key{1}},
        {"int_minus_one", Key{-1}},
        {"int_255", Key{255}},
        {"int_256", Key{256}},
        {"int_minus_255", Key{-255}},
        {"int_minus_256", Key{-256}},
        {"int_u64_max", Key{all_ones(false, 64)}},
        {"int_2_64", Key{power_of_two(false, 64)}},
        {"int_minus_2_64", Key{power_of_two(true, 64)}},
        {"int_minus_u64_max", Key{all_ones(true, 64)}},
        {"int_40_digits", Key{digits}},
        {"int_minus_40_digits", Key{minus_digits}},
        {"int_255_bytes", Key{all_ones(false, 2040)}},
        {"int_minus_255_bytes", Key{all_ones(true, 2040)}},
        {"number_zero", Key{0.0}},
        {"number_minus_zero", Key{-0.0}},
        {"number_fraction", Key{1.5}},
        {"number_minus_fraction", Key{-1.5}},
        {"number_max", Key{std::numeric_limits<double>::max()}},
        {"number_tiny", Key{5e-324}},
        {"number_infinity", Key{infinity}},
        {"number_minus_infinity", Key{-infinity}},
        {"number_nan", Key{std::numeric_limits<double>::quiet_NaN()}},
        {"boolean_false", Key{false}},
        {"boolean_true", Key{true}},
        {"mixed", Key{"users", 42, 42.0, true, BytesPart{"\0"s}, "", -7, false, -0.0}},
        {"longest", Key{std::string(2046, 'x')}},
    };
}

}  // namespace turntable::test
