// The exchange of metadata, and the frames of a watch.
#include "kv_connect/metadata.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "kv_connect/rfc3339.hpp"
#include "kv_connect/watch_frames.hpp"

namespace turntable::kv::connect {
namespace {

const std::string id = "0f9a3b1c-0000-4000-8000-00000000abcd";

std::string body(const std::string& change_from = "", const std::string& change_to = "") {
    std::string text = R"({"version":3,"databaseId":")" + id +
                       R"(","endpoints":[{"url":"/v2","consistency":"strong"},)"
                       R"({"url":"https://eu.example/kv","consistency":"eventual"}],)"
                       R"("token":"secret","expiresAt":"2026-11-22T15:04:05.250Z"})";
    if (!change_from.empty()) {
        text.replace(text.find(change_from), change_from.size(), change_to);
    }
    return text;
}

TEST(ConnectMetadata, GoThereAndBack) {
    const auto metadata = decode_metadata(body());
    ASSERT_TRUE(metadata) << metadata.error().to_string();
    EXPECT_EQ(metadata->version, 3U);
    EXPECT_EQ(metadata->database_id, id);
    EXPECT_EQ(metadata->token, "secret");
    EXPECT_EQ(metadata->endpoints,
              (std::vector<Endpoint>{{"/v2", Consistency::strong},
                                     {"https://eu.example/kv", Consistency::eventual}}));
    EXPECT_EQ(metadata->expires_at.time_since_epoch(),
              std::chrono::milliseconds(1'795'359'845'250));
    EXPECT_EQ(decode_metadata(encode_metadata(*metadata)).value(), *metadata);
}

TEST(ConnectMetadata, WhatIsWrongIsNamedAndTheTokenIsNot) {
    const struct {
        std::string from;
        std::string to;
        const char* says;
    } rows[] = {{"{\"version\"", "[\"version\"", "the body"},
                {"\"version\":3", "\"version\":\"3\"", "version"},
                {id, "0F9A3B1C-0000-4000-8000-00000000ABCD", "databaseId"},
                {id, "0f9a3b1c", "databaseId"},
                {"\"secret\"", "\"\"", "token"},
                {"2026-11-22T", "2026-11-31T", "expiresAt"},
                {"\"strong\"", "\"sometimes\"", "consistency"},
                {"\"strong\"", "\"eventual\"", "one whose consistency is strong"},
                {"\"/v2\"", "\"/v2/\"", "slash"},
                {"\"version\":3", "\"version\":1", "absolute"},
                {"\"endpoints\":[", "\"endpoints\":[7,", "objects"}};
    for (const auto& row : rows) {
        const auto refused = decode_metadata(body(row.from, row.to));
        ASSERT_FALSE(refused) << row.says;
        EXPECT_EQ(refused.error().code(), ErrorCode::serialization);
        EXPECT_NE(refused.error().message().find(row.says), std::string::npos)
            << refused.error().message();
        EXPECT_EQ(refused.error().message().find("secret"), std::string::npos);
    }
    EXPECT_EQ(decode_metadata(body("\"version\":3", "\"version\":4")).error().code(),
              ErrorCode::unsupported);
}

TEST(ConnectMetadata, TheNewestCommonVersionIsChosen) {
    EXPECT_EQ(choose_version("").value(), 1U);
    EXPECT_EQ(choose_version(encode_metadata_request()).value(), 3U);
    EXPECT_EQ(choose_version(R"({"supportedVersions":[2,1,9,"3",-3]})").value(), 2U);
    for (const char* bad :
         {"x", "[]", "{}", R"({"supportedVersions":[]})", R"({"supportedVersions":[4]})",
          R"({"supportedVersions":[0]})", R"({"supportedVersions":{"a":1}})"}) {
        EXPECT_EQ(choose_version(bad).error().code(), ErrorCode::invalid_argument) << bad;
    }
}

TEST(ConnectRfc3339, ReadsEveryFormAndWritesOne) {
    const WallTime time(std::chrono::milliseconds(1'795'359'845'250));
    EXPECT_EQ(to_rfc3339(time), "2026-11-22T15:04:05.250Z");
    for (const char* text :
         {"2026-11-22T15:04:05.250Z", "2026-11-22t15:04:05.25z", "2026-11-22T15:04:05.2509999999Z",
          "2026-11-22T17:34:05.25+02:30", "2026-11-22T10:04:05.250-05:00"}) {
        EXPECT_EQ(parse_rfc3339(text), time) << text;
    }
    EXPECT_EQ(parse_rfc3339("2026-11-22T15:04:05Z"), time - std::chrono::milliseconds(250));
    for (const char* text :
         {"", "2026-11-22", "2026-11-22T15:04:05", "2026-11-22T15:04:05.Z", "2026-13-22T15:04:05Z",
          "2026-02-29T15:04:05Z", "2026-11-22T24:04:05Z", "2026-11-22T15:60:05Z",
          "2026-11-22T15:04:61Z", "2026-11-22T15:04:05Zx", "2026-11-22 15:04:05Z",
          "2026-11-22T15:04:05+2:30", "2026-11-22T15:04:05+25:00"}) {
        EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
    }
}

TEST(ConnectWatchFrames, ComeWholeFromPiecesOfAnySize) {
    const std::string sent =
        keep_alive_frame() + watch_frame("one") + keep_alive_frame() + watch_frame("three");
    for (std::size_t piece = 1; piece <= sent.size(); ++piece) {
        WatchFrames frames;
        std::string got;
        for (std::size_t at = 0; at < sent.size(); at += piece) {
            frames.add(ByteView(sent).substr(at, piece));
            while (const auto frame = frames.next().value()) {
                got += *frame + " ";
            }
        }
        EXPECT_EQ(got, "one three ") << piece;
    }
}

TEST(ConnectWatchFrames, AFrameOverTheLimitIsRefusedBeforeItIsThere) {
    const auto begin = [](std::size_t size) {
        std::string head = watch_frame("");
        for (char& byte : head) {
            byte = static_cast<char>(size & 0xFFU);
            size >>= 8U;
        }
        return head;
    };
    WatchFrames right;
    right.add(begin(WatchFrames::frame_bytes_max));
    EXPECT_TRUE(right.next());
    WatchFrames over;
    over.add(begin(WatchFrames::frame_bytes_max + 1));
    EXPECT_EQ(over.next().error().code(), ErrorCode::serialization);
    EXPECT_FALSE(over.next());
}

}  // namespace
}  // namespace turntable::kv::connect
