#include "turntable/kv/big_integer.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace turntable::inline v0::kv {

namespace {

// Decimal conversion works on 32-bit limbs and nine digits at a time.
constexpr std::uint32_t chunk_base = 1'000'000'000;
constexpr std::size_t chunk_digits = 9;
// A magnitude of max_size bytes has at most this many digits (8 * log10(2) a byte, rounded up).
constexpr std::size_t max_digits = BigInteger::max_size * 241 / 100 + 1;

unsigned byte_at(const std::string& text, std::size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
}

void trim(std::string& magnitude) { magnitude.resize(magnitude.find_last_not_of('\0') + 1); }

std::strong_ordering compare_magnitudes(const std::string& a, const std::string& b) {
    if (a.size() != b.size()) {
        return a.size() <=> b.size();
    }
    for (std::size_t i = a.size(); i-- > 0;) {
        if (a[i] != b[i]) {
            return byte_at(a, i) <=> byte_at(b, i);
        }
    }
    return std::strong_ordering::equal;
}

std::string add_magnitudes(const std::string& a, const std::string& b) {
    std::string sum;
    sum.reserve(std::max(a.size(), b.size()) + 1);
    unsigned carry = 0;
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
        carry += byte_at(a, i) + byte_at(b, i);
        sum.push_back(static_cast<char>(carry & 0xFFU));
        carry >>= 8U;
    }
    if (carry != 0) {
        sum.push_back(static_cast<char>(carry));
    }
    return sum;
}

// larger - smaller, by magnitude.
std::string subtract_magnitudes(const std::string& larger, const std::string& smaller) {
    std::string difference;
    difference.reserve(larger.size());
    unsigned borrow = 0;
    for (std::size_t i = 0; i < larger.size(); ++i) {
        const unsigned digit = 0x100U + byte_at(larger, i) - byte_at(smaller, i) - borrow;
        difference.push_back(static_cast<char>(digit & 0xFFU));
        borrow = digit < 0x100U ? 1U : 0U;
    }
    trim(difference);
    return difference;
}

std::vector<std::uint32_t> to_limbs(const std::string& magnitude) {
    std::vector<std::uint32_t> limbs((magnitude.size() + 3) / 4);
    for (std::size_t i = 0; i < magnitude.size(); ++i) {
        limbs[i / 4] |= static_cast<std::uint32_t>(byte_at(magnitude, i)) << (8 * (i % 4));
    }
    return limbs;
}

std::string from_limbs(const std::vector<std::uint32_t>& limbs) {
    std::string magnitude;
    magnitude.reserve(limbs.size() * 4);
    for (const std::uint32_t limb : limbs) {
        for (unsigned shift = 0; shift < 32; shift += 8) {
            magnitude.push_back(static_cast<char>((limb >> shift) & 0xFFU));
        }
    }
    trim(magnitude);
    return magnitude;
}

// limbs = limbs * factor + addend
void multiply_add(std::vector<std::uint32_t>& limbs, std::uint32_t factor, std::uint32_t addend) {
    std::uint64_t carry = addend;
    // Plain pointers here and below: these loops are quadratic in all, also in a debug build.
    std::uint32_t* const end = limbs.data() + limbs.size();
    for (std::uint32_t* limb = limbs.data(); limb != end; ++limb) {
        carry += std::uint64_t{*limb} * factor;
        *limb = static_cast<std::uint32_t>(carry);
        carry >>= 32U;
    }
    if (carry != 0) {
        limbs.push_back(static_cast<std::uint32_t>(carry));
    }
}

// limbs = limbs / chunk_base; gives the remainder.
std::uint32_t divide_by_chunk(std::vector<std::uint32_t>& limbs) {
    std::uint64_t remainder = 0;
    for (std::uint32_t* limb = limbs.data() + limbs.size(); limb != limbs.data();) {
        --limb;
        const std::uint64_t dividend = (remainder << 32U) | *limb;
        *limb = static_cast<std::uint32_t>(dividend / chunk_base);
        remainder = dividend % chunk_base;
    }
    while (!limbs.empty() && limbs.back() == 0) {
        limbs.pop_back();
    }
    return static_cast<std::uint32_t>(remainder);
}

Error too_large() {
    return Error(ErrorCode::limit_exceeded, "an integer may have at most 65536 bytes");
}

}  // namespace

