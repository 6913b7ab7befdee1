#include "turntable/core/sha256.hpp"

#include <gtest/gtest.h>

#include <string>

namespace turntable {
namespace {

// The examples of FIPS 180-4 and RFC 4231.
TEST(Sha256, GivesTheDigestsOfTheStandard) {
    EXPECT_EQ(to_hex(Sha256::of("")),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(Sha256::of("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(Sha256::of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(to_hex(Sha256::of(std::string(1'000'000, 'a'))),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, TakesItsBytesInAnyPieces) {
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        bytes += static_cast<char>(i * 7);
        for (const std::size_t piece : {1U, 7U, 63U, 64U, 65U, 130U}) {
            Sha256 hash;
            for (std::size_t at = 0; at < bytes.size(); at += piece) {
                hash.update(ByteView(bytes).substr(at, piece));
                (void)hash.digest();
            }
            ASSERT_EQ(hash.digest(), Sha256::of(bytes)) << bytes.size() << " in " << piece;
        }
    }
}

TEST(Sha256, GivesTheSameWithAndWithoutInstructionsOfTheProcessor) {
    std::string bytes;
    for (int i = 0; i < 64 * 9; ++i) {
        bytes += static_cast<char>(i * i);
    }
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    for (std::size_t blocks = 0; blocks <= 9; ++blocks) {
        detail::Sha256State fast = {1, 2, 3, 4, 5, 6, 7, 8};
        detail::Sha256State portable = fast;
        detail::sha256_blocks(fast, data, blocks);
        detail::sha256_blocks_portable(portable, data, blocks);
        EXPECT_EQ(fast, portable) << blocks;
    }
}

TEST(HmacSha256, GivesTheCodesOfTheStandard) {
    EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                                 "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

}  // namespace
}  // namespace turntable
