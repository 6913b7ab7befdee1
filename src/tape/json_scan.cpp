#include "tape/json_scan.hpp"

#include <charconv>
#include <cstring>

namespace turntable::inline v0::tape {

namespace {

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// How many bytes the UTF-8 character at `at` has; zero if it is none.
std::size_t utf8_size(const char* at, const char* end) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(at[i]); };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const auto left = static_cast<std::size_t>(end - at);
    const unsigned char first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return left >= 2 && follows(1) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        if (left < 3 || !follows(1) || !follows(2) || (first == 0xE0 && byte(1) < 0xA0) ||
            (first == 0xED && byte(1) > 0x9F)) {
            return 0;
        }
        return 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (left < 4 || !follows(1) || !follows(2) || !follows(3) ||
            (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) {
            return 0;
        }
        return 4;
    }
    return 0;
}

/// Skips bytes that are plain inside a JSON string, eight at a time: no quote, no backslash, no
/// control character, ASCII.
const char* skip_plain(const char* at, const char* end) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t tops = ones * 0x80U;
    const auto has_zero = [](std::uint64_t word) { return (word - ones) & ~word & tops; };
    while (end - at >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof(word));
        const std::uint64_t special = has_zero(word ^ (ones * '"')) |
                                      has_zero(word ^ (ones * '\\')) |
                                      ((word - ones * 0x20U) & ~word & tops) | (word & tops);
        if (special != 0) {
            break;
        }
        at += 8;
    }
    return at;
}

class Scanner {
  public:
    Scanner(const char* at, const char* end) noexcept : at_(at), end_(end) {}

    const char* at() const noexcept { return at_; }

    bool value(unsigned depth) noexcept {
        if (at_ == end_) {
            return false;
        }
        switch (*at_) {
            case '{':
                return depth > 0 && container<true>(depth - 1);
            case '[':
                return depth > 0 && container<false>(depth - 1);
            case '"':
                return string();
            case 't':
                return word("true");
            case 'f':
                return word("false");
            case 'n':
                return word("null");
            default:
                return number();
        }
    }
    bool string() noexcept {
        for (++at_;;) {
            at_ = skip_plain(at_, end_);
            if (at_ == end_) {
                return false;
            }
            const char c = *at_;
            if (c == '"') {
                ++at_;
                return true;
            }
            if (c == '\\') {
                if (!escape()) {
                    return false;
                }
            } else if (static_cast<unsigned char>(c) < 0x20) {
                return false;
            } else {
                const std::size_t size = utf8_size(at_, end_);
                if (size == 0) {
                    return false;
                }
                at_ += size;
            }
        }
    }
    void space() noexcept {
        while (at_ != end_ && is_space(*at_)) {
            ++at_;
        }
    }
    bool take(char c) noexcept {
        if (at_ == end_ || *at_ != c) {
            return false;
        }
        ++at_;
        return true;
    }

  private:
    template <bool object>
    bool container(unsigned depth) noexcept {
        constexpr char close = object ? '}' : ']';
        ++at_;
        space();
        if (take(close)) {
            return true;
        }
        while (true) {
            if constexpr (object) {
                if (at_ == end_ || *at_ != '"' || !string()) {
                    return false;
                }
                space();
                if (!take(':')) {
                    return false;
                }
                space();
            }
            if (!value(depth)) {
                return false;
            }
            space();
            if (take(close)) {
                return true;
            }
            if (!take(',')) {
                return false;
            }
            space();
        }
    }
    bool escape() noexcept {
        ++at_;
        if (at_ == end_) {
            return false;
        }
        const char c = *at_++;
        if (c != 'u') {
            return c != '\0' && std::strchr("\"\\/bfnrt", c) != nullptr;
        }
        for (int i = 0; i < 4; ++i, ++at_) {
            if (at_ == end_ || std::strchr("0123456789abcdefABCDEF", *at_) == nullptr ||
                *at_ == '\0') {
                return false;
            }
        }
        return true;
    }
    bool digits() noexcept {
        if (at_ == end_ || !is_digit(*at_)) {
            return false;
        }
        while (at_ != end_ && is_digit(*at_)) {
            ++at_;
        }
        return true;
    }
    bool number() noexcept {
        (void)take('-');
        if (!take('0') && !digits()) {
            return false;
        }
        if (take('.') && !digits()) {
            return false;
        }
        if (take('e') || take('E')) {
            (void)(take('+') || take('-'));
            return digits();
        }
        return true;
    }
    bool word(std::string_view expected) noexcept {
        if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(expected)) {
            return false;
        }
        at_ += expected.size();
        return true;
    }

    const char* at_;
    const char* end_;
};

constexpr std::string_view hex_digits = "0123456789abcdef";

std::uint32_t hex_value(std::string_view digits) {
    std::uint32_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
        add(code);
    } else if (code < 0x800) {
        add(0xC0U | (code >> 6U));
        add(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        add(0xE0U | (code >> 12U));
        add(0x80U | ((code >> 6U) & 0x3FU));
        add(0x80U | (code & 0x3FU));
    } else {
        add(0xF0U | (code >> 18U));
        add(0x80U | ((code >> 12U) & 0x3FU));
        add(0x80U | ((code >> 6U) & 0x3FU));
        add(0x80U | (code & 0x3FU));
    }
}

