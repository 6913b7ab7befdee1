#include "turntable/blob/contract.hpp"

#include <gtest/gtest.h>

namespace turntable::blob {
namespace {

void expect_span(const ByteRange& range, std::uint64_t size, std::uint64_t offset,
                 std::uint64_t length) {
    const Result<ByteSpan> span = resolve(range, size);
    ASSERT_TRUE(span.has_value());
    EXPECT_EQ(span->offset, offset);
    EXPECT_EQ(span->length, length);
}

TEST(ByteRange, IsLaidOverABlob) {
    expect_span({}, 10, 0, 10);
    expect_span({.offset = 3}, 10, 3, 7);
    expect_span({.offset = 3, .length = 4}, 10, 3, 4);
    expect_span({.offset = 3, .length = 8}, 10, 3, 7);
    expect_span({.offset = 10}, 10, 10, 0);
    expect_span({.offset = 3, .length = 0}, 10, 3, 0);
    expect_span({.offset = 1, .length = UINT64_MAX}, 10, 1, 9);
    expect_span(ByteRange::suffix(4), 10, 6, 4);
    expect_span(ByteRange::suffix(11), 10, 0, 10);
    expect_span(ByteRange::suffix(0), 10, 10, 0);
    EXPECT_EQ(resolve({.offset = 11}, 10).error().code(), ErrorCode::out_of_range);
}

TEST(Conditions, CompareEtagsAndTimes) {
    const Metadata metadata{.etag = "v1", .modified_ms = 1000};
    const auto holds = [&](const Conditions& conditions) {
        const Result<void> result = check(conditions, metadata);
        if (!result) {
            EXPECT_EQ(result.error().code(), ErrorCode::condition_failed);
        }
        return result.has_value();
    };
    EXPECT_TRUE(holds({}));
    EXPECT_TRUE(holds({.if_match = "v1"}) && holds({.if_match = "*"}));
    EXPECT_FALSE(holds({.if_match = "v2"}));
    EXPECT_TRUE(holds({.if_none_match = "v2"}));
    EXPECT_FALSE(holds({.if_none_match = "v1"}) || holds({.if_none_match = "*"}));
    EXPECT_TRUE(holds({.if_modified_since_ms = 999}));
    EXPECT_FALSE(holds({.if_modified_since_ms = 1000}));
    EXPECT_TRUE(holds({.if_unmodified_since_ms = 1000}));
    EXPECT_FALSE(holds({.if_unmodified_since_ms = 999}));
    EXPECT_FALSE(holds({.if_match = "v1", .if_unmodified_since_ms = 999}));
}

}  // namespace
}  // namespace turntable::blob
