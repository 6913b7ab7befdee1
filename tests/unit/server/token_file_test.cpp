#include "server/token_file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <thread>

#include "kv_connect/rfc3339.hpp"
#include "server/open_access.hpp"
#include "support/temp_folder.hpp"

namespace {

using namespace turntable;
using server::AccessToken;
using server::LiveAccess;
using testing::HasSubstr;

void write_file(const std::string& path, std::string_view text, mode_t mode = 0600) {
    std::ofstream(path) << text;
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

mode_t mode_of(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
}

TEST(TokenText, HasATokenALineWithWhatItMay) {
    const auto tokens = server::parse_tokens(
        "# comment\n\n  first-token-1\r\n"
        "second-token\tname=two read-only expires=2026-12-31T00:00:00Z databases=a,b-c\n"
        "third-token-1 name=three",
        "file");
    ASSERT_TRUE(tokens) << tokens.error().to_string();
    ASSERT_EQ(tokens->size(), 3U);
    const auto& [first, second, third] = std::tie((*tokens)[0], (*tokens)[1], (*tokens)[2]);
    EXPECT_EQ(first.secret, "first-token-1");
    EXPECT_EQ(first.name, to_hex(Sha256::of("first-token-1")).substr(0, 8));
    EXPECT_FALSE(first.read_only || first.expires);
    EXPECT_EQ(second.secret, "second-token");
    EXPECT_EQ(second.name, "two");
    EXPECT_TRUE(second.read_only);
    EXPECT_EQ(second.expires, kv::connect::parse_rfc3339("2026-12-31T00:00:00Z"));
    EXPECT_THAT(second.databases, testing::ElementsAre("a", "b-c"));
    EXPECT_EQ(third.name, "three");
}

TEST(TokenText, IsRefusedWithItsLineAndWithoutItsSecret) {
    const struct {
        std::string text;
        const char* says;
    } rows[] = {
        {"", "has no token"},
        {"# nothing\n", "has no token"},
        {"eleven-char", "f:1: a token has 12 to 1024"},
        {std::string(1025, 'x'), "f:1: a token has 12 to 1024"},
        {"ttd.something-long", "f:1: a token is visible ASCII"},
        {"t\xC3\xB6ken-of-letters", "f:1: a token is visible ASCII"},
        {"good-token-1\nsecret-token-2 name=", "f:2: a name is"},
        {"secret-token-2 name=a/b", "f:1: a name is"},
        {"secret-token-2 expires=tomorrow", "f:1: expires must be a time"},
        {"secret-token-2 databases=", "f:1: databases= names none"},
        {"secret-token-2 databases=a,,b", "cannot be the name of a database"},
        {"secret-token-2 writable", "f:1: after the token there may be"},
        {"secret-token-2\nsecret-token-2 name=x", "f:2: another line has"},
        {"secret-token-1 name=x\nsecret-token-2 name=x", "f:2: another line has"},
    };
    for (const auto& row : rows) {
        const auto tokens = server::parse_tokens(row.text, "f");
        ASSERT_FALSE(tokens) << row.text;
        EXPECT_EQ(tokens.error().code(), ErrorCode::invalid_config);
        EXPECT_THAT(tokens.error().message(), HasSubstr(row.says));
        EXPECT_THAT(tokens.error().to_string(), testing::Not(HasSubstr("secret-token")));
    }
    EXPECT_TRUE(server::parse_tokens("twelve-chars", "f"));
    EXPECT_TRUE(server::parse_tokens(std::string(1024, 'x'), "f"));
}

TEST(TokenFile, IsMadeOnceForItsOwnerAlone) {
    const test::TempFolder folder;
    const std::string path = folder.file("tokens");
    EXPECT_TRUE(server::make_token_file(path).value());
    EXPECT_EQ(mode_of(path), 0600U);
    const auto tokens = server::read_token_file(path);
    ASSERT_TRUE(tokens) << tokens.error().to_string();
    ASSERT_EQ(tokens->size(), 1U);
    EXPECT_GE(tokens->front().secret.size(), 64U);
    EXPECT_FALSE(server::make_token_file(path).value());
    EXPECT_EQ(server::read_token_file(path)->front().secret, tokens->front().secret);
    // Nothing else is left, and another server gets another token.
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
    EXPECT_TRUE(server::make_token_file(folder.file("others")).value());
    EXPECT_NE(server::read_token_file(folder.file("others"))->front().secret,
              tokens->front().secret);
}

TEST(TokenFile, IsMadeByOneOfManyAtATime) {
    const test::TempFolder folder;
    const std::string path = folder.file("tokens");
    std::atomic<int> made = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] { made += server::make_token_file(path).value() ? 1 : 0; });
        }
    }
    EXPECT_EQ(made, 1);
    EXPECT_TRUE(server::read_token_file(path));
}

TEST(TokenFile, ThatOthersMayReadIsRefused) {
    const test::TempFolder folder;
    const std::string path = folder.file("tokens");
    for (const mode_t mode : {0604U, 0640U, 0620U, 0602U, 0644U}) {
        write_file(path, "a-good-long-token\n", mode);
        const auto tokens = server::read_token_file(path);
        ASSERT_FALSE(tokens);
        EXPECT_EQ(tokens.error().code(), ErrorCode::permission_denied);
        EXPECT_THAT(tokens.error().message(), HasSubstr("chmod 600"));
    }
    for (const mode_t mode : {0600U, 0400U}) {
        ASSERT_EQ(::chmod(path.c_str(), mode), 0);
        EXPECT_TRUE(server::read_token_file(path));
    }
    EXPECT_EQ(server::read_token_file(folder.file("none")).error().code(), ErrorCode::not_found);
    EXPECT_EQ(server::read_token_file(folder.path().string()).error().code(),
              ErrorCode::invalid_config);
}

