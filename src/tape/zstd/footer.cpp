#include <algorithm>
#include <cstring>

#include "tape/blocks.hpp"
#include "turntable/core/crc32c.hpp"

namespace turntable::inline v0::tape {

namespace {

/// A skippable frame of zstd, its size, and our name.
constexpr std::string_view footer_begin("\x54\x2A\x4D\x18\x48\x00\x00\x00TTblock1", 16);
constexpr std::size_t crc_offset = footer_bytes - 4;

template <class Integer>
void put(char* at, Integer value) {
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
        at[i] = static_cast<char>(value >> (8 * i) & 0xFFU);
    }
}

template <class Integer>
Integer get(const char* at) {
    Integer value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
        value |= static_cast<Integer>(static_cast<unsigned char>(at[i])) << (8 * i);
    }
    return value;
}

}  // namespace

std::array<char, footer_bytes> footer_text(const Footer& footer) {
    std::array<char, footer_bytes> text{};
    std::copy(footer_begin.begin(), footer_begin.end(), text.begin());
    char* at = text.data() + footer_begin.size();
    for (const std::uint64_t value : {footer.stored_begin, footer.lines_begin, footer.lines_end,
                                      footer.frames, footer.time, footer.stored_end}) {
        put(at, value);
        at += sizeof(value);
    }
    put(at, footer.line_crc);
    put(at + 4, footer.stored_crc);
    put(text.data() + crc_offset, crc32c(0, ByteView(text.data(), crc_offset)));
    return text;
}

std::optional<Footer> parse_footer(std::string_view bytes, std::uint64_t offset) {
    if (bytes.size() < footer_bytes || !bytes.starts_with(footer_begin) ||
        get<std::uint32_t>(bytes.substr(crc_offset).begin()) !=
            crc32c(0, ByteView(bytes).substr(0, crc_offset))) {
        return std::nullopt;
    }
    Footer footer;
    const char* at = bytes.data() + footer_begin.size();
    for (std::uint64_t* value : {&footer.stored_begin, &footer.lines_begin, &footer.lines_end,
                                 &footer.frames, &footer.time, &footer.stored_end}) {
        *value = get<std::uint64_t>(at);
        at += sizeof(*value);
    }
    footer.line_crc = get<std::uint32_t>(at);
    footer.stored_crc = get<std::uint32_t>(at + 4);
    // A tape may hold the bytes of a tape: a footer is one only where it says that it is.
    const bool ours = footer.stored_end == offset && footer.stored_begin < offset &&
                      footer.lines_begin <= footer.lines_end;
    return ours ? std::optional(footer) : std::nullopt;
}

namespace {

constexpr std::size_t search_bytes = 64U << 10U;

/// Up to `size` bytes from `offset` on, fewer at the end of the source.
Result<std::string> read_some(Source& source, std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    TURNTABLE_TRY(const std::size_t read, source.read(offset, bytes.data(), size));
    bytes.resize(read);
    return bytes;
}

}  // namespace

Result<std::optional<Footer>> next_footer(Source& source, std::uint64_t from, std::uint64_t end) {
    while (from < end) {
        TURNTABLE_TRY(const std::string bytes, read_some(source, from, search_bytes));
        for (std::size_t at = bytes.find(footer_begin); at != std::string::npos;
             at = bytes.find(footer_begin, at + 1)) {
            if (from + at >= end) {
                return std::optional<Footer>();
            }
            if (bytes.size() - at < footer_bytes) {
                break;  // it is whole in the next piece
            }
            if (auto footer = parse_footer(std::string_view(bytes).substr(at), from + at)) {
                return footer;
            }
        }
        if (bytes.size() < search_bytes) {
            break;
        }
        from += search_bytes - footer_bytes;
    }
    return std::optional<Footer>();
}

Result<std::optional<Footer>> find_footer(Source& source, const Target& target) {
    constexpr std::uint64_t near_enough = 2 * search_bytes;
    std::optional<Footer> best;
    std::uint64_t low = 0;
    TURNTABLE_TRY(std::uint64_t high, source.size());
    while (low < high) {
        const bool near = high - low <= near_enough;
        const std::uint64_t middle = near ? low : low + (high - low) / 2;
        TURNTABLE_TRY(auto found, next_footer(source, middle, high));
        if (found && (target.by_time ? found->time : found->frames) < target.value) {
            low = found->stored_end + footer_bytes;
            best = found;
        } else if (near) {
            break;
        } else {
            high = middle;
        }
    }
    return best;
}

}  // namespace turntable::inline v0::tape
