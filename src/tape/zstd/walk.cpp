#include "tape/zstd/walk.hpp"

#include <array>

namespace turntable::inline v0::tape {

namespace {

std::uint32_t little_endian(std::string_view bytes, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    }
    return value;
}

constexpr std::uint32_t frame_magic = 0xFD2FB528U;
constexpr std::uint32_t skippable_magic = 0x184D2A50U;

}  // namespace

Result<std::string_view> StoredBytes::at(std::uint64_t offset, std::size_t size) {
    constexpr std::size_t chunk = 64U << 10U;
    if (offset < begin_ || offset + size > begin_ + bytes_.size()) {
        const std::size_t wanted = std::max(size, chunk);
        bytes_.resize(wanted);
        begin_ = offset;
        const auto read = source_.read(offset, bytes_.data(), wanted);
        bytes_.resize(read ? *read : 0);
        if (!read) {
            return read.error();
        }
    }
    return std::string_view(bytes_).substr(static_cast<std::size_t>(offset - begin_), size);
}

Result<std::optional<StoredPiece>> StoredWalk::next() { return inside_ ? block() : begin_frame(); }

Result<std::optional<StoredPiece>> StoredWalk::piece(StoredPiece::Kind kind, std::uint64_t size) {
    // Whole if its last byte is there.
    TURNTABLE_TRY(const std::string_view last, bytes_.at(at_ + size - 1, 1));
    if (last.empty()) {
        return std::optional<StoredPiece>();
    }
    const StoredPiece found{kind, at_, at_ + size};
    at_ += size;
    inside_ = kind == StoredPiece::Kind::header || kind == StoredPiece::Kind::block;
    return std::optional(found);
}

Result<std::optional<StoredPiece>> StoredWalk::begin_frame() {
    TURNTABLE_TRY(const std::string_view bytes, bytes_.at(at_, 8));
    if (bytes.size() < 5) {
        return std::optional<StoredPiece>();
    }
    const std::uint32_t magic = little_endian(bytes, 4);
    if ((magic & 0xFFFFFFF0U) == skippable_magic) {
        if (bytes.size() < 8) {
            return std::optional<StoredPiece>();
        }
        return piece(StoredPiece::Kind::skipped,
                     8 + std::uint64_t{little_endian(bytes.substr(4), 4)});
    }
    if (magic != frame_magic) {
        return std::optional<StoredPiece>();
    }
    const std::uint32_t descriptor = little_endian(bytes.substr(4), 1);
    const bool single_segment = (descriptor >> 5U & 1U) != 0;
    constexpr std::array<std::uint32_t, 4> dictionary_bytes = {0, 1, 2, 4};
    const std::array<std::uint32_t, 4> size_bytes = {single_segment ? 1U : 0U, 2, 4, 8};
    has_checksum_ = (descriptor >> 2U & 1U) != 0;
    return piece(StoredPiece::Kind::header, 5 + (single_segment ? 0U : 1U) +
                                                dictionary_bytes[descriptor & 3U] +
                                                size_bytes[descriptor >> 6U]);
}

Result<std::optional<StoredPiece>> StoredWalk::block() {
    TURNTABLE_TRY(const std::string_view bytes, bytes_.at(at_, 3));
    if (bytes.size() < 3) {
        return std::optional<StoredPiece>();
    }
    const std::uint32_t header = little_endian(bytes, 3);
    const std::uint32_t type = header >> 1U & 3U;
    constexpr std::uint32_t run = 1;
    constexpr std::uint32_t reserved = 3;
    if (type == reserved) {
        return std::optional<StoredPiece>();
    }
    const bool last = (header & 1U) != 0;
    const std::uint64_t size = 3 + (type == run ? 1U : header >> 3U);
    return last ? piece(StoredPiece::Kind::last, size + (has_checksum_ ? 4U : 0U))
                : piece(StoredPiece::Kind::block, size);
}

}  // namespace turntable::inline v0::tape