/// A pool whose work the test does itself.
class ManualPool final : public Executor {
  public:
    void post(UniqueFunction<void()> work) override {
        const std::scoped_lock guard(mutex_);
        work_.push_back(std::move(work));
        there_is_.notify_one();
    }
    /// Waits for work, and does it.
    void run_one() {
        UniqueFunction<void()> work;
        {
            std::unique_lock lock(mutex_);
            there_is_.wait(lock, [this] { return !work_.empty(); });
            work = std::move(work_.front());
            work_.erase(work_.begin());
        }
        work();
    }

  private:
    std::mutex mutex_;
    std::condition_variable there_is_;
    std::vector<UniqueFunction<void()>> work_;
};

class TokenRotation : public testing::Test {
  protected:
    TokenRotation() {
        write_file(path, "the-first-token\n");
        live = std::make_shared<LiveAccess>(*server::read_token_file(path));
        watch = std::make_unique<server::TokenFileWatch>(runtime, path, live);
    }
    /// A second later, when the file has been looked at.
    void look() {
        clock->advance(std::chrono::seconds(1));
        pool->run_one();
    }
    bool opens(std::string_view token) const {
        return std::holds_alternative<server::Grant>(live->current()->admit(
            "Bearer " + std::string(token), "a", runtime->clock().wall_now()));
    }

    test::TempFolder folder;
    std::string path = folder.file("tokens");
    std::atomic<int> logged = 0;
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<ManualPool> pool = std::make_shared<ManualPool>();
    std::shared_ptr<Runtime> runtime =
        Runtime::create({.clock = clock,
                         .blocking_pool = pool,
                         .log = std::make_shared<UniqueFunction<void(const LogRecord&)>>(
                             [this](const LogRecord&) { ++logged; })});
    std::shared_ptr<LiveAccess> live;
    std::unique_ptr<server::TokenFileWatch> watch;
};

TEST_F(TokenRotation, CountsWithinASecondWithoutARestart) {
    EXPECT_TRUE(opens("the-first-token"));
    write_file(path, "the-first-token\nthe-second-token\n");
    look();
    EXPECT_TRUE(opens("the-first-token") && opens("the-second-token"));
    write_file(folder.file("new"), "the-second-token\n");
    std::filesystem::rename(folder.file("new"), path);
    look();
    EXPECT_FALSE(opens("the-first-token"));
    EXPECT_TRUE(opens("the-second-token"));
    EXPECT_EQ(logged, 0);
}

TEST_F(TokenRotation, AWrongOrMissingFileChangesNothingAndIsLoggedOnce) {
    write_file(path, "");
    look();
    look();
    EXPECT_TRUE(opens("the-first-token"));
    EXPECT_EQ(logged, 1);
    std::filesystem::remove(path);
    look();
    look();
    EXPECT_TRUE(opens("the-first-token"));
    EXPECT_EQ(logged, 2);
    write_file(path, "the-third-token\n");
    look();
    EXPECT_FALSE(opens("the-first-token"));
    EXPECT_TRUE(opens("the-third-token"));
}

TEST_F(TokenRotation, EndsWithItsOwner) {
    clock->advance(std::chrono::seconds(1));
    watch.reset();
    write_file(path, "the-third-token\n");
    clock->advance(std::chrono::seconds(10));
    EXPECT_TRUE(opens("the-first-token"));
}

class OpenAccess : public TokenRotation {
  protected:
    static bool opens(const server::OpenedAccess& access, std::string_view token) {
        return std::holds_alternative<server::Grant>(
            access.live->current()->admit("Bearer " + std::string(token), "a", WallTime()));
    }
};

TEST_F(OpenAccess, MakesTheFileOnceAndTakesTheTokenOfTheSettingsBeside) {
    const server::Settings settings{
        .listen = ":4512", .token_file = folder.file("made"), .access_token = "a-token-of-its-own"};
    const auto first = server::open_access(runtime, settings);
    ASSERT_TRUE(first) << first.error().to_string();
    EXPECT_TRUE(first->made_file);
    EXPECT_FALSE(server::open_access(runtime, settings)->made_file);
    const std::string of_file = server::read_token_file(settings.token_file)->front().secret;
    EXPECT_TRUE(opens(*first, of_file) && opens(*first, "a-token-of-its-own"));
}

TEST_F(OpenAccess, KeepsTheTokenOfTheSettingsWhenTheFileChanges) {
    watch.reset();
    const auto access =
        server::open_access(runtime, {.token_file = path, .access_token = "a-token-of-its-own"});
    ASSERT_TRUE(access) << access.error().to_string();
    write_file(path, "the-second-token\na-token-of-its-own name=mine read-only\n");
    look();
    EXPECT_TRUE(opens(*access, "the-second-token") && opens(*access, "a-token-of-its-own"));
    EXPECT_FALSE(opens(*access, "the-first-token"));
    write_file(path, "the-third-token\n");
    look();
    EXPECT_TRUE(opens(*access, "the-third-token") && opens(*access, "a-token-of-its-own"));
}

TEST_F(OpenAccess, WithoutATokenIsOpenHereAndRefusedWhereOthersReach) {
    const auto access = server::open_access(runtime, {});
    ASSERT_TRUE(access);
    EXPECT_TRUE(access->live->current()->is_open());
    EXPECT_EQ(access->watch, nullptr);
    EXPECT_EQ(server::open_access(runtime, {.listen = ":4512"}).error().code(),
              ErrorCode::invalid_config);
    EXPECT_EQ(server::open_access(runtime, {.token_file = folder.file("no/folder")}).error().code(),
              ErrorCode::not_found);
}

}  // namespace
