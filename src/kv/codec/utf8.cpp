#include "kv/codec/utf8.hpp"

#include <cstring>

namespace turntable::inline v0::kv::codec {

namespace {

// The shape of a sequence by its first byte: length, bits it carries, least value allowed.
struct Lead {
    std::size_t size;
    std::uint32_t bits;
    std::uint32_t least;
};

Lead lead_of(unsigned char byte) noexcept {
    if (byte < 0x80) {
        return {1, byte, 0};
    }
    if (byte >= 0xC2 && byte < 0xE0) {
        return {2, byte & 0x1FU, 0x80};
    }
    if (byte >= 0xE0 && byte < 0xF0) {
        return {3, byte & 0x0FU, 0x800};
    }
    if (byte >= 0xF0 && byte < 0xF5) {
        return {4, byte & 0x07U, 0x10000};
    }
    return {0, 0, 0};
}

}  // namespace

CodePoint read_code_point(std::string_view text, Utf form) noexcept {
    const Lead lead = lead_of(static_cast<unsigned char>(text[0]));
    if (lead.size == 0 || lead.size > text.size()) {
        return {0, 0};
    }
    std::uint32_t value = lead.bits;
    for (std::size_t i = 1; i < lead.size; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0U) != 0x80) {
            return {0, 0};
        }
        value = (value << 6U) | (byte & 0x3FU);
    }
    const bool surrogate = is_high_surrogate(value) || is_low_surrogate(value);
    if (value < lead.least || value > 0x10FFFF || (surrogate && form == Utf::utf8)) {
        return {0, 0};
    }
    return {value, lead.size};
}

void append_code_point(std::string& out, std::uint32_t value) {
    const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    const auto put_tail = [&put, value](unsigned shift) {
        put(0x80U | ((value >> shift) & 0x3FU));
    };
    if (value < 0x80) {
        put(value);
    } else if (value < 0x800) {
        put(0xC0U | (value >> 6U));
        put_tail(0);
    } else if (value < 0x10000) {
        put(0xE0U | (value >> 12U));
        put_tail(6);
        put_tail(0);
    } else {
        put(0xF0U | (value >> 18U));
        put_tail(12);
        put_tail(6);
        put_tail(0);
    }
}

bool is_well_formed(std::string_view text, Utf form) noexcept {
    bool after_high = false;
    while (!text.empty()) {
        const std::size_t plain = ascii_prefix(text);
        if (plain != 0) {
            text.remove_prefix(plain);
            after_high = false;
            continue;
        }
        const CodePoint point = read_code_point(text, form);
        // A pair of surrogates has a form of its own, the four bytes of its code point.
        if (point.size == 0 || (after_high && is_low_surrogate(point.value))) {
            return false;
        }
        after_high = is_high_surrogate(point.value);
        text.remove_prefix(point.size);
    }
    return true;
}

std::size_t ascii_prefix(std::string_view text) noexcept {
    std::size_t at = 0;
    for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
        std::uint64_t block = 0;
        std::memcpy(&block, text.data() + at, sizeof block);
        if ((block & 0x8080808080808080ULL) != 0) {
            break;
        }
    }
    while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) {
        ++at;
    }
    return at;
}

std::string from_latin1(ByteView bytes) {
    const std::size_t plain = ascii_prefix(bytes.text());
    std::string text;
    text.reserve(bytes.size());
    text.append(bytes.data(), plain);
    for (std::size_t i = plain; i < bytes.size(); ++i) {
        append_code_point(text, bytes[i]);
    }
    return text;
}

std::string from_utf16(ByteView bytes) {
    const auto unit = [bytes](std::size_t at) -> std::uint32_t {
        return bytes[at] | (std::uint32_t{bytes[at + 1]} << 8U);
    };
    std::string text;
    text.reserve(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        std::uint32_t value = unit(i);
        if (is_high_surrogate(value) && i + 2 < bytes.size() && is_low_surrogate(unit(i + 2))) {
            i += 2;
            value = combine_surrogates(value, unit(i));
        }
        append_code_point(text, value);
    }
    return text;
}

}  // namespace turntable::inline v0::kv::codec
