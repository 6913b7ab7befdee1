// The bytes of docs/formats/lmdb.md.

#include "backends/lmdb/format.hpp"

#include <random>

#include "turntable/core/crc32c.hpp"
#include "unit/kv_lmdb/files.hpp"

namespace lmdb_test {
namespace {

namespace format = kv::lmdb;
using turntable::crc32c;
using turntable::crc32c_by_table;

std::string hex(ByteView bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        constexpr std::string_view digits = "0123456789abcdef";
        out += digits[bytes[i] >> 4U];
        out += digits[bytes[i] & 15U];
    }
    return out;
}

TEST(LmdbFormat, ChecksumsAreThoseOfThePublishedExamples) {
    // RFC 3720, B.4, and the check value of the catalogue of CRCs.
    EXPECT_EQ(crc32c(0, std::string(32, '\0')), 0x8A9136AAU);
    EXPECT_EQ(crc32c(0, std::string(32, '\xff')), 0x62A8AB43U);
    EXPECT_EQ(crc32c(0, "123456789"), 0xE3069283U);
    EXPECT_EQ(crc32c(0, ""), 0U);
}

TEST(LmdbFormat, ChecksumsAreTheSameWithAndWithoutTheInstructionAndInPieces) {
    std::mt19937_64 random(1);
    for (std::size_t size = 0; size < 100; ++size) {
        std::string bytes(size, '\0');
        std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
        const std::uint32_t whole = crc32c(0, bytes);
        EXPECT_EQ(crc32c_by_table(0, bytes), whole) << size;
        const std::size_t part = size / 3;
        EXPECT_EQ(crc32c(crc32c(0, ByteView(bytes).substr(0, part)), ByteView(bytes).substr(part)),
                  whole);
    }
}

TEST(LmdbFormat, AnEntryIsWhatThePageSays) {
    std::string stored = std::string(format::entry_header_bytes, '?') + "hi";
    const kv::Record entry{Bytes::take("hi"), kv::ValueEncoding::bytes, 0x1122334455667788U, 77};
    format::seal_entry("k", entry, stored.data());
    EXPECT_EQ(hex(ByteView(stored).substr(4)),
              "03000000"
              "8877665544332211"
              "4d00000000000000"
              "6869");
    kv::Record read;
    EXPECT_EQ(format::decode_entry("k", stored, read), format::Flaw::none);
    EXPECT_EQ(read.version, entry.version);
    EXPECT_EQ(read.expire_at_ms, 77);
    EXPECT_EQ(read.data.text(), "hi");
    EXPECT_EQ(format::decode_entry("j", stored, read), format::Flaw::checksum);
    EXPECT_EQ(format::decode_entry("k", ByteView(stored).substr(0, 23), read), format::Flaw::form);
}

TEST(LmdbFormat, ACounterHasEightBytesAndEncodingsAreKnown) {
    const auto sealed = [](kv::ValueEncoding encoding, const std::string& data) {
        std::string stored = std::string(format::entry_header_bytes, '?') + data;
        format::seal_entry("k", {Bytes::take(data), encoding, 1, -1}, stored.data());
        kv::Record read;
        return format::decode_entry("k", stored, read);
    };
    EXPECT_EQ(sealed(kv::ValueEncoding::le64, "12345678"), format::Flaw::none);
    EXPECT_EQ(sealed(kv::ValueEncoding::le64, "1234567"), format::Flaw::form);
    EXPECT_EQ(sealed(static_cast<kv::ValueEncoding>(4), "x"), format::Flaw::form);
    EXPECT_EQ(sealed(static_cast<kv::ValueEncoding>(0), "x"), format::Flaw::form);
}

TEST(LmdbFormat, TheHeaderTellsItsVersion) {
    std::string header = format::encode_header();
    EXPECT_EQ(header.substr(4, 12), "turntable kv");
    EXPECT_EQ(hex(header), "8fbddae8" + hex("turntable kv") + "01000000") << "pinned";
    EXPECT_EQ(format::decode_header(header), 1U);
    header[5] = 'x';
    EXPECT_EQ(format::decode_header(header), std::nullopt);
    EXPECT_EQ(format::decode_header("turntable kv"), std::nullopt);
}

TEST(LmdbFormat, ALinkLeadsToItsNodeFromItsOwnKeyOnly) {
    const auto link = format::encode_link("piece", 258);
    const ByteView stored(link.data(), link.size());
    EXPECT_EQ(hex(stored.substr(4)), "4c0000000201000000000000");
    EXPECT_EQ(format::decode_link("piece", stored), 258U);
    EXPECT_EQ(format::decode_link("other", stored), std::nullopt);
    EXPECT_EQ(hex(format::node_prefix(258)), "ff4c0000000000000102");
    EXPECT_EQ(format::node_of(format::node_prefix(258) + "rest"), 258U);
}

}  // namespace
}  // namespace lmdb_test