/// Reads what follows `\u` and moves `at` behind it; false for half a pair.
bool append_unicode_escape(std::string& out, std::string_view text, std::size_t& at) {
    std::uint32_t code = hex_value(text.substr(at, 4));
    at += 4;
    if (code >= 0xDC00 && code <= 0xDFFF) {
        return false;
    }
    if (code >= 0xD800 && code <= 0xDBFF) {
        if (text.substr(at, 2) != "\\u") {
            return false;
        }
        const std::uint32_t low = hex_value(text.substr(at + 2, 4));
        if (low < 0xDC00 || low > 0xDFFF) {
            return false;
        }
        at += 6;
        code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    }
    append_utf8(out, code);
    return true;
}

}  // namespace

std::size_t json_value_end(std::string_view text, std::size_t from, unsigned depth_max) noexcept {
    Scanner scanner(text.data() + from, text.data() + text.size());
    return scanner.value(depth_max) ? static_cast<std::size_t>(scanner.at() - text.data())
                                    : std::string_view::npos;
}

bool is_utf8(std::string_view text) noexcept {
    constexpr std::uint64_t tops = 0x8080808080808080U;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        std::uint64_t word = tops;
        if (end - at >= 8) {
            std::memcpy(&word, at, sizeof(word));
        }
        const std::size_t size = (word & tops) == 0 ? 8 : utf8_size(at, end);
        if (size == 0) {
            return false;
        }
        at += size;
    }
    return true;
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    const char* at = text.data();
    const char* const end = at + text.size();
    const char* plain = at;
    const auto escape = [&](std::string_view with) {
        out.append(plain, at);
        out += with;
        plain = ++at;
    };
    while (at != end) {
        at = skip_plain(at, end);
        if (at == end) {
            break;
        }
        const auto byte = static_cast<unsigned char>(*at);
        if (byte == '"') {
            escape("\\\"");
        } else if (byte == '\\') {
            escape("\\\\");
        } else if (byte == '\n') {
            escape("\\n");
        } else if (byte == '\r') {
            escape("\\r");
        } else if (byte == '\t') {
            escape("\\t");
        } else if (byte < 0x20) {
            const char code[] = {
                '\\', 'u', '0', '0', hex_digits[byte >> 4U], hex_digits[byte & 0xFU]};
            escape({code, sizeof(code)});
        } else {
            ++at;
        }
    }
    out.append(plain, at);
    out += '"';
}

std::optional<std::string> json_string_text(std::string_view quoted) {
    const std::string_view text = quoted.substr(1, quoted.size() - 2);
    std::string out;
    out.reserve(text.size());
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t plain = std::min(text.find('\\', at), text.size());
        out += text.substr(at, plain - at);
        at = plain;
        if (at == text.size()) {
            break;
        }
        const char c = text[at + 1];
        at += 2;
        if (c == 'u') {
            if (!append_unicode_escape(out, text, at)) {
                return std::nullopt;
            }
        } else {
            constexpr std::string_view from = "bfnrt";
            const std::size_t which = from.find(c);
            out += which == std::string_view::npos ? c : "\b\f\n\r\t"[which];
        }
    }
    return out;
}

std::optional<std::uint64_t> json_unsigned(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

JsonWalk::JsonWalk(std::string_view text, unsigned depth_max) noexcept
    : text_(text), depth_max_(depth_max) {
    object_ = text.starts_with('{');
    ended_ = (!object_ && !text.starts_with('[')) || depth_max == 0;
    at_ = 1;
}

bool JsonWalk::fail() noexcept {
    ended_ = true;
    return false;
}

bool JsonWalk::next() noexcept {
    if (ended_) {
        return false;
    }
    Scanner scanner(text_.data() + at_, text_.data() + text_.size());
    const auto offset = [&] { return static_cast<std::size_t>(scanner.at() - text_.data()); };
    scanner.space();
    if (scanner.take(object_ ? '}' : ']')) {
        at_ = offset();
        complete_ = true;
        return fail();
    }
    if (started_) {
        if (!scanner.take(',')) {
            return fail();
        }
        scanner.space();
    }
    started_ = true;
    begin_ = offset();
    if (object_) {
        if (begin_ >= text_.size() || text_[begin_] != '"' || !scanner.string()) {
            return fail();
        }
        name_ = text_.substr(begin_ + 1, offset() - begin_ - 2);
        scanner.space();
        if (!scanner.take(':')) {
            return fail();
        }
        scanner.space();
    }
    value_begin_ = offset();
    if (!scanner.value(depth_max_ - 1)) {
        return fail();
    }
    at_ = offset();
    value_ = text_.substr(value_begin_, at_ - value_begin_);
    return true;
}

}  // namespace turntable::inline v0::tape
