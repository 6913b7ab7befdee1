#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "support/asked_service.hpp"
#include "unit/prometheus_text.hpp"

namespace {

using namespace turntable;
using test::Answer;
using test::AskedService;
using test::request_of;
using testing::HasSubstr;
using testing::Not;

net::http::Headers bearer() {
    return {{"authorization", "Bearer " + std::string(AskedService::secret)}};
}

TEST(HealthEndpoints, SayWhetherTheServerLivesAndIsReadyWithoutAToken) {
    AskedService asked;
    EXPECT_EQ(asked.ask(request_of("GET", "/healthz")).status, 200);
    EXPECT_EQ(asked.ask(request_of("HEAD", "/healthz?x=1")).status, 200);
    EXPECT_EQ(asked.ask(request_of("POST", "/healthz")).status, 405);
    const Answer ready = asked.ask(request_of("GET", "/readyz"));
    EXPECT_EQ(ready.status, 200);
    EXPECT_EQ(ready.text(), "main: healthy\nsecond: healthy\nfrozen: healthy\n");
}

TEST(HealthEndpoints, NameTheDatabaseThatIsUnwellAndLeaveTheReasonToTheLog) {
    AskedService asked;
    asked.fake->answer_next_health(
        Health{.state = Health::State::degraded, .reason = "slow /var/disk"});
    const Answer degraded = asked.ask(request_of("GET", "/readyz"));
    EXPECT_EQ(degraded.status, 200);
    EXPECT_THAT(degraded.text(), HasSubstr("main: degraded\n"));

    asked.fake->fail_next(kv::FakeCall::health, Error(ErrorCode::io, "gone /var/disk"));
    const Answer unwell = asked.ask(request_of("GET", "/readyz"));
    EXPECT_EQ(unwell.status, 503);
    EXPECT_THAT(unwell.text(), HasSubstr("main: unhealthy\nsecond: healthy\n"));
    EXPECT_THAT(degraded.text() + unwell.text(), Not(HasSubstr("/var/disk")));
    EXPECT_THAT(asked.logged(), HasSubstr("slow /var/disk"));
    EXPECT_THAT(asked.logged(), HasSubstr("gone /var/disk"));
    EXPECT_EQ(asked.ask(request_of("GET", "/healthz")).status, 200);
}

TEST(HealthEndpoints, DoNotWaitForEverForADatabase) {
    AskedService asked;
    asked.fake->hold_next(kv::FakeCall::health);
    auto pending = asked.start(request_of("GET", "/readyz"));
    EXPECT_FALSE(pending.is_ready());
    asked.clock->advance(std::chrono::seconds(5));
    EXPECT_EQ(test::answer_of(std::move(pending)).status, 503);
}

TEST(MetricsEndpoint, CountsRequestsByEndpointAndStatus) {
    AskedService asked;
    EXPECT_EQ(asked.ask(request_of("GET", "/metrics")).status, 401);
    EXPECT_EQ(asked.ask_call("snapshot_read", "").status, 200);
    EXPECT_EQ(asked.ask_call("atomic_write", "\xFF").status, 400);
    EXPECT_EQ(asked.ask(request_of("POST", "/kv/nonsense", bearer())).status, 404);
    EXPECT_EQ(asked.ask(request_of("GET", "/favicon.ico")).status, 404);
    const Answer answer = asked.ask(request_of("GET", "/metrics", bearer()));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const test::Samples samples = test::parse_prometheus(answer.text());
    const auto count = [&](std::string_view endpoint, int status) {
        std::ostringstream name;
        name << "turntable_http_requests_total{endpoint=\"" << endpoint << "\",status=\"" << status
             << "\"}";
        const auto found = samples.find(name.str());
        return found == samples.end() ? 0 : found->second;
    };
    EXPECT_EQ(count("metrics", 401), 1);
    EXPECT_EQ(count("exchange", 200), 2);
    EXPECT_EQ(count("snapshot_read", 200), 1);
    EXPECT_EQ(count("atomic_write", 400), 1);
    EXPECT_EQ(count("other", 404), 2);
    EXPECT_EQ(samples.at("turntable_http_request_duration_seconds_count{endpoint=\"exchange\"}"),
              2);
}

TEST(MetricsEndpoint, MeasuresUntilTheAnswerIsThere) {
    AskedService asked({});
    const auto metadata = asked.metadata();
    asked.fake->hold_next(kv::FakeCall::snapshot_read);
    auto pending = asked.start(AskedService::call(metadata, "snapshot_read", ""));
    asked.clock->advance(std::chrono::milliseconds(250));
    asked.fake->release(kv::FakeCall::snapshot_read);
    EXPECT_EQ(test::answer_of(std::move(pending)).status, 200);
    const test::Samples samples =
        test::parse_prometheus(asked.ask(request_of("GET", "/metrics")).text());
    EXPECT_EQ(samples.at("turntable_http_request_duration_seconds_sum{endpoint=\"snapshot_read\"}"),
              0.25);
}

TEST(MetricsEndpoint, CountsWatchesWhileTheyAreOpen) {
    AskedService asked({});
    const auto open = [&] {
        const test::Samples samples =
            test::parse_prometheus(asked.ask(request_of("GET", "/metrics")).text());
        return samples.at("turntable_http_watches{database=\"main\"}");
    };
    const kv::Key key("a");
    const kv::WatchTarget target{key.encoded()};
    const std::string message = kv::connect::encode_watch(std::span(&target, 1)).value();
    auto first = std::make_unique<Answer>(asked.ask_call("watch", message));
    const Answer second = asked.ask_call("watch", message);
    EXPECT_EQ(open(), 2);
    first.reset();
    EXPECT_EQ(open(), 1);
}

TEST(MetricsEndpoint, NeedsATokenForAllDatabases) {
    AskedService asked({{.name = "one", .secret = "token-of-main-1", .databases = {"main"}}});
    const Answer answer =
        asked.ask(request_of("GET", "/metrics", {{"authorization", "Bearer token-of-main-1"}}));
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(answer.text(), HasSubstr("for all of them"));
}

TEST(OperationsHandler, AnswersOperatorsWithoutATokenAndNothingElse) {
    AskedService asked;
    const auto operations = server::Service::operations(asked.service);
    const auto ask = [&](net::http::Request request) {
        return test::answer_of(operations->handle(std::move(request), {})).status;
    };
    for (const char* path : {"/metrics", "/healthz", "/readyz"}) {
        EXPECT_EQ(ask(request_of("GET", path)), 200) << path;
        EXPECT_EQ(ask(request_of("POST", path)), 405) << path;
    }
    EXPECT_EQ(ask(request_of("POST", "/", bearer())), 404);
    EXPECT_EQ(ask(request_of("POST", "/kv/snapshot_read", bearer())), 404);
}

TEST(AccessLog, HasWhatIsNeededAndNoSecretKeyValueOrPath) {
    AskedService asked;
    const auto metadata = asked.metadata("/db/second");
    net::http::Request write = AskedService::call(
        metadata, "atomic_write", test::set_message(kv::Key("private-key"), "private-value"));
    write.head.target += "?private-query";
    write.head.peer.address = "192.0.2.1:50000";
    ASSERT_EQ(asked.ask(std::move(write)).status, 200);
    EXPECT_EQ(asked.ask(request_of("POST", "/db/private-name")).status, 401);
    EXPECT_EQ(asked.ask(request_of("PRIVATE-METHOD", "/private-path")).status, 404);
    EXPECT_THAT(asked.logged(),
                HasSubstr("server.access request method=POST endpoint=atomic_write "
                          "database=second token=all peer=192.0.2.1:50000 status=200 "
                          "request_bytes="));
    EXPECT_THAT(asked.logged(), HasSubstr("method=other endpoint=other database= token= peer= "
                                          "status=404"));
    EXPECT_THAT(asked.logged(), Not(HasSubstr("rivate")));
    EXPECT_THAT(asked.logged(), Not(HasSubstr("RIVATE")));
    EXPECT_THAT(asked.logged(), Not(HasSubstr(std::string(AskedService::secret))));
    EXPECT_THAT(asked.logged(), Not(HasSubstr(metadata.token)));
}

TEST(AccessLog, CanBeTurnedOff) {
    AskedService asked({}, {.access_log = false});
    EXPECT_EQ(asked.exchange().status, 200);
    EXPECT_EQ(asked.logged(), "");
}

net::http::Headers of_page(std::string origin) {
    return {{"origin", std::move(origin)}, {"access-control-request-method", "POST"}};
}

TEST(CrossOrigin, IsOffUnlessOriginsAreNamed) {
    AskedService asked;
    const Answer preflight = asked.ask(request_of("OPTIONS", "/", of_page("https://a.example")));
    EXPECT_EQ(preflight.status, 405);
    for (const auto& [name, value] : asked.exchange().headers) {
        EXPECT_THAT(name, Not(testing::AnyOf(testing::StartsWith("access-control"), "vary")));
    }
}

TEST(CrossOrigin, LetsNamedPagesAskAndReadEveryAnswer) {
    AskedService asked({}, {.cors_origins = "https://a.example, http://localhost:8000"});
    for (const char* origin : {"https://a.example", "http://localhost:8000"}) {
        const Answer preflight = asked.ask(request_of("OPTIONS", "/kv/watch", of_page(origin)));
        EXPECT_EQ(preflight.status, 204);
        EXPECT_EQ(preflight.header("access-control-allow-origin"), origin);
        EXPECT_EQ(preflight.header("vary"), "origin");
        EXPECT_THAT(preflight.header("access-control-allow-headers"),
                    HasSubstr("authorization, content-type, x-denokv-database-id"));
        for (const char* target : {"/", "/kv/watch", "/nothing"}) {
            const Answer answer = asked.ask(request_of("POST", target, {{"origin", origin}}));
            EXPECT_EQ(answer.header("access-control-allow-origin"), origin) << target;
        }
    }
    const Answer other = asked.ask(request_of("OPTIONS", "/", of_page("https://b.example")));
    EXPECT_EQ(other.status, 403);
    EXPECT_EQ(other.header("access-control-allow-origin"), "");
    EXPECT_EQ(other.header("vary"), "origin");
}

TEST(CrossOrigin, AStarIsForEveryPage) {
    AskedService asked({}, {.cors_origins = "*"});
    const Answer answer = asked.ask(request_of("OPTIONS", "/", of_page("https://b.example")));
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.header("access-control-allow-origin"), "*");
}

TEST(CrossOrigin, RefusesWhatIsNoOrigin) {
    for (const char* text : {"example.org", "https://", "https://a/", "https://a,,https://b",
                             "https://u@a", "https://*.a.example"}) {
        EXPECT_FALSE(server::Cors::parse(text)) << text;
    }
    EXPECT_TRUE(server::Cors::parse(""));
}

TEST(ServerDocs, HaveTheTableOfSettings) {
    std::ifstream file(std::string(TURNTABLE_TEST_DOCS) + "/server.md");
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_THAT(text.str(), HasSubstr(server::server_settings().info().markdown()));
}

}  // namespace
