#include "kv/transfer/crc64.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace turntable::inline v0::kv::transfer {

namespace {

constexpr std::uint64_t polynomial = 0xC96C5795D7870F42U;
constexpr std::size_t slices = 8;
using Table = std::array<std::uint64_t, 256>;

/// Table n takes a byte that n more bytes follow, so that eight bytes are eight lookups.
constexpr std::array<Table, slices> make_tables() {
    std::array<Table, slices> tables{};
    for (std::uint64_t byte = 0; byte < 256; ++byte) {
        std::uint64_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? polynomial : 0);
        }
        tables[0][byte] = crc;
    }
    for (std::size_t slice = 1; slice < slices; ++slice) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint64_t before = tables[slice - 1][byte];
            tables[slice][byte] = tables[0][before & 0xFFU] ^ (before >> 8U);
        }
    }
    return tables;
}

constexpr std::array<Table, slices> tables = make_tables();

std::uint64_t little_endian(const char* bytes) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof(word));
    return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}

}  // namespace

void Crc64::add(ByteView bytes) noexcept {
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    std::uint64_t crc = state_;
    for (; left >= slices; left -= slices, at += slices) {
        crc ^= little_endian(at);
        std::uint64_t next = 0;
        for (std::size_t slice = 0; slice < slices; ++slice) {
            next ^= tables[slices - 1 - slice][(crc >> (8 * slice)) & 0xFFU];
        }
        crc = next;
    }
    for (; left > 0; --left, ++at) {
        crc = tables[0][(crc ^ static_cast<unsigned char>(*at)) & 0xFFU] ^ (crc >> 8U);
    }
    state_ = crc;
}

}  // namespace turntable::inline v0::kv::transfer
