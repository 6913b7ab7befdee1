#include <gmock/gmock.h>

#include <set>

#include "support/asked_service.hpp"

namespace {

using namespace turntable;
using test::Answer;
using test::AskedService;
using test::request_of;
using testing::HasSubstr;

TEST(MetadataExchange, GivesTheNewestVersionThatBothKnow) {
    AskedService asked;
    const struct {
        std::string body;
        std::uint64_t version;
    } rows[] = {{"", 1},
                {R"({"supportedVersions":[1]})", 1},
                {R"({"supportedVersions":[2]})", 2},
                {R"({"supportedVersions":[1,2,3]})", 3},
                {R"({"supportedVersions":[3,4,99]})", 3}};
    for (const auto& row : rows) {
        const Answer answer = asked.exchange("/", AskedService::secret, row.body);
        ASSERT_EQ(answer.status, 200) << answer.text();
        EXPECT_EQ(answer.header("content-type"), "application/json");
        const auto metadata = kv::connect::decode_metadata(answer.text());
        ASSERT_TRUE(metadata) << metadata.error().to_string();
        EXPECT_EQ(metadata->version, row.version);
        EXPECT_EQ(metadata->endpoints.front().url,
                  row.version == 1 ? "http://kv.test:4512/kv" : "/kv");
    }
}

TEST(MetadataExchange, RefusesABodyThatIsNoneAndVersionsThatNobodyKnows) {
    AskedService asked;
    for (const char* body : {"x", "[]", "{}", R"({"supportedVersions":3})",
                             R"({"supportedVersions":[]})", R"({"supportedVersions":[4]})"}) {
        const Answer answer = asked.exchange("/", AskedService::secret, body);
        EXPECT_EQ(answer.status, 400) << body;
        EXPECT_THAT(answer.text(), HasSubstr("supportedVersions")) << body;
        EXPECT_EQ(answer.header("content-type"), "text/plain; charset=utf-8");
    }
}

TEST(MetadataExchange, NamesEachDatabaseAndItsEndpointsOfBothKinds) {
    AskedService asked;
    std::set<std::string> ids;
    for (const auto& [target, url] :
         {std::pair{"/", "/kv"}, std::pair{"/db/second", "/db/second/kv"},
          std::pair{"/db/frozen/", "/db/frozen/kv"}}) {
        const auto metadata = asked.metadata(target);
        ids.insert(metadata.database_id);
        ASSERT_EQ(metadata.endpoints.size(), 2U);
        EXPECT_EQ(metadata.endpoints[0], (kv::connect::Endpoint{url, kv::Consistency::strong}));
        EXPECT_EQ(metadata.endpoints[1], (kv::connect::Endpoint{url, kv::Consistency::eventual}));
    }
    EXPECT_EQ(ids.size(), 3U);
    EXPECT_EQ(asked.metadata("/db/main").database_id, asked.metadata("/").database_id);
}

TEST(MetadataExchange, TellsThePublicUrlWhereThereIsOne) {
    AskedService asked({}, {.public_url = "https://example.org/store"});
    for (const char* body : {"", R"({"supportedVersions":[3]})"}) {
        const Answer answer = asked.exchange("/db/second", "x", body);
        EXPECT_EQ(kv::connect::decode_metadata(answer.text())->endpoints.front().url,
                  "https://example.org/store/db/second/kv");
    }
}

TEST(MetadataExchange, TokenIsAnotherThanTheAccessTokenAndEnds) {
    AskedService asked;
    const auto metadata = asked.metadata();
    EXPECT_THAT(metadata.token, testing::Not(HasSubstr(std::string(AskedService::secret))));
    EXPECT_EQ(metadata.expires_at, asked.clock->wall_now() + std::chrono::hours(1));
    const std::string read = kv::connect::encode_read({});
    asked.clock->advance(std::chrono::hours(1) - std::chrono::milliseconds(1));
    EXPECT_EQ(asked.ask(AskedService::call(metadata, "snapshot_read", read)).status, 200);
    asked.clock->advance(std::chrono::milliseconds(1));
    const Answer late = asked.ask(AskedService::call(metadata, "snapshot_read", read));
    EXPECT_EQ(late.status, 401);
    EXPECT_THAT(late.text(), HasSubstr("expired; make the metadata exchange again"));
}

TEST(MetadataExchange, OfAnOpenServerTakesAnyToken) {
    AskedService asked({});
    const auto metadata = asked.metadata("/", "whatever");
    EXPECT_FALSE(metadata.token.empty());
    EXPECT_EQ(asked.ask(AskedService::call(metadata, "snapshot_read", "")).status, 200);
    EXPECT_EQ(asked.ask(request_of("POST", "/")).status, 200);
}

TEST(MetadataExchange, WrongPathsAndMethodsAreToldWhatIsRight) {
    AskedService asked;
    const net::http::Headers token = {
        {"authorization", "Bearer " + std::string(AskedService::secret)}};
    for (const char* target : {"/v2", "/db", "/db/", "/db//kv/watch", "/kv", "/db/main/x", "//"}) {
        EXPECT_EQ(asked.ask(request_of("POST", target, token)).status, 404) << target;
    }
    EXPECT_EQ(asked.ask(request_of("POST", "/db/nobody", token)).status, 404);
    EXPECT_EQ(asked.ask(request_of("POST", "/kv/set", token)).status, 404);
    for (const char* method : {"GET", "PUT", "DELETE", "HEAD"}) {
        const Answer answer = asked.ask(request_of(method, "/", token));
        EXPECT_EQ(answer.status, 405) << method;
        EXPECT_EQ(answer.header("allow"), "POST");
    }
}

TEST(Service, IsNotMadeOfDatabasesWithoutANameOfTheirOwn) {
    const auto make = [](std::vector<std::string> names) {
        server::ServiceOptions options;
        for (std::string& name : names) {
            options.databases.push_back(
                {.name = std::move(name), .database = kv::Database(kv::FakeBackend())});
        }
        return server::Service::create(std::move(options));
    };
    for (const std::vector<std::string>& names :
         {std::vector<std::string>{}, {""}, {"a/b"}, {".a"}, {"a", "a"}, {std::string(65, 'a')}}) {
        const auto made = make(names);
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().code(), ErrorCode::invalid_config);
    }
    EXPECT_TRUE(make({std::string(64, 'a'), "a.b-c_D9"}));
}

}  // namespace
