#include "turntable/tape/payload.hpp"

#include <map>

#include "turntable/core/sha256.hpp"

#include "unit/tape/tapes.hpp"

// Long texts lie in a store by the digest of their bytes, and come back byte for byte.
namespace turntable::tape::test {
namespace {

class MapStore final : public PayloadStore {
  public:
    Result<void> put(const PayloadRef& name, ByteView bytes) override {
        if (full) {
            return Error(ErrorCode::no_space, "full");
        }
        contents[name.sha256] = bytes.to_string();
        return {};
    }
    Result<Bytes> get(const PayloadRef& name) override {
        const auto found = contents.find(name.sha256);
        return found == contents.end() ? Result<Bytes>(Error(ErrorCode::not_found, "none"))
                                       : Bytes::copy(found->second);
    }
    std::map<std::string, std::string> contents;
    bool full = false;
};

Frame image_answer(int id, const std::string& image) {
    return frame_of(Direction::server_to_client, {},
                    R"({"id":)" + std::to_string(id) + R"(,"result":[{"data":")" + image +
                        R"("},"short"]})"
                        "\n");
}

TEST(TapePayloads, ATextThatIsSentTwiceIsStoredOnce) {
    MapStore store;
    const std::string image = to_hex(noise(2500, 1));
    std::string text;
    Writer writer = writer_to(text);
    for (int id = 1; id <= 3; ++id) {
        Frame frame = image_answer(id, image);
        ASSERT_TRUE(store_payload(frame, store, 1000));
        ASSERT_EQ(frame.parts.size(), 3U);
        (void)writer.frame(frame).value();
    }
    EXPECT_EQ(store.contents.size(), 1U);
    EXPECT_EQ(text.find(image), std::string::npos);
    EXPECT_EQ(writer.totals().bytes, 3 * image_answer(1, image).payload.size());
    int id = 0;
    for (const Record& record : records_of(text)) {
        Frame frame = as<Frame>(record);
        ASSERT_TRUE(load_payload(frame, store));
        EXPECT_EQ(frame.payload, image_answer(++id, image).payload);
    }
}

TEST(TapePayloads, TextsAreStoredFromTheLeastSizeOn) {
    for (const std::size_t size : {999U, 1000U, 1001U}) {
        MapStore store;
        Frame frame = image_answer(1, std::string(size, 'x'));
        ASSERT_TRUE(store_payload(frame, store, 1000));
        EXPECT_EQ(store.contents.size(), size < 1000 ? 0U : 1U) << size;
        EXPECT_EQ(frame.parts.empty(), size < 1000);
    }
}

TEST(TapePayloads, WhatIsNoJsonIsStoredAsAWhole) {
    MapStore store;
    const std::string bytes = "\xFF\x00 not JSON" + noise(2000, 3);
    Frame frame = frame_of(Direction::server_aside, {}, bytes);
    ASSERT_TRUE(store_payload(frame, store, 1000));
    ASSERT_EQ(frame.parts.size(), 1U);
    EXPECT_EQ(*frame.parts[0].stored, payload_ref(bytes));
    ASSERT_TRUE(load_payload(frame, store));
    EXPECT_EQ(frame.payload.text(), bytes);
}

TEST(TapePayloads, AFullStoreLeavesTheFrameAsItWas) {
    MapStore store;
    store.full = true;
    Frame frame = image_answer(1, std::string(2000, 'x'));
    const Frame before = frame;
    EXPECT_EQ(store_payload(frame, store, 1000).error().code(), ErrorCode::no_space);
    EXPECT_EQ(frame, before);
}

TEST(TapePayloads, OtherBytesUnderTheNameAreFound) {
    MapStore store;
    Frame frame = image_answer(1, std::string(2000, 'x'));
    ASSERT_TRUE(store_payload(frame, store, 1000));
    store.contents.begin()->second[0] = 'y';
    Frame damaged = frame;
    EXPECT_EQ(load_payload(damaged, store).error().code(), ErrorCode::corrupt);
    store.contents.clear();
    EXPECT_EQ(load_payload(frame, store).error().code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace turntable::tape::test
