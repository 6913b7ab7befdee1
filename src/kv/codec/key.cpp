#include "turntable/kv/key.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

#include "kv/codec/utf8.hpp"

namespace turntable::inline v0::kv {

namespace {

enum Tag : unsigned char {
    bytes_tag = 0x01,
    text_tag = 0x02,
    big_negative_tag = 0x0B,
    zero_tag = 0x14,
    big_positive_tag = 0x1D,
    number_tag = 0x21,
    false_tag = 0x26,
    true_tag = 0x27,
};

constexpr std::size_t short_integer_size = 8;
constexpr std::size_t max_integer_size = 255;
constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63U;
// What a constructor leaves when its parts have no encoding: a key that nobody may use.
constexpr char invalid_key = '\xFF';

void put(std::string& out, unsigned byte) { out.push_back(static_cast<char>(byte)); }

// Zero ends a run of bytes, so a zero inside is marked by FF, which starts no part.
void append_escaped(std::string& out, std::string_view bytes) {
    while (true) {
        const std::size_t zero = bytes.find('\0');
        out.append(bytes.substr(0, zero));
        if (zero == std::string_view::npos) {
            return;
        }
        out.append("\0\xFF", 2);
        bytes.remove_prefix(zero + 1);
    }
}

void append_run(std::string& out, Tag tag, std::string_view bytes) {
    put(out, tag);
    append_escaped(out, bytes);
    put(out, 0);
}

void append_integer(std::string& out, const BigInteger& integer) {
    const std::string magnitude = integer.big_endian();
    const auto size = static_cast<unsigned>(magnitude.size());
    const unsigned mask = integer.is_negative() ? 0xFFU : 0U;
    if (size <= short_integer_size) {
        put(out, integer.is_negative() ? zero_tag - size : zero_tag + size);
    } else {
        put(out, integer.is_negative() ? big_negative_tag : big_positive_tag);
        put(out, size ^ mask);
    }
    for (const char byte : magnitude) {
        put(out, (static_cast<unsigned char>(byte) ^ mask) & 0xFFU);
    }
}

// The bits of a number, changed so that they order as unsigned integers do; one NaN a sign.
std::uint64_t ordered_bits(double number) {
    auto bits = std::bit_cast<std::uint64_t>(number);
    if (std::isnan(number)) {
        bits = (bits & sign_bit) | 0x7FF8000000000000U;
    }
    return (bits & sign_bit) != 0 ? ~bits : bits | sign_bit;
}

double from_ordered_bits(std::uint64_t bits) {
    return std::bit_cast<double>((bits & sign_bit) != 0 ? bits ^ sign_bit : ~bits);
}

void append_number(std::string& out, double number) {
    put(out, number_tag);
    const std::uint64_t bits = ordered_bits(number);
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        put(out, static_cast<unsigned>(bits >> (shift - 8)) & 0xFFU);
    }
}

Error text_not_utf8() {
    return Error(ErrorCode::invalid_argument,
                 "text in a key must be UTF-8; use BytesPart for other bytes");
}

Result<void> append_part(std::string& out, const KeyPart& part) {
    if (const std::string* bytes = part.bytes()) {
        append_run(out, bytes_tag, *bytes);
    } else if (const std::string* text = part.text()) {
        if (!codec::is_well_formed(*text, codec::Utf::utf8)) {
            return text_not_utf8();
        }
        append_run(out, text_tag, *text);
    } else if (const BigInteger* integer = part.integer()) {
        if (integer->little_endian().size() > max_integer_size) {
            return Error(ErrorCode::limit_exceeded,
                         "an integer in a key may have at most 255 bytes");
        }
        append_integer(out, *integer);
    } else if (const double* number = part.number()) {
        append_number(out, *number);
    } else {
        put(out, *part.boolean() ? true_tag : false_tag);
    }
    return {};
}

// Walks over an encoded key, a part at a time.
class Decoder {
  public:
    explicit Decoder(ByteView encoded) : encoded_(encoded) {}