BigInteger::BigInteger(bool negative, std::string magnitude)
    : magnitude_(std::move(magnitude)), negative_(negative && !magnitude_.empty()) {}

void BigInteger::assign(bool negative, std::uint64_t magnitude) {
    negative_ = negative;
    for (; magnitude != 0; magnitude >>= 8U) {
        magnitude_.push_back(static_cast<char>(magnitude & 0xFFU));
    }
}

Result<BigInteger> BigInteger::from_decimal(std::string_view text) {
    const bool negative = text.starts_with('-');
    std::string_view digits = text.substr(negative ? 1 : 0);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
        return Error(ErrorCode::invalid_argument, "not a decimal integer");
    }
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.size() > max_digits) {
        return too_large();
    }
    std::vector<std::uint32_t> limbs;
    limbs.reserve(digits.size() / chunk_digits + 1);
    while (!digits.empty()) {
        // The first chunk is the short one, so that all others have full width.
        const std::size_t count =
            digits.size() % chunk_digits == 0 ? chunk_digits : digits.size() % chunk_digits;
        std::uint32_t chunk = 0;
        for (const char digit : digits.substr(0, count)) {
            chunk = chunk * 10 + static_cast<std::uint32_t>(digit - '0');
        }
        multiply_add(limbs, chunk_base, chunk);
        digits.remove_prefix(count);
    }
    std::string magnitude = from_limbs(limbs);
    if (magnitude.size() > max_size) {
        return too_large();
    }
    return BigInteger(negative, std::move(magnitude));
}

Result<BigInteger> BigInteger::from_little_endian(bool negative, ByteView magnitude) {
    std::string bytes = magnitude.to_string();
    trim(bytes);
    if (bytes.size() > max_size) {
        return too_large();
    }
    return BigInteger(negative, std::move(bytes));
}

Result<BigInteger> BigInteger::from_big_endian(bool negative, ByteView magnitude) {
    const std::string_view text = magnitude.text();
    return from_little_endian(negative, std::string(text.rbegin(), text.rend()));
}

std::optional<std::uint64_t> BigInteger::to_uint64() const noexcept {
    if (negative_ || magnitude_.size() > sizeof(std::uint64_t)) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (std::size_t i = magnitude_.size(); i-- > 0;) {
        value = (value << 8U) | byte_at(magnitude_, i);
    }
    return value;
}

std::optional<std::int64_t> BigInteger::to_int64() const noexcept {
    if (magnitude_.size() > sizeof(std::uint64_t)) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (std::size_t i = magnitude_.size(); i-- > 0;) {
        value = (value << 8U) | byte_at(magnitude_, i);
    }
    constexpr std::uint64_t smallest = std::uint64_t{1} << 63U;
    if (value > (negative_ ? smallest : smallest - 1)) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(negative_ ? 0 - value : value);
}

std::string BigInteger::to_decimal() const {
    if (is_zero()) {
        return "0";
    }
    std::string reversed;
    for (std::vector<std::uint32_t> limbs = to_limbs(magnitude_); !limbs.empty();) {
        std::uint32_t chunk = divide_by_chunk(limbs);
        for (std::size_t i = 0; i < chunk_digits; ++i, chunk /= 10) {
            reversed.push_back(static_cast<char>('0' + chunk % 10));
        }
    }
    reversed.resize(reversed.find_last_not_of('0') + 1);
    if (negative_) {
        reversed.push_back('-');
    }
    return {reversed.rbegin(), reversed.rend()};
}

BigInteger BigInteger::operator-() const { return {!negative_, magnitude_}; }

BigInteger BigInteger::operator+(const BigInteger& other) const {
    if (negative_ == other.negative_) {
        return {negative_, add_magnitudes(magnitude_, other.magnitude_)};
    }
    if (compare_magnitudes(magnitude_, other.magnitude_) < 0) {
        return {other.negative_, subtract_magnitudes(other.magnitude_, magnitude_)};
    }
    return {negative_, subtract_magnitudes(magnitude_, other.magnitude_)};
}

std::strong_ordering BigInteger::operator<=>(const BigInteger& other) const noexcept {
    if (negative_ != other.negative_) {
        return negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
    }
    return negative_ ? compare_magnitudes(other.magnitude_, magnitude_)
                     : compare_magnitudes(magnitude_, other.magnitude_);
}

}  // namespace turntable::inline v0::kv
