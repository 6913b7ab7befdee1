#include "turntable/core/bytes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <compare>
#include <cstddef>
#include <latch>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace turntable {
namespace {

using namespace std::string_view_literals;

TEST(ByteViewTest, ComparesAsUnsignedAndShorterFirst) {
    EXPECT_LT(ByteView("a"), ByteView("ab"));
    EXPECT_LT(ByteView("\x7f"), ByteView("\x80"));
    EXPECT_LT(ByteView("a\0"sv), ByteView("a\0\0"sv));
    EXPECT_LT(ByteView(), ByteView("\0"sv));
    EXPECT_EQ(ByteView("a") <=> ByteView("a"), std::strong_ordering::equal);
    EXPECT_EQ(ByteView("\xff")[0], 0xffU);
}

TEST(ByteViewTest, IsMadeFromTextAndSpans) {
    const std::array<unsigned char, 3> raw = {'a', 0, 0xff};
    const ByteView from_raw(std::span<const unsigned char>{raw});
    const ByteView from_bytes(std::as_bytes(std::span(raw)));
    EXPECT_EQ(from_raw, from_bytes);
    EXPECT_EQ(from_raw.text(), "a\0\xff"sv);
    EXPECT_EQ(from_raw.bytes().size(), 3U);
    EXPECT_EQ(from_raw.to_string(), std::string("a\0\xff"sv));
    EXPECT_TRUE(from_raw.starts_with("a"));
    EXPECT_EQ(from_raw.substr(1).size(), 2U);
}

TEST(BytesTest, CopyOwnsItsOwnBuffer) {
    std::string source = "hello";
    const Bytes bytes = Bytes::copy(source);
    source[0] = 'j';
    EXPECT_EQ(bytes.text(), "hello");
}

TEST(BytesTest, NothingIsEmptyHoweverItIsMade) {
    const ByteView null{std::span<const std::byte>()};
    for (const Bytes& bytes : {Bytes(), Bytes::copy(""), Bytes::copy(null), Bytes::take(""),
                               Bytes::unowned(null), Bytes::joined(null, null)}) {
        EXPECT_TRUE(bytes.empty());
        EXPECT_EQ(bytes, Bytes());
        EXPECT_EQ(bytes.to_string(), "");
    }
}

TEST(BytesTest, JoinsBothParts) {
    const ByteView null{std::span<const std::byte>()};
    EXPECT_EQ(Bytes::joined("ab", "cd").text(), "abcd");
    EXPECT_EQ(Bytes::joined("ab", null).text(), "ab");
    EXPECT_EQ(Bytes::joined(null, "cd").text(), "cd");
}

TEST(BytesTest, TakeDoesNotCopyLongText) {
    std::string text(100, 'x');
    const char* const before = text.data();
    const Bytes bytes = Bytes::take(std::move(text));
    EXPECT_EQ(bytes.data(), before);
    EXPECT_EQ(bytes.size(), 100U);
}

TEST(BytesTest, TakeKeepsShortText) { EXPECT_EQ(Bytes::take("ab").text(), "ab"); }

TEST(BytesTest, CopiesShareTheBufferAndOutliveTheFirst) {
    Bytes first = Bytes::copy("shared bytes");
    const Bytes second = first;
    EXPECT_EQ(first.data(), second.data());
    first = Bytes();
    EXPECT_EQ(second.text(), "shared bytes");
}

TEST(BytesTest, SlicesShareTheBufferAndOutliveTheWhole) {
    Bytes whole = Bytes::copy("0123456789");
    const Bytes middle = whole.slice(2, 5);
    EXPECT_EQ(middle.data(), whole.data() + 2);
    const Bytes inner = middle.slice(1);
    whole = Bytes();
    EXPECT_EQ(middle.text(), "23456");
    EXPECT_EQ(inner.text(), "3456");
}

TEST(BytesTest, SlicesReachTheEndAndNoFurther) {
    const Bytes whole = Bytes::copy("abc");
    EXPECT_EQ(whole.slice(0).text(), "abc");
    EXPECT_EQ(whole.slice(3).text(), "");
    EXPECT_EQ(whole.slice(1, 99).text(), "bc");
    EXPECT_THROW(static_cast<void>(whole.slice(4)), std::out_of_range);
}

TEST(BytesTest, HeldByKeepsTheKeeperUntilTheLastCopyIsGone) {
    auto page = std::make_shared<const std::string>("a mapped page");
    const std::weak_ptr<const std::string> alive = page;
    Bytes bytes = Bytes::held_by(ByteView(*page).substr(2, 6), page);
    page.reset();
    Bytes part = bytes.slice(0, 3);
    bytes = Bytes();
    EXPECT_FALSE(alive.expired());
    EXPECT_EQ(part.text(), "map");
    part = Bytes();
    EXPECT_TRUE(alive.expired());
}

TEST(BytesTest, UnownedBorrows) {
    const std::string text = "borrowed";
    const Bytes bytes = Bytes::unowned(text);
    const Bytes copy = bytes;
    EXPECT_EQ(bytes.data(), text.data());
    EXPECT_EQ(copy.data(), text.data());
}

TEST(BytesTest, MovingLeavesNothing) {
    Bytes from = Bytes::copy("abc");
    const Bytes to = std::move(from);
    EXPECT_EQ(to.text(), "abc");
    EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): promised to be empty
}

TEST(BytesTest, SurvivesSelfAssignment) {
    Bytes bytes = Bytes::copy("abc");
    const Bytes& same = bytes;
    bytes = same;
    EXPECT_EQ(bytes.text(), "abc");
}

TEST(BytesTest, CopiesMayBeDroppedOnAnyThread) {
    auto keeper = std::make_shared<int>(0);
    Bytes bytes = Bytes::held_by("text", keeper);
    std::latch start(4);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&start, mine = bytes]() mutable {
            start.arrive_and_wait();
            for (int round = 0; round < 300; ++round) {
                const Bytes part = mine.slice(1);
                mine = Bytes(part);
                EXPECT_EQ(part.data(), mine.data());
                mine = Bytes::copy("text");
            }
        });
    }
    threads.clear();
    bytes = Bytes();
    EXPECT_EQ(keeper.use_count(), 1);
}

}  // namespace
}  // namespace turntable
