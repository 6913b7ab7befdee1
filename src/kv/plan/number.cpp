#include "kv/plan/number.hpp"

#include <bit>
#include <string>
#include <utility>

namespace turntable::inline v0::kv::plan_detail {

namespace {

constexpr unsigned oldest_version = 13;
constexpr unsigned newest_version = 16;

/// Takes bytes off the front; an empty answer means that there were too few.
class Reader {
  public:
    explicit Reader(ByteView bytes) : bytes_(bytes) {}

    std::optional<unsigned char> byte() {
        if (at_ == bytes_.size()) {
            return std::nullopt;
        }
        return bytes_[at_++];
    }
    /// A number of at most 32 bits, seven bits a byte, the lowest first.
    std::optional<std::uint32_t> varint() {
        std::uint32_t value = 0;
        for (unsigned shift = 0; shift < 35; shift += 7) {
            const auto next = byte();
            if (!next) {
                return std::nullopt;
            }
            value |= static_cast<std::uint32_t>(*next & 0x7FU) << shift;
            if ((*next & 0x80U) == 0) {
                return value;
            }
        }
        return std::nullopt;
    }
    std::optional<ByteView> take(std::size_t count) {
        if (bytes_.size() - at_ < count) {
            return std::nullopt;
        }
        at_ += count;
        return bytes_.substr(at_ - count, count);
    }

  private:
    ByteView bytes_;
    std::size_t at_ = 0;
};

using Answer = std::variant<Number, NotANumber>;

Answer read_double(Reader& reader) {
    const auto bytes = reader.take(8);
    if (!bytes) {
        return NotANumber::unreadable;
    }
    std::uint64_t bits = 0;
    for (std::size_t i = 8; i-- > 0;) {
        bits = bits << 8U | (*bytes)[i];
    }
    return Number(std::bit_cast<double>(bits));
}

/// A bit field (sign in the lowest bit, then the count of bytes) and the magnitude.
Answer read_big_integer(Reader& reader) {
    const auto field = reader.varint();
    if (!field) {
        return NotANumber::unreadable;
    }
    const auto magnitude = reader.take(*field >> 1U);
    if (!magnitude) {
        return NotANumber::unreadable;
    }
    auto integer = BigInteger::from_little_endian((*field & 1U) != 0, *magnitude);
    if (!integer) {
        return NotANumber::unreadable;
    }
    return Number(*std::move(integer));
}

void append_varint(std::string& out, std::uint32_t value) {
    while (value >= 0x80U) {
        out.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
        value >>= 7U;
    }
    out.push_back(static_cast<char>(value));
}

}  // namespace

std::variant<Number, NotANumber> read_number(ByteView v8) {
    Reader reader(v8);
    const auto mark = reader.byte();
    const auto version = reader.varint();
    if (!mark || *mark != 0xFF || !version || *version < oldest_version ||
        *version > newest_version) {
        return NotANumber::unreadable;
    }
    auto tag = reader.byte();
    while (tag && *tag == 0) {
        tag = reader.byte();  // padding
    }
    if (!tag) {
        return NotANumber::unreadable;
    }
    switch (*tag) {
        case 'I': {  // zig-zag: the sign in the lowest bit
            const auto bits = reader.varint();
            if (!bits) {
                return NotANumber::unreadable;
            }
            const std::uint32_t value = (*bits >> 1U) ^ (0U - (*bits & 1U));
            return Number(static_cast<double>(std::bit_cast<std::int32_t>(value)));
        }
        case 'U': {
            const auto value = reader.varint();
            if (!value) {
                return NotANumber::unreadable;
            }
            return Number(static_cast<double>(*value));
        }
        case 'N':
            return read_double(reader);
        case 'Z':
            return read_big_integer(reader);
        default:
            return NotANumber::other_type;
    }
}

Bytes write_number(const Number& number) {
    std::string out = "\xFF\x0F";
    if (const auto* value = std::get_if<double>(&number)) {
        out.push_back('N');
        const auto bits = std::bit_cast<std::uint64_t>(*value);
        for (unsigned shift = 0; shift < 64; shift += 8) {
            out.push_back(static_cast<char>((bits >> shift) & 0xFFU));
        }
        return Bytes::copy(out);
    }
    const auto& integer = std::get<BigInteger>(number);
    const ByteView magnitude = integer.little_endian();
    out.push_back('Z');
    append_varint(out, static_cast<std::uint32_t>(magnitude.size()) << 1U |
                           (integer.is_negative() ? 1U : 0U));
    return Bytes::joined(out, magnitude);
}

std::string_view type_name(const Number& number) noexcept {
    return std::holds_alternative<double>(number) ? "Number" : "BigInt";
}

}  // namespace turntable::inline v0::kv::plan_detail
