#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <system_error>

#include "kv/codec/number_text.hpp"
#include "kv/codec/utf8.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv {

namespace {

using codec::CodePoint;
using codec::Utf;

constexpr std::string_view hex_digits = "0123456789abcdef";

Error error_at(std::size_t position, std::string_view what) {
    return Error(ErrorCode::invalid_argument,
                 "key text: " + std::string(what) + " at position " + std::to_string(position))
        .with("position", std::to_string(position));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Control characters, those above 7F too: some terminals act on them.
bool is_control(std::uint32_t code_point) {
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

enum class Literal { none, integral, fractional };

// Whether a word is a number as JSON writes it: no leading zero, no plus sign.
Literal number_literal(std::string_view word) {
    std::size_t at = word.starts_with('-') ? 1 : 0;
    const auto skip_digits = [&] {
        const std::size_t from = at;
        while (at < word.size() && is_digit(word[at])) {
            ++at;
        }
        return at - from;
    };
    const bool leading_zero = at < word.size() && word[at] == '0';
    const std::size_t whole = skip_digits();
    if (whole == 0 || (leading_zero && whole > 1)) {
        return Literal::none;
    }
    Literal kind = Literal::integral;
    if (at < word.size() && word[at] == '.') {
        ++at;
        kind = Literal::fractional;
        if (skip_digits() == 0) {
            return Literal::none;
        }
    }
    if (at < word.size() && (word[at] == 'e' || word[at] == 'E')) {
        ++at;
        kind = Literal::fractional;
        if (at < word.size() && (word[at] == '+' || word[at] == '-')) {
            ++at;
        }
        if (skip_digits() == 0) {
            return Literal::none;
        }
    }
    return at == word.size() ? kind : Literal::none;
}

bool is_integer_literal(std::string_view word) {
    if (!word.ends_with('n')) {
        return false;
    }
    word.remove_suffix(1);
    return word != "-0" && number_literal(word) == Literal::integral;
}

std::string to_text(double number) {
    if (std::isnan(number)) {
        return std::signbit(number) ? "-NaN" : "NaN";
    }
    if (std::isinf(number)) {
        return number < 0 ? "-Infinity" : "Infinity";
    }
    return codec::number_text(number);
}

// A word for a number that has no digits, such as NaN; false if it is none of them.
bool named_number(std::string_view word, double& number) {
    const bool negative = word.starts_with('-');
    const std::string_view name = word.substr(negative ? 1 : 0);
    if (name == "NaN") {
        number = std::numeric_limits<double>::quiet_NaN();
    } else if (name == "Infinity") {
        number = std::numeric_limits<double>::infinity();
    } else {
        return false;
    }
    number = std::copysign(number, negative ? -1.0 : 1.0);
    return true;
}

// An integer literal must survive as a number: 9007199254740993 would silently lose its last digit.
bool is_exact(std::string_view digits, double number) {
    std::array<char, 512> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                   std::chars_format::fixed, 0)
                         .ptr;
    return digits == std::string_view(buffer.data(), end);
}

// Whether bare `word` reads back as the text that it is.
bool can_be_bare(std::string_view word) {
    double ignored = 0;
    if (word.empty() || word.starts_with(' ') || word.ends_with(' ') || word.starts_with("0x") ||
        word == "true" || word == "false" || word.find_first_of("/\"") != std::string_view::npos ||
        named_number(word, ignored) || number_literal(word) != Literal::none ||
        is_integer_literal(word)) {
        return false;
    }
    while (!word.empty()) {
        const CodePoint point = codec::read_code_point(word, Utf::utf8);
        if (is_control(point.value)) {
            return false;
        }
        word.remove_prefix(point.size);
    }
    return true;
}

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Key> parse() {
        std::vector<KeyPart> parts;
        while (!text_.empty()) {
            TURNTABLE_TRY(KeyPart part, at('"') ? quoted() : bare());
            parts.push_back(std::move(part));
            if (at_ == text_.size()) {
                break;
            }
            if (text_[at_] != '/') {
                return error_at(at_, "expected / after a quoted part");
            }
            ++at_;
        }
        return Key::from_parts(parts);
    }

  private:
    bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }

    Result<KeyPart> bare() {
        const std::size_t start = at_;
        const std::string_view word =
            text_.substr(start, std::min(text_.find('/', start), text_.size()) - start);
        at_ += word.size();
        if (word.empty()) {
            return error_at(start, "empty part; write \"\" for empty text");
        }
        if (word == "true" || word == "false") {
            return KeyPart(word == "true");
        }
        if (word.starts_with("0x")) {
            return bytes(word, start);
        }
        if (double number = 0; named_number(word, number)) {
            return KeyPart(number);
        }
        if (const Literal kind = number_literal(word); kind != Literal::none) {
            return number(word, kind, start);
        }
        if (is_integer_literal(word)) {
            auto integer = BigInteger::from_decimal(word.substr(0, word.size() - 1));
            if (!integer || integer->little_endian().size() > 255) {
                return error_at(start, "integer over 255 bytes");
            }
            return KeyPart(*std::move(integer));
        }
        return bare_text(word, start);
    }

    static Result<KeyPart> bytes(std::string_view word, std::size_t start) {
        const std::string_view digits = word.substr(2);
        std::string bytes;
        bytes.reserve(digits.size() / 2);
        for (std::size_t i = 0; i < digits.size(); i += 2) {
            const int high = hex_value(digits[i]);
            const int low = i + 1 < digits.size() ? hex_value(digits[i + 1]) : -1;
            if (high < 0 || low < 0) {
                return error_at(start + 2 + i,
                                "expected two hex digits (put text that starts with 0x in quotes)");
            }
            bytes.push_back(static_cast<char>(high * 16 + low));
        }
        return KeyPart(BytesPart{std::move(bytes)});
    }

