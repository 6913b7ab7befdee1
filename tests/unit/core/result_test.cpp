#include "turntable/core/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace turntable {
namespace {

// The layout is a promise: libraries built under C++20 and C++23 exchange results.
template <class T>
struct Layout {
    union {
        T value;
        Error error;
    };
    bool ok;
};
template <class T>
inline constexpr bool has_layout =
    sizeof(Result<T>) == sizeof(Layout<T>) && alignof(Result<T>) == alignof(Layout<T>);
static_assert(has_layout<char> && has_layout<int> && has_layout<std::string>);
static_assert(has_layout<std::vector<int>> && has_layout<std::unique_ptr<int>>);
static_assert(sizeof(Result<int>) == 2 * sizeof(void*));
static_assert(sizeof(Result<void>) == 2 * sizeof(void*));
static_assert(std::is_nothrow_move_constructible_v<Result<std::string>>);
static_assert(std::is_copy_constructible_v<Result<std::string>>);
static_assert(!std::is_copy_constructible_v<Result<std::unique_ptr<int>>>);
static_assert(!std::is_constructible_v<Result<std::string>, std::vector<int>>);

Error some_error() { return {ErrorCode::io, "gone"}; }

TEST(ResultTest, HoldsAValue) {
    Result<std::string> result = "text";
    ASSERT_TRUE(result);
    EXPECT_TRUE(result.has_value());
    EXPECT_EQ(*result, "text");
    EXPECT_EQ(result->size(), 4U);
    EXPECT_EQ(std::move(result).value_or("other"), "text");
}

TEST(ResultTest, HoldsAnError) {
    Result<std::string> result = some_error();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::io);
    EXPECT_EQ(std::move(result).value_or("other"), "other");
}

TEST(ResultTest, CopiesAndMovesBetweenValueAndError) {
    const Result<std::string> value = std::string(40, 'x');
    const Result<std::string> error = some_error();
    Result<std::string> result = value;
    result = error;
    EXPECT_FALSE(result);
    result = value;
    EXPECT_EQ(*result, std::string(40, 'x'));
    Result<std::string> moved = std::move(result);
    EXPECT_EQ(*moved, *value);
    moved = Result<std::string>(error);
    EXPECT_EQ(moved.error().message(), "gone");
    const Result<std::string>& same = moved;
    moved = same;
    EXPECT_EQ(moved.error().message(), "gone");
}

TEST(ResultTest, HoldsWhatOnlyMoves) {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
    const std::unique_ptr<int> taken = *std::move(result);
    EXPECT_EQ(*taken, 7);
}

TEST(ResultTest, AndThenAndTransformPassErrorsOn) {
    const auto half = [](int n) -> Result<int> {
        return n % 2 == 0 ? Result<int>(n / 2) : Result<int>(some_error());
    };
    const auto text = [](int n) { return std::to_string(n); };
    EXPECT_EQ(*Result<int>(8).and_then(half).and_then(half).transform(text), "2");
    EXPECT_FALSE(Result<int>(6).and_then(half).and_then(half).transform(text));
}

TEST(ResultTest, VoidSaysOnlyWhetherItWorked) {
    const Result<void> good;
    const Result<void> bad = some_error();
    EXPECT_TRUE(good);
    good.value();
    EXPECT_FALSE(bad);
    EXPECT_EQ(bad.error().code(), ErrorCode::io);
}

Result<int> sum(Result<int> a, Result<void> b) {
    TURNTABLE_TRY(const int x, std::move(a));
    TURNTABLE_CHECK(std::move(b));
    return x + 1;
}

TEST(ResultTest, MacrosUnwrapOrReturn) {
    EXPECT_EQ(*sum(1, {}), 2);
    EXPECT_EQ(sum(some_error(), {}).error().code(), ErrorCode::io);
    EXPECT_EQ(sum(1, some_error()).error().message(), "gone");
}

TEST(ResultDeathTest, TakingTheValueOfAFailurePrintsItAndEnds) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(static_cast<void>(Result<int>(some_error()).value()), "gone \\(io\\)");
    EXPECT_DEATH(Result<void>(some_error()).value(), "gone \\(io\\)");
}

}  // namespace
}  // namespace turntable