    bool at_end() const { return at_ == encoded_.size(); }

    Result<KeyPart> next() {
        const std::size_t start = at_;
        const unsigned tag = encoded_[at_++];
        switch (tag) {
            case bytes_tag: {
                TURNTABLE_TRY(std::string bytes, run(start));
                return KeyPart(BytesPart{std::move(bytes)});
            }
            case text_tag: {
                TURNTABLE_TRY(std::string text, run(start));
                if (!codec::is_well_formed(text, codec::Utf::utf8)) {
                    return malformed("text that is not UTF-8", start);
                }
                return KeyPart(std::move(text));
            }
            case number_tag:
                return number(start);
            case false_tag:
            case true_tag:
                return KeyPart(tag == true_tag);
            default:
                return integer(tag, start);
        }
    }

  private:
    static Error malformed(std::string_view what, std::size_t offset) {
        return Error(ErrorCode::serialization, "not an encoded key: " + std::string(what) +
                                                   " at byte " + std::to_string(offset))
            .with("offset", std::to_string(offset));
    }

    Result<std::string> run(std::size_t start) {
        std::string bytes;
        while (true) {
            const std::size_t zero = encoded_.text().find('\0', at_);
            if (zero == std::string_view::npos) {
                return malformed("a part without an end", start);
            }
            bytes.append(encoded_.text().substr(at_, zero - at_));
            at_ = zero + 1;
            if (at_ == encoded_.size() || encoded_[at_] != 0xFF) {
                return bytes;
            }
            bytes.push_back('\0');
            ++at_;
        }
    }

    Result<KeyPart> number(std::size_t start) {
        if (encoded_.size() - at_ < sizeof(std::uint64_t)) {
            return malformed("a number cut short", start);
        }
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < sizeof bits; ++i) {
            bits = (bits << 8U) | encoded_[at_++];
        }
        const double value = from_ordered_bits(bits);
        if (ordered_bits(value) != bits) {
            return malformed("a NaN of unusual form", start);
        }
        return KeyPart(value);
    }

    Result<KeyPart> integer(unsigned tag, std::size_t start) {
        const bool negative = tag < zero_tag;
        std::size_t size = negative ? zero_tag - tag : tag - zero_tag;
        if (tag == big_negative_tag || tag == big_positive_tag) {
            if (at_ == encoded_.size()) {
                return malformed("an integer cut short", start);
            }
            size = negative ? encoded_[at_] ^ 0xFFU : encoded_[at_];
            ++at_;
            if (size <= short_integer_size) {
                return malformed("an integer of unusual form", start);
            }
        } else if (size > short_integer_size) {
            return malformed("an unknown kind of part", start);
        }
        if (encoded_.size() - at_ < size) {
            return malformed("an integer cut short", start);
        }
        std::string magnitude = encoded_.substr(at_, size).to_string();
        at_ += size;
        if (negative) {
            for (char& byte : magnitude) {
                byte = static_cast<char>(~byte);
            }
        }
        if (magnitude.starts_with('\0')) {
            return malformed("an integer of unusual form", start);
        }
        TURNTABLE_TRY(BigInteger value, BigInteger::from_big_endian(negative, magnitude));
        return KeyPart(std::move(value));
    }

    ByteView encoded_;
    std::size_t at_ = 0;
};

}  // namespace

std::strong_ordering KeyPart::operator<=>(const KeyPart& other) const noexcept {
    if (value_.index() != other.value_.index()) {
        return value_.index() <=> other.value_.index();
    }
    if (const std::string* mine = bytes()) {
        return ByteView(*mine) <=> ByteView(*other.bytes());
    }
    if (const std::string* mine = text()) {
        return ByteView(*mine) <=> ByteView(*other.text());
    }
    if (const BigInteger* mine = integer()) {
        return *mine <=> *other.integer();
    }
    if (const double* mine = number()) {
        return ordered_bits(*mine) <=> ordered_bits(*other.number());
    }
    return *boolean() <=> *other.boolean();
}