    static Result<KeyPart> number(std::string_view word, Literal kind, std::size_t start) {
        double number = 0;
        const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
        if (read.ec != std::errc()) {
            return error_at(start, "number out of range");
        }
        if (kind == Literal::integral && !is_exact(word, number)) {
            return error_at(start, "a number cannot hold all these digits (write " +
                                       std::string(word) + "n for an integer)");
        }
        return KeyPart(number);
    }

    static Result<KeyPart> bare_text(std::string_view word, std::size_t start) {
        if (word.starts_with(' ') || word.ends_with(' ')) {
            return error_at(start, "space at the edge of a bare word (use quotes)");
        }
        for (std::size_t i = 0; i < word.size();) {
            const CodePoint point = codec::read_code_point(word.substr(i), Utf::utf8);
            if (point.size == 0) {
                return error_at(start + i, "text that is not UTF-8");
            }
            if (word[i] == '"' || is_control(point.value)) {
                return error_at(start + i, "character that needs a quoted part");
            }
            i += point.size;
        }
        return KeyPart(word);
    }

    Result<KeyPart> quoted() {
        const std::size_t start = at_++;
        std::string text;
        while (at_ < text_.size()) {
            const CodePoint point = codec::read_code_point(text_.substr(at_), Utf::utf8);
            if (point.size == 0) {
                return error_at(at_, "text that is not UTF-8");
            }
            if (point.value == '"') {
                ++at_;
                return KeyPart(std::move(text));
            }
            if (point.value == '\\') {
                TURNTABLE_CHECK(escape(text));
                continue;
            }
            if (is_control(point.value)) {
                return error_at(at_, "control character (write it as an escape)");
            }
            text.append(text_, at_, point.size);
            at_ += point.size;
        }
        return error_at(start, "quoted part without an end");
    }

    // Reads one escape, at the backslash.
    Result<void> escape(std::string& text) {
        constexpr std::string_view names = "\"\\/bfnrt";
        constexpr std::string_view values = "\"\\/\b\f\n\r\t";
        const std::size_t start = at_;
        const char name = start + 1 < text_.size() ? text_[start + 1] : '\0';
        if (const std::size_t index = names.find(name); index != std::string_view::npos) {
            text.push_back(values[index]);
            at_ += 2;
            return {};
        }
        std::uint32_t value = 0;
        if (!unicode_escape(value)) {
            return error_at(start, "unknown escape");
        }
        std::uint32_t low = 0;
        if (codec::is_high_surrogate(value) && unicode_escape(low) &&
            codec::is_low_surrogate(low)) {
            value = codec::combine_surrogates(value, low);
        }
        if (codec::is_high_surrogate(value) || codec::is_low_surrogate(value)) {
            return error_at(start, "half of a surrogate pair");
        }
        codec::append_code_point(text, value);
        return {};
    }

    // Reads \uXXXX and moves behind it; false, and no move, if it is not there.
    bool unicode_escape(std::uint32_t& value) {
        if (text_.size() - at_ < 6 || !text_.substr(at_).starts_with("\\u")) {
            return false;
        }
        value = 0;
        for (const char digit : text_.substr(at_ + 2, 4)) {
            if (hex_value(digit) < 0) {
                return false;
            }
            value = value * 16 + static_cast<std::uint32_t>(hex_value(digit));
        }
        at_ += 6;
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

void append_hex(std::string& out, std::string_view bytes) {
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out.push_back(hex_digits[byte >> 4U]);
        out.push_back(hex_digits[byte & 15U]);
    }
}

void append_quoted(std::string& out, std::string_view text) {
    out.push_back('"');
    while (!text.empty()) {
        const CodePoint point = codec::read_code_point(text, Utf::utf8);
        if (point.value == '"' || point.value == '\\') {
            out.push_back('\\');
            out.push_back(text[0]);
        } else if (point.value == '\n') {
            out.append("\\n");
        } else if (point.value == '\t') {
            out.append("\\t");
        } else if (is_control(point.value)) {
            out.append("\\u00");
            const char byte = static_cast<char>(point.value);
            append_hex(out, {&byte, 1});
        } else {
            out.append(text.substr(0, point.size));
        }
        text.remove_prefix(point.size);
    }
    out.push_back('"');
}

void append_part_text(std::string& out, const KeyPart& part) {
    if (const std::string* bytes = part.bytes()) {
        out.append("0x");
        append_hex(out, *bytes);
    } else if (const std::string* text = part.text()) {
        if (can_be_bare(*text)) {
            out.append(*text);
        } else {
            append_quoted(out, *text);
        }
    } else if (const BigInteger* integer = part.integer()) {
        out.append(integer->to_decimal()).push_back('n');
    } else if (const double* number = part.number()) {
        out.append(to_text(*number));
    } else {
        out.append(*part.boolean() ? "true" : "false");
    }
}

}  // namespace

Result<Key> parse_key(std::string_view text) { return Parser(text).parse(); }

std::string print_key(ByteView encoded) {
    const auto parts = decode_key(encoded);
    std::string out;
    if (!parts) {
        out.append("<not a key: \"");
        append_hex(out, encoded.text());
        out.append("\">");
        return out;
    }
    for (const KeyPart& part : *parts) {
        if (!out.empty()) {
            out.push_back('/');
        }
        append_part_text(out, part);
    }
    return out;
}

}  // namespace turntable::inline v0::kv
