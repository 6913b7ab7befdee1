#include "turntable/core/crc32c.hpp"

#include <array>
#include <cstring>

namespace turntable::inline v0 {

namespace {

/// The polynomial 0x1EDC6F41 with its bits reversed.
constexpr std::uint32_t polynomial = 0x82F63B78U;

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? polynomial : 0U);
        }
        table[byte] = crc;
    }
    return table;
}

constexpr std::array<std::uint32_t, 256> table = make_table();

#if defined(__x86_64__) && defined(__GNUC__)

bool has_instruction() noexcept {
    static const bool has = __builtin_cpu_supports("sse4.2") != 0;
    return has;
}

[[gnu::target("sse4.2")]] std::uint32_t by_instruction(std::uint32_t before,
                                                       ByteView bytes) noexcept {
    std::uint64_t crc = ~before;
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof(word));
        crc = __builtin_ia32_crc32di(crc, word);
    }
    auto small = static_cast<std::uint32_t>(crc);
    for (; left > 0; --left, ++at) {
        small = __builtin_ia32_crc32qi(small, static_cast<unsigned char>(*at));
    }
    return ~small;
}

#endif

}  // namespace

std::uint32_t crc32c_by_table(std::uint32_t before, ByteView bytes) noexcept {
    std::uint32_t crc = ~before;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        crc = table[(crc ^ bytes[i]) & 0xFFU] ^ (crc >> 8U);
    }
    return ~crc;
}

std::uint32_t crc32c(std::uint32_t before, ByteView bytes) noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
    if (has_instruction()) [[likely]] {
        return by_instruction(before, bytes);
    }
#endif
    return crc32c_by_table(before, bytes);
}

}  // namespace turntable::inline v0