Result<void> encode_key(std::span<const KeyPart> parts, std::string& out) {
    const std::size_t before = out.size();
    for (const KeyPart& part : parts) {
        if (auto appended = append_part(out, part); !appended) {
            out.resize(before);
            return std::move(appended).error();
        }
    }
    return {};
}

Result<std::vector<KeyPart>> decode_key(ByteView encoded) {
    std::vector<KeyPart> parts;
    for (Decoder decoder(encoded); !decoder.at_end();) {
        TURNTABLE_TRY(KeyPart part, decoder.next());
        parts.push_back(std::move(part));
    }
    return parts;
}

Result<void> check_user_key(ByteView encoded) {
    if (encoded.empty()) {
        return Error(ErrorCode::invalid_argument, "a key must have at least one part");
    }
    if (encoded.size() == 1 && encoded[0] == static_cast<unsigned char>(invalid_key)) {
        return Error(ErrorCode::invalid_argument,
                     "the key was made from text that is not UTF-8 or from an integer of more "
                     "than 255 bytes; use BytesPart for other bytes");
    }
    if (is_reserved(encoded)) {
        return Error(ErrorCode::invalid_argument, "keys that begin with FF are reserved");
    }
    return {};
}

Key::Key(std::string_view text) {
    if (!codec::is_well_formed(text, codec::Utf::utf8)) {
        encoded_.assign(1, invalid_key);
        return;
    }
    encoded_.reserve(text.size() + 2);
    append_run(encoded_, text_tag, text);
}

Key::Key(std::initializer_list<KeyPart> parts) { append({parts.begin(), parts.size()}); }

Result<Key> Key::from_parts(std::span<const KeyPart> parts) {
    Key key;
    TURNTABLE_CHECK(encode_key(parts, key.encoded_));
    return key;
}

Result<Key> Key::from_encoded(ByteView encoded) {
    for (Decoder decoder(encoded); !decoder.at_end();) {
        TURNTABLE_CHECK(decoder.next());
    }
    Key key;
    key.encoded_ = encoded.to_string();
    return key;
}

Key Key::child(const KeyPart& part) const& {
    Key key = *this;
    key.append({&part, 1});
    return key;
}

Key Key::child(const KeyPart& part) && {
    append({&part, 1});
    return std::move(*this);
}

void Key::append(std::span<const KeyPart> parts) {
    if (is_valid() && !encode_key(parts, encoded_)) {
        encoded_.assign(1, invalid_key);
    }
}

void KeyRef::encode_text(std::string_view text) {
    const bool fits = text.size() + 2 <= inline_.size();
    if (!fits || text.contains('\0') || !codec::is_well_formed(text, codec::Utf::utf8)) {
        heap_ = Key(text).encoded().to_string();
        encoded_ = heap_;
        return;
    }
    inline_[0] = text_tag;
    std::memcpy(inline_.data() + 1, text.data(), text.size());
    inline_[text.size() + 1] = '\0';
    encoded_ = ByteView(inline_.data(), text.size() + 2);
}

KeyRange prefix_range(ByteView encoded_prefix) {
    KeyRange range{encoded_prefix.to_string(), encoded_prefix.to_string()};
    range.start.push_back('\0');
    range.end.push_back('\xFF');
    return range;
}

KeyRange text_prefix_range(std::string_view text) {
    KeyRange range;
    put(range.start, text_tag);
    append_escaped(range.start, text);
    // The first byte string after all that begin so: the last byte that can grow, grown.
    range.end = range.start;
    while (range.end.back() == '\xFF') {
        range.end.pop_back();
    }
    ++range.end.back();
    return range;
}

}  // namespace turntable::inline v0::kv
