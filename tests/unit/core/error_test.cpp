#include "turntable/core/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <type_traits>

namespace turntable {
namespace {

static_assert(sizeof(Error) == sizeof(void*));
static_assert(std::is_nothrow_copy_constructible_v<Error>);
static_assert(std::is_nothrow_move_constructible_v<Error>);

struct NamedCode {
    ErrorCode code;
    const char* name;
    Retry retry;
};

class ErrorCodes : public testing::TestWithParam<NamedCode> {};

TEST_P(ErrorCodes, HaveTheirNameAndFirstRetry) {
    const auto& [code, name, retry] = GetParam();
    EXPECT_EQ(to_string(code), name);
    const Error error(code, "words");
    EXPECT_EQ(error.code(), code);
    EXPECT_EQ(error.retry(), retry);
    const std::string suffix = retry == Retry::temporary ? ", temporary" : "";
    EXPECT_EQ(error.to_string(), std::string("words (") + name + suffix + ")");
}

constexpr NamedCode all_codes[] = {
    {ErrorCode::not_found, "not_found", Retry::permanent},
    {ErrorCode::already_exists, "already_exists", Retry::permanent},
    {ErrorCode::permission_denied, "permission_denied", Retry::permanent},
    {ErrorCode::invalid_argument, "invalid_argument", Retry::permanent},
    {ErrorCode::type_mismatch, "type_mismatch", Retry::permanent},
    {ErrorCode::out_of_range, "out_of_range", Retry::permanent},
    {ErrorCode::invalid_config, "invalid_config", Retry::permanent},
    {ErrorCode::unknown_provider, "unknown_provider", Retry::permanent},
    {ErrorCode::unsupported, "unsupported", Retry::permanent},
    {ErrorCode::serialization, "serialization", Retry::permanent},
    {ErrorCode::io, "io", Retry::permanent},
    {ErrorCode::no_space, "no_space", Retry::permanent},
    {ErrorCode::corrupt, "corrupt", Retry::permanent},
    {ErrorCode::limit_exceeded, "limit_exceeded", Retry::permanent},
    {ErrorCode::conflict, "conflict", Retry::temporary},
    {ErrorCode::condition_failed, "condition_failed", Retry::permanent},
    {ErrorCode::busy, "busy", Retry::temporary},
    {ErrorCode::timeout, "timeout", Retry::temporary},
    {ErrorCode::cancelled, "cancelled", Retry::permanent},
    {ErrorCode::closed, "closed", Retry::permanent},
    {ErrorCode::would_deadlock, "would_deadlock", Retry::permanent},
    {ErrorCode::commit_unknown, "commit_unknown", Retry::permanent},
    {ErrorCode::backend, "backend", Retry::permanent},
};
static_assert(std::size(all_codes) == static_cast<std::size_t>(ErrorCode::backend) + 1);

INSTANTIATE_TEST_SUITE_P(All, ErrorCodes, testing::ValuesIn(all_codes),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(ErrorTest, RetryKindsHaveTheirNames) {
    EXPECT_EQ(to_string(Retry::permanent), "permanent");
    EXPECT_EQ(to_string(Retry::temporary), "temporary");
    EXPECT_EQ(to_string(Retry::exhausted), "exhausted");
}

TEST(ErrorTest, KeepsWhatItIsGivenInOrder) {
    const Error error = Error(ErrorCode::busy, "locked")
                            .during("atomic_write")
                            .on("sqlite:app.db")
                            .with("key", "users/42")
                            .with("try", "3")
                            .with_backend_code(261)
                            .with_retry(Retry::exhausted);
    EXPECT_EQ(error.message(), "locked");
    EXPECT_EQ(error.operation(), "atomic_write");
    EXPECT_EQ(error.url(), "sqlite:app.db");
    ASSERT_EQ(error.context().size(), 2U);
    EXPECT_EQ(error.context()[0].first, "key");
    EXPECT_EQ(error.context()[1].second, "3");
    EXPECT_EQ(error.backend_code(), 261);
    EXPECT_EQ(error.cause(), nullptr);
    EXPECT_EQ(error.to_string(),
              "atomic_write on sqlite:app.db: locked "
              "(busy, exhausted, engine code 261; key=users/42; try=3)");
}

TEST(ErrorTest, TheInnermostOperationAndUrlStay) {
    Error error(ErrorCode::io, "short read");
    error.during("read_page").on("file:a");
    error.during("get").on("file:b");
    EXPECT_EQ(error.operation(), "read_page");
    EXPECT_EQ(error.url(), "file:a");
}

TEST(ErrorTest, PrintsWithoutAnOperation) {
    EXPECT_EQ(Error(ErrorCode::io, "gone").on("file:a").to_string(), "file:a: gone (io)");
    EXPECT_EQ(Error(ErrorCode::io, "gone").during("get").to_string(), "get: gone (io)");
}

TEST(ErrorTest, PrintsOnOneLineWhateverIsInIt) {
    std::string hostile = "a\nb\r\tc\x1b[2J";
    hostile += '\0';
    hostile += '\x7f';
    Error inner(ErrorCode::io, hostile);
    const Error error = Error(ErrorCode::backend, hostile)
                            .during(hostile)
                            .on(hostile)
                            .with(hostile, hostile)
                            .because(std::move(inner));
    const std::string text = error.to_string();
    EXPECT_TRUE(std::ranges::none_of(text, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
    })) << text;
    EXPECT_TRUE(text.starts_with("a\\nb\\x0d\\x09c\\x1b[2J\\x00\\x7f on a\\nb")) << text;
}

TEST(ErrorTest, PrintsItsCauses) {
    const Error error =
        Error(ErrorCode::backend, "outer")
            .because(Error(ErrorCode::io, "middle").because(Error(ErrorCode::no_space, "inner")));
    EXPECT_EQ(error.to_string(), "outer (backend) because middle (io) because inner (no_space)");
    ASSERT_NE(error.cause(), nullptr);
    EXPECT_EQ(error.cause()->code(), ErrorCode::io);
}

TEST(ErrorTest, ChangingACopyLeavesTheOriginal) {
    const Error original = Error(ErrorCode::io, "words").with("a", "1");
    Error copy = original;
    copy.with("b", "2").during("get").with_retry(Retry::temporary);
    EXPECT_EQ(original.to_string(), "words (io; a=1)");
    EXPECT_EQ(copy.to_string(), "get: words (io, temporary; a=1; b=2)");
}

TEST(ErrorTest, CanBeItsOwnCause) {
    Error error(ErrorCode::io, "words");
    error.because(error);
    ASSERT_NE(error.cause(), nullptr);
    EXPECT_EQ(error.cause()->cause(), nullptr);
}

TEST(ErrorTest, SurvivesSelfAssignment) {
    Error error(ErrorCode::io, "words");
    const Error& same = error;
    error = same;
    EXPECT_EQ(error.message(), "words");
}

}  // namespace
}  // namespace turntable
