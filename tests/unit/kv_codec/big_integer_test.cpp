#include "turntable/kv/big_integer.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

namespace {

using turntable::ErrorCode;
using turntable::kv::BigInteger;

BigInteger decimal(std::string_view text) { return *BigInteger::from_decimal(text); }

TEST(BigInteger, KeepsTheExtremesOfEachMachineType) {
    for (const std::int64_t value :
         {std::numeric_limits<std::int64_t>::min(), std::int64_t{-256}, std::int64_t{-1},
          std::int64_t{0}, std::int64_t{255}, std::numeric_limits<std::int64_t>::max()}) {
        EXPECT_EQ(BigInteger(value).to_int64(), value);
        EXPECT_EQ(BigInteger(value).to_decimal(), std::to_string(value));
    }
    EXPECT_EQ(BigInteger(UINT64_MAX).to_uint64(), UINT64_MAX);
    EXPECT_EQ(BigInteger(UINT64_MAX).to_int64(), std::nullopt);
    EXPECT_EQ(BigInteger(-1).to_uint64(), std::nullopt);
    EXPECT_EQ((BigInteger(UINT64_MAX) + 1).to_uint64(), std::nullopt);
    EXPECT_EQ((BigInteger(INT64_MIN) + -1).to_int64(), std::nullopt);
    EXPECT_EQ((BigInteger(INT64_MAX) + 1).to_int64(), std::nullopt);
}

TEST(BigInteger, ReadsAndWritesDecimals) {
    for (const char* text :
         {"0", "1", "-1", "999999999", "1000000000", "-1000000000000000000000000000001",
          "340282366920938463463374607431768211456"}) {
        EXPECT_EQ(decimal(text).to_decimal(), text);
    }
    EXPECT_EQ(decimal("-0"), BigInteger());
    EXPECT_EQ(decimal("000"), BigInteger());
    EXPECT_EQ(decimal("-007"), BigInteger(-7));
    for (const char* text : {"", "-", "+1", "1n", " 1", "1.0", "--1", "0x1"}) {
        EXPECT_EQ(BigInteger::from_decimal(text).error().code(), ErrorCode::invalid_argument);
    }
}

TEST(BigInteger, IsBoundedInSize) {
    const std::string largest(BigInteger::max_size, '\xFF');
    const auto at_limit = BigInteger::from_little_endian(false, largest);
    ASSERT_TRUE(at_limit);
    EXPECT_TRUE(BigInteger::from_big_endian(true, std::string(1, '\0') + largest));
    EXPECT_EQ(BigInteger::from_little_endian(false, largest + '\x01').error().code(),
              ErrorCode::limit_exceeded);
    // A power of two less one ends in 5, so the first decimal beyond the limit ends in 6.
    std::string digits = at_limit->to_decimal();
    EXPECT_EQ(*BigInteger::from_decimal(digits), *at_limit);
    ASSERT_EQ(digits.back(), '5');
    digits.back() = '6';
    EXPECT_EQ(BigInteger::from_decimal(digits).error().code(), ErrorCode::limit_exceeded);
    EXPECT_EQ(BigInteger::from_decimal(std::string(1'000'000, '9')).error().code(),
              ErrorCode::limit_exceeded);
}

TEST(BigInteger, AddsAndComparesAs64BitIntegersDo) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 20'000; ++i) {
        const unsigned shift_a = 2 + random() % 62;
        const unsigned shift_b = 2 + random() % 62;
        const auto a = static_cast<std::int64_t>(random()) >> shift_a;
        const auto b = static_cast<std::int64_t>(random()) >> shift_b;
        ASSERT_EQ((BigInteger(a) + b).to_int64(), a + b);
        ASSERT_EQ(BigInteger(a) <=> BigInteger(b), a <=> b);
        ASSERT_EQ(BigInteger(a) == BigInteger(b), a == b);
    }
}

TEST(BigInteger, AddsFarBeyondMachineTypes) {
    const BigInteger large = decimal("100000000000000000000000000000000000000000");
    EXPECT_EQ((large + large).to_decimal(), "200000000000000000000000000000000000000000");
    EXPECT_EQ(large + -large, BigInteger());
    EXPECT_FALSE((large + -large).is_negative());
    EXPECT_EQ((large + -1).to_decimal(), "99999999999999999999999999999999999999999");
    EXPECT_EQ((-large + 1).to_decimal(), "-99999999999999999999999999999999999999999");
}

}  // namespace
