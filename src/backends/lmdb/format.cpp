#include "backends/lmdb/format.hpp"

#include <bit>
#include <cstring>

#include "turntable/core/crc32c.hpp"

namespace turntable::inline v0::kv::lmdb {

namespace {

constexpr std::string_view format_name = "turntable kv";
constexpr std::size_t header_bytes = 4 + format_name.size() + 4;
constexpr char link_kind = 'L';

template <class T>
T little_endian(T number) noexcept {
    if constexpr (std::endian::native == std::endian::big) {
        return std::byteswap(number);
    }
    return number;
}

template <class T>
void store(char* to, T number) noexcept {
    number = little_endian(number);
    std::memcpy(to, &number, sizeof(number));
}

template <class T>
T load(const char* from) noexcept {
    T number{};
    std::memcpy(&number, from, sizeof(number));
    return little_endian(number);
}

/// Of the whole key and of everything behind the checksum itself.
std::uint32_t checksum(ByteView key, ByteView stored) noexcept {
    return crc32c(crc32c(0, key), stored.substr(4));
}

bool checksum_holds(ByteView key, ByteView stored) noexcept {
    return load<std::uint32_t>(stored.data()) == checksum(key, stored);
}

}  // namespace

std::string encode_header() {
    std::string stored(header_bytes, '\0');
    std::memcpy(stored.data() + 4, format_name.data(), format_name.size());
    store(stored.data() + 4 + format_name.size(), format_version);
    store(stored.data(), checksum(header_key, stored));
    return stored;
}

std::optional<std::uint32_t> decode_header(ByteView stored) noexcept {
    // A later version may append to it.
    if (stored.size() < header_bytes || !stored.substr(4).starts_with(format_name) ||
        !checksum_holds(header_key, stored)) {
        return std::nullopt;
    }
    return load<std::uint32_t>(stored.data() + 4 + format_name.size());
}

void seal_entry(ByteView key, const Record& record, char* stored) noexcept {
    std::memset(stored, 0, 8);
    stored[4] = static_cast<char>(record.encoding);
    store(stored + 8, record.version);
    store(stored + 16, record.expire_at_ms);
    store(stored, checksum(key, ByteView(stored, entry_header_bytes + record.data.size())));
}

Flaw decode_entry(ByteView key, ByteView stored, Record& record) noexcept {
    if (stored.size() < entry_header_bytes) [[unlikely]] {
        return Flaw::form;
    }
    if (!checksum_holds(key, stored)) [[unlikely]] {
        return Flaw::checksum;
    }
    const unsigned char encoding = stored[4];
    const bool known = encoding >= 1 && encoding <= 3;
    const std::size_t data_bytes = stored.size() - entry_header_bytes;
    if (!known || (encoding == 2 && data_bytes != 8)) [[unlikely]] {
        return Flaw::form;
    }
    record.data = Bytes::unowned(ByteView(stored.data() + entry_header_bytes, data_bytes));
    record.encoding = static_cast<ValueEncoding>(encoding);
    record.version = load<std::uint64_t>(stored.data() + 8);
    record.expire_at_ms = load<std::int64_t>(stored.data() + 16);
    return Flaw::none;
}

std::array<char, link_bytes> encode_link(ByteView piece, std::uint64_t node) noexcept {
    std::array<char, link_bytes> stored{};
    stored[4] = link_kind;
    store(stored.data() + 8, node);
    store(stored.data(), checksum(piece, ByteView(stored.data(), stored.size())));
    return stored;
}

std::optional<std::uint64_t> decode_link(ByteView piece, ByteView stored) noexcept {
    if (stored.size() != link_bytes || stored[4] != static_cast<unsigned char>(link_kind) ||
        !checksum_holds(piece, stored)) {
        return std::nullopt;
    }
    return load<std::uint64_t>(stored.data() + 8);
}

std::string node_prefix(std::uint64_t node) {
    std::string prefix(node_space);
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        prefix.push_back(static_cast<char>((node >> (shift - 8)) & 0xFFU));
    }
    return prefix;
}

std::uint64_t node_of(ByteView key) noexcept {
    std::uint64_t node = 0;
    for (std::size_t i = node_space.size(); i < node_space.size() + 8 && i < key.size(); ++i) {
        node = node << 8U | key[i];
    }
    return node;
}

}  // namespace turntable::inline v0::kv::lmdb
