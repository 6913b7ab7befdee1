#include "server/access.hpp"

#include <gmock/gmock.h>

#include "support/asked_service.hpp"

namespace {

using namespace turntable;
using server::Access;
using server::Grant;
using server::Refusal;
using test::Answer;
using test::AskedService;
using testing::HasSubstr;

constexpr WallTime token_start{std::chrono::milliseconds(1'000'000)};
constexpr WallTime later = token_start + std::chrono::minutes(10);

Access access_of_three() {
    return Access({{.name = "writer", .secret = "writer-secret-1"},
                   {.name = "reader", .secret = "reader-secret-1", .read_only = true},
                   {.name = "guest",
                    .secret = "guest-secret-12",
                    .expires = later,
                    .databases = {"a", "b"}}});
}

int status_of(const std::variant<Grant, Refusal>& answer) {
    const auto* refusal = std::get_if<Refusal>(&answer);
    return refusal == nullptr ? 200 : refusal->status;
}

TEST(AccessTokens, OpenWhatTheyAreFor) {
    const Access access = access_of_three();
    const struct {
        const char* header;
        const char* database;
        int status;
    } rows[] = {
        {"Bearer writer-secret-1", "a", 200},
        {"bearer writer-secret-1", "c", 200},
        {"BEARER   reader-secret-1", "a", 200},
        {"Bearer guest-secret-12", "b", 200},
        {"Bearer guest-secret-12", "c", 403},
        {"Bearer writer-secret-2", "a", 401},
        {"Bearer writer-secret-", "a", 401},
        {"Bearer writer-secret-11", "a", 401},
        {"Basic writer-secret-1", "a", 401},
        {"writer-secret-1", "a", 401},
        {"Bearer ", "a", 401},
        {"Bearer", "a", 401},
        {"", "a", 401},
        {"Bearer ttd.", "a", 401},
        {"Bearer ttd.writer.1", "a", 401},
        {"Bearer ttd.writer..", "a", 401},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(status_of(access.admit(row.header, row.database, token_start)), row.status)
            << row.header;
    }
    EXPECT_EQ(status_of(access.admit(std::nullopt, "a", token_start)), 401);
    EXPECT_TRUE(
        std::get<Grant>(access.admit("Bearer reader-secret-1", "a", token_start)).read_only);
}

TEST(AccessTokens, EndWhenTheyExpire) {
    const Access access = access_of_three();
    const auto before =
        access.admit("Bearer guest-secret-12", "a", later - std::chrono::milliseconds(1));
    ASSERT_EQ(status_of(before), 200);
    EXPECT_TRUE(access.still_holds(std::get<Grant>(before), later - std::chrono::milliseconds(1)));
    EXPECT_FALSE(access.still_holds(std::get<Grant>(before), later));
    const auto after = access.admit("Bearer guest-secret-12", "a", later);
    EXPECT_EQ(status_of(after), 401);
    EXPECT_THAT(std::get<Refusal>(after).text, HasSubstr("expired"));
}

TEST(DataTokens, AreGoodForOneDatabaseUntilTheyEnd) {
    const Access access = access_of_three();
    const Grant guest = std::get<Grant>(access.admit("Bearer guest-secret-12", "a", token_start));
    const std::string token = access.data_token(guest, "a", token_start + std::chrono::minutes(5));
    const std::string header = "Bearer " + token;
    EXPECT_EQ(status_of(access.admit(header, "a", token_start)), 200);
    EXPECT_EQ(status_of(access.admit(header, "b", token_start)), 401);
    EXPECT_EQ(status_of(access.admit(header, "a", token_start + std::chrono::minutes(5))), 401);
    EXPECT_EQ(token.find("guest-secret"), std::string::npos);
    // Not longer than the access token behind it, whatever it says itself.
    const std::string longer =
        "Bearer " + access.data_token(guest, "a", later + std::chrono::minutes(5));
    EXPECT_EQ(std::get<Grant>(access.admit(longer, "a", token_start)).expires, later);
    EXPECT_EQ(status_of(access.admit(longer, "a", later)), 401);
}

TEST(DataTokens, CannotBeChanged) {
    const Access access = access_of_three();
    const Grant grant = std::get<Grant>(access.admit("Bearer reader-secret-1", "a", token_start));
    const std::string token = access.data_token(grant, "a", later);
    for (std::size_t i = 0; i < token.size(); ++i) {
        std::string changed = token;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_EQ(status_of(access.admit("Bearer " + changed, "a", token_start)), 401) << changed;
    }
    EXPECT_EQ(status_of(access.admit("Bearer " + token + "0", "a", token_start)), 401);
    EXPECT_TRUE(std::get<Grant>(access.admit("Bearer " + token, "a", token_start)).read_only);
}

TEST(DataTokens, SurviveARestartAndEndWithTheTokenBehindThem) {
    const Access before = access_of_three();
    const Grant grant = std::get<Grant>(before.admit("Bearer writer-secret-1", "a", token_start));
    const std::string header = "Bearer " + before.data_token(grant, "a", later);
    EXPECT_EQ(status_of(access_of_three().admit(header, "a", token_start)), 200);
    const Access changed({{.name = "writer", .secret = "writer-secret-2"}});
    EXPECT_EQ(status_of(changed.admit(header, "a", token_start)), 401);
    const Access gone({{.name = "other", .secret = "writer-secret-1"}});
    EXPECT_EQ(status_of(gone.admit(header, "a", token_start)), 401);
}

TEST(ServiceAccess, RefusesBeforeItTellsAnything) {
    AskedService asked;
    for (const char* target : {"/", "/db/main", "/db/nobody", "/kv/watch", "/kv/nothing",
                               "/db/nobody/kv/atomic_write"}) {
        const Answer answer = asked.ask(test::request_of("POST", target));
        EXPECT_EQ(answer.status, 401) << target;
        EXPECT_EQ(answer.header("www-authenticate"), "Bearer");
    }
}

TEST(ServiceAccess, AReadOnlyTokenReadsAndDoesNotWrite) {
    AskedService asked({{.name = "reader", .secret = "reader-secret-1", .read_only = true}});
    const auto metadata = asked.metadata("/", "reader-secret-1");
    EXPECT_EQ(asked.ask(AskedService::call(metadata, "snapshot_read", "")).status, 200);
    const Answer refused =
        asked.ask(AskedService::call(metadata, "atomic_write", test::set_message("k", "v")));
    EXPECT_EQ(refused.status, 403);
    EXPECT_THAT(refused.text(), HasSubstr("token is for reading only"));
}

TEST(ServiceAccess, TheAccessTokenItselfOpensTheDataPathToo) {
    AskedService asked;
    auto metadata = asked.metadata();
    metadata.token = AskedService::secret;
    EXPECT_EQ(asked.ask(AskedService::call(metadata, "snapshot_read", "")).status, 200);
}

TEST(ServiceAccess, TokensAreExchangedWhileTheServerRuns) {
    AskedService asked;
    asked.live->replace({{.name = "next", .secret = "a-newer-longer-one"}});
    EXPECT_EQ(asked.exchange().status, 401);
    EXPECT_EQ(asked.exchange("/", "a-newer-longer-one").status, 200);
}

}  // namespace
