#include "kv_connect/server_facts.hpp"

#include <gmock/gmock.h>

namespace {

using namespace turntable;
using namespace turntable::kv::connect;

TEST(ServerFacts, AreReadAsTheyWereWritten) {
    const ServerFacts usual{.instance = {1, 0xFFFFFFFFFFFFFFFF}, .tick_ms = 5, .checks = 100};
    EXPECT_EQ(encode_server_facts(usual),
              "instance=0000000000000001ffffffffffffffff; tick=5; checks=100; durability=none");
    const ServerFacts all{.instance = {7, 8},
                          .tick_ms = UINT64_MAX,
                          .checks = 1,
                          .durability = Durability::machine,
                          .read_only = true,
                          .queue = true,
                          .stale_reads_ms = 250,
                          .one_snapshot = false,
                          .one_commit = false};
    for (const ServerFacts& facts : {usual, all}) {
        const auto again = decode_server_facts(encode_server_facts(facts));
        ASSERT_TRUE(again) << again.error().to_string();
        EXPECT_EQ(*again, facts);
    }
}

TEST(ServerFacts, PassOverWhatLaterServersSay) {
    const auto facts = decode_server_facts(
        "checks=3; since=1999; instance=00000000000000010000000000000002; shiny; x==; ");
    ASSERT_TRUE(facts) << facts.error().to_string();
    EXPECT_EQ(facts->checks, 3U);
}

TEST(ServerFacts, RefuseWhatIsNone) {
    const std::string id = "instance=00000000000000010000000000000002; ";
    for (const std::string& text :
         {std::string(), std::string("checks=3"), id, id + "checks=0", id + "checks=-1",
          id + "checks=4294967296", id + "checks=3; durability=forever", id + "checks=3; tick=x",
          std::string("instance=1; checks=3"), id + "checks=3; stale-reads="}) {
        EXPECT_EQ(decode_server_facts(text).error().code(), ErrorCode::serialization) << text;
    }
}

TEST(WriteKeys, AreReadAsTheyWereWrittenAndNothingElseIs) {
    const WriteKey key{{1, 2}, 3, {UINT64_MAX, 4}};
    const std::string text = encode_write_key(key);
    EXPECT_EQ(text,
              "00000000000000010000000000000002-0000000000000003-ffffffffffffffff0000000000000004");
    EXPECT_EQ(decode_write_key(text).value(), key);
    for (std::size_t i = 0; i < text.size(); ++i) {
        EXPECT_FALSE(decode_write_key(text.substr(0, i))) << i;
        std::string other = text;
        other[i] = other[i] == '-' ? '0' : 'g';
        EXPECT_FALSE(decode_write_key(other)) << i;
    }
}

TEST(ErrorNames, AreThoseOfTheCodes) {
    for (auto code = ErrorCode::not_found; code <= ErrorCode::backend;
         code = static_cast<ErrorCode>(static_cast<int>(code) + 1)) {
        EXPECT_EQ(error_code_from(to_string(code)), code);
    }
    EXPECT_EQ(error_code_from("no_such_error"), std::nullopt);
    EXPECT_EQ(error_code_from(""), std::nullopt);
}

}  // namespace
