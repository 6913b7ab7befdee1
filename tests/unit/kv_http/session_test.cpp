// The exchange and what follows from it, against servers of ours and servers that say what a test
// tells them.

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "kv_connect/messages.hpp"
#include "kv_connect/server_facts.hpp"
#include "support/fault_proxy.hpp"
#include "support/temp_folder.hpp"
#include "turntable/core/coroutine.hpp"
#include "turntable/kv.hpp"
#include "unit/kv_http/scripted.hpp"
#include "unit/kv_http/served.hpp"

namespace http_test {
namespace {

using net::http::Request;
using net::http::Response;
using testing::HasSubstr;
using testing::Not;

kv::HttpBackend opened(kv::HttpOptions options, const std::shared_ptr<Runtime>& runtime) {
    return kv::open_http(std::move(options), runtime).value();
}

const std::string key = "\x02k" + std::string(1, '\0');
const std::string key_end = key + '\0';

Async<kv::ReadOutput> read(kv::HttpBackend& backend, kv::ReadOptions how = {}) {
    const kv::ReadRange range{key, key_end, 1, false};
    return backend.snapshot_read({}, {&range, 1}, how);
}

Response protobuf(std::string body) {
    return {.headers = {{"content-type", "application/x-protobuf"}},
            .body = Bytes::take(std::move(body))};
}

Response nothing_there(const Request& /*request*/) {
    return protobuf(kv::connect::encode_read_output(kv::ReadOutput(1)));
}

Response refusal(int status, const std::string& text) {
    return {.status = status,
            .headers = {{"content-type", "text/plain; charset=utf-8"}},
            .body = Bytes::copy(text)};
}

class HttpSession : public testing::Test {
  protected:
    /// Servers close connections over which nothing goes, so a jump in time costs an attempt.
    static kv::HttpOptions patient(const Scripted& server) {
        kv::HttpOptions options = server.options();
        options.retry_for = std::chrono::minutes(1);
        return options;
    }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<Runtime> runtime = Runtime::create({.clock = clock});
};

TEST_F(HttpSession, OneExchangeServesManyCallersAndIsMadeAgainBeforeItsTokenEnds) {
    Scripted server(runtime, nothing_there);
    auto backend = opened(patient(server), runtime);
    const auto exchanges = [&] {
        const auto asked = server.asked();
        return std::ranges::count_if(
            asked, [](const std::string& line) { return line == "/ Bearer the-access-token -"; });
    };
    std::vector<Async<kv::ReadOutput>> reads;
    for (int i = 0; i < 50; ++i) {
        reads.push_back(read(backend));
    }
    for (auto& one : reads) {
        const auto output = std::move(one).wait();
        ASSERT_TRUE(output) << output.error().to_string();
    }
    EXPECT_EQ(exchanges(), 1);
    EXPECT_EQ(server.asked().size(), 51U);
    EXPECT_EQ(server.asked().back(), "/v2/snapshot_read Bearer data-token 3");

    clock->advance(std::chrono::minutes(58));
    ASSERT_TRUE(read(backend).wait());
    EXPECT_EQ(exchanges(), 1);
    // In the last minute it is made beside the calls, which need not wait for it.
    server.metadata.token = "next-token";
    server.metadata.expires_at = clock->wall_now() + std::chrono::hours(2);
    clock->advance(std::chrono::minutes(1));
    while (exchanges() < 2 || server.asked().back() != "/v2/snapshot_read Bearer next-token 3") {
        ASSERT_TRUE(read(backend).wait());
    }
    clock->advance(std::chrono::hours(3));
    ASSERT_TRUE(read(backend).wait());
    EXPECT_EQ(exchanges(), 3);
    EXPECT_TRUE(backend.close({}).wait());
}

TEST_F(HttpSession, ACallerWhoseTimeIsUpDoesNotWaitForTheExchange) {
    Scripted server(runtime, nothing_there);
    const std::string url = server.url();
    test::FaultProxy proxy(
        static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))),
        [](int /*connection*/) { return test::Fault{.hold_requests_after = 0}; });
    kv::HttpOptions options = server.options();
    options.url = proxy.url();
    auto backend = opened(options, runtime);
    std::stop_source gone;
    const kv::ReadRange range{key, key_end, 1, false};
    auto stopped = backend.snapshot_read({.stop = gone.get_token()}, {&range, 1}, {});
    proxy.wait_until_it_holds();
    gone.request_stop();
    EXPECT_EQ(std::move(stopped).wait().error().code(), ErrorCode::cancelled);
    EXPECT_TRUE(backend.close({}).wait());
}

TEST_F(HttpSession, ATokenThatIsRefusedIsRenewedOnce) {
    int refused = 0;
    std::string accepted = "Bearer first";
    Scripted server(runtime, [&](const Request& request) {
        if (request.head.headers.find("authorization") == accepted) {
            return nothing_there(request);
        }
        ++refused;
        return refusal(401, "the token has expired");
    });
    server.metadata.token = "first";
    auto backend = opened(server.options(), runtime);
    ASSERT_TRUE(read(backend).wait());
    accepted = "Bearer second";
    server.metadata.token = "second";
    ASSERT_TRUE(read(backend).wait());
    EXPECT_EQ(refused, 1);
    accepted = "Bearer none";
    const auto output = read(backend).wait();
    EXPECT_EQ(output.error().code(), ErrorCode::permission_denied);
    EXPECT_THAT(output.error().message(), HasSubstr("has expired"));
    EXPECT_EQ(refused, 3) << "the old one, and the new one, and no more";
    accepted = "Bearer second";
    EXPECT_TRUE(read(backend).wait());
}

TEST_F(HttpSession, RedirectsAreFollowedInTheExchangeOnly) {
    Scripted server(runtime, [](const Request&) {
        return Response{.status = 307, .headers = {{"location", "/v3/snapshot_read"}}};
    });
    server.exchange = [&](const Request& request) -> Response {
        if (request.head.target == "/") {
            return {.status = 308, .headers = {{"location", "db/real?x=1"}}};
        }
        server.metadata.endpoints = {{"kv", kv::Consistency::strong}};
        return {.headers = {{"content-type", "application/json"}},
                .body = Bytes::take(kv::connect::encode_metadata(server.metadata))};
    };
    auto backend = opened(server.options(), runtime);
    const auto output = read(backend).wait();
    EXPECT_EQ(output.error().backend_code(), 307);
    EXPECT_THAT(server.asked(), testing::ElementsAre("/ Bearer the-access-token -",
                                                     "/db/real?x=1 Bearer the-access-token -",
                                                     "/db/kv/snapshot_read Bearer data-token 3"));
}

TEST_F(HttpSession, TheAccessTokenGoesToNoOtherHostAndRedirectsEnd) {
    Scripted server(runtime);
    std::string to = server.url();
    to.replace(to.find("127.0.0.1"), 9, "localhost");
    server.exchange = [&](const Request&) {
        return Response{.status = 302, .headers = {{"location", to}}};
    };
    const auto refused = opened(server.options(), runtime).connect().wait();
    EXPECT_EQ(refused.error().code(), ErrorCode::permission_denied);
    EXPECT_THAT(refused.error().to_string(), Not(HasSubstr("the-access-token")));
    EXPECT_EQ(server.asked().size(), 1U);
    to = "/round";
    const auto round = opened(server.options(), runtime).connect().wait();
    EXPECT_EQ(round.error().code(), ErrorCode::backend);
    EXPECT_EQ(server.asked().size(), 1U + 6U);
}

TEST_F(HttpSession, EndpointsGoByConsistency) {
    Scripted server(runtime, nothing_there);
    server.metadata.endpoints = {{"/eventual", kv::Consistency::eventual},
                                 {"/strong", kv::Consistency::strong}};
    auto backend = opened(server.options(), runtime);
    ASSERT_TRUE(read(backend, {kv::Consistency::strong}).wait());
    EXPECT_THAT(server.asked().back(), HasSubstr("/strong/snapshot_read"));
    ASSERT_TRUE(read(backend, {kv::Consistency::eventual}).wait());
    EXPECT_THAT(server.asked().back(), HasSubstr("/eventual/snapshot_read"));
}

TEST_F(HttpSession, EachVersionHasItsHeaders) {
    for (const std::uint64_t version : {1U, 2U, 3U}) {
        std::string id;
        Scripted server(runtime, [&](const Request& request) {
            id = request.head.headers
                     .find(version == 1 ? "x-transaction-domain-id" : "x-denokv-database-id")
                     .value_or("");
            return nothing_there(request);
        });
        server.metadata.version = version;
        server.metadata.endpoints = {{server.url() + "/v", kv::Consistency::strong}};
        auto backend = opened(server.options(), runtime);
        ASSERT_TRUE(read(backend).wait());
        EXPECT_EQ(id, server.metadata.database_id);
        EXPECT_EQ(backend.capabilities().watch_keys, version == 3);
        const kv::WatchTarget target{key};
        auto watch = backend.watch({}, {&target, 1}).value();
        const auto step = watch.next().wait();
        EXPECT_EQ(step.error().code(),
                  version == 3 ? ErrorCode::serialization : ErrorCode::unsupported);
    }
}

TEST_F(HttpSession, CapabilitiesAreExactAfterTheExchange) {
    Scripted foreign(runtime);
    auto backend = opened(foreign.options(), runtime);
    EXPECT_EQ(backend.capabilities().limits.checks, 100U);
    EXPECT_TRUE(backend.capabilities().queue);
    ASSERT_TRUE(backend.connect().wait());
    EXPECT_EQ(backend.capabilities().limits.checks, 10U);
    EXPECT_FALSE(backend.capabilities().queue);
    EXPECT_EQ(backend.capabilities().durability, Durability::none);
    const std::vector<kv::Check> many(11, kv::Check{key});
    EXPECT_EQ(backend.atomic_write({}, {.checks = many}).wait().error().code(),
              ErrorCode::limit_exceeded);
    auto other = opened(foreign.options(), runtime);  // found by the call itself
    EXPECT_EQ(other.atomic_write({}, {.checks = many}).wait().error().code(),
              ErrorCode::limit_exceeded);
    EXPECT_EQ(other.queue_take({}).wait().error().code(), ErrorCode::unsupported);
    const kv::Enqueue once{.payload = "\xFF\x0F_", .backoff_ms = std::span<const std::uint32_t>()};
    EXPECT_EQ(other.atomic_write({}, {.enqueues = {&once, 1}}).wait().error().code(),
              ErrorCode::unsupported);

    test::TempFolder folder;
    Served ours(open_engine("sqlite", folder.file("a.db"), runtime).value(), runtime);
    auto mine = opened(ours.options(), runtime);
    ASSERT_TRUE(mine.connect().wait());
    EXPECT_EQ(mine.capabilities().limits.checks, 100U);
    EXPECT_TRUE(mine.capabilities().queue);
    EXPECT_EQ(mine.capabilities().durability, ours.database().backend().capabilities().durability);
}

TEST_F(HttpSession, ErrorsOfOurServersAreExactAndThoseOfOthersByTheirStatus) {
    Served ours(open_engine("memory", "", runtime).value(), runtime);
    auto backend = opened(ours.options(), runtime);
    const kv::Mutation text{kv::MutationKind::set, key, "text"};
    ASSERT_TRUE(backend.atomic_write({}, {.mutations = {&text, 1}}).wait());
    const std::string one("\x01\0\0\0\0\0\0\0", 8);
    const kv::Mutation sum{kv::MutationKind::sum, key, one, kv::ValueEncoding::le64};
    const auto wrong = backend.atomic_write({}, {.mutations = {&sum, 1}}).wait();
    EXPECT_EQ(wrong.error().code(), ErrorCode::type_mismatch);
    EXPECT_THAT(wrong.error().message(), Not(HasSubstr("atomic_write:")));

    int status = 0;
    Scripted server(runtime, [&](const Request&) {
        return refusal(status, "snapshot_read: no\nfor data-token " + std::string(1000, 'x'));
    });
    const struct {
        int status;
        ErrorCode code;
        Retry retry;
    } rows[] = {
        {400, ErrorCode::invalid_argument, Retry::permanent},
        {401, ErrorCode::permission_denied, Retry::permanent},
        {403, ErrorCode::permission_denied, Retry::permanent},
        {404, ErrorCode::not_found, Retry::permanent},
        {413, ErrorCode::limit_exceeded, Retry::permanent},
        {429, ErrorCode::busy, Retry::exhausted},
        {500, ErrorCode::backend, Retry::exhausted},
        {503, ErrorCode::backend, Retry::exhausted},
        {204, ErrorCode::backend, Retry::permanent},
    };
    for (const auto& row : rows) {
        status = row.status;
        auto other = opened(server.options(), runtime);
        const auto output = read(other).wait();
        EXPECT_EQ(output.error().code(), row.code) << row.status;
        EXPECT_EQ(output.error().retry(), row.retry) << row.status;
        EXPECT_EQ(output.error().backend_code(), row.status);
        EXPECT_LE(output.error().message().size(), 300U);
        EXPECT_THAT(output.error().to_string(), Not(HasSubstr("data-token")));
        EXPECT_THAT(output.error().to_string(), Not(HasSubstr("\n")));
    }
}

TEST_F(HttpSession, AnswersThatAreNoneAreNotTakenForOne) {
    Response answer;
    Scripted server(runtime, [&](const Request&) {
        return Response{.status = answer.status,
                        .headers = answer.headers,
                        .body = std::get<Bytes>(answer.body)};
    });
    const kv::Mutation set{kv::MutationKind::set, key, "v"};
    for (const std::string& body :
         {std::string("\xFF\xFF"), std::string(), std::string("<html>")}) {
        for (const char* type : {"application/x-protobuf", "text/html"}) {
            answer = {.headers = {{"content-type", type}}, .body = Bytes::copy(body)};
            auto backend = opened(server.options(), runtime);
            EXPECT_EQ(read(backend).wait().error().code(), ErrorCode::serialization) << body;
            EXPECT_EQ(backend.atomic_write({}, {.mutations = {&set, 1}}).wait().error().code(),
                      ErrorCode::commit_unknown)
                << body;
        }
    }
    server.exchange = [](const Request&) { return Response{.body = Bytes::copy("<html>")}; };
    auto backend = opened(server.options(), runtime);
    EXPECT_EQ(read(backend).wait().error().code(), ErrorCode::serialization);
}

TEST_F(HttpSession, WhatPassesIsTriedAgainForAsLongAsItMay) {
    runtime = Runtime::create();
    int left = 3;
    Scripted server(runtime, [&](const Request& request) {
        return --left >= 0 ? refusal(503, "busy") : nothing_there(request);
    });
    kv::HttpOptions options = server.options();
    options.retry_for = std::chrono::minutes(10);
    auto backend = opened(options, runtime);
    const auto output = read(backend).wait();
    EXPECT_TRUE(output) << output.error().to_string();
    EXPECT_EQ(left, -1);
    // A write to a server that keeps no account of keys is made once.
    left = 3;
    const kv::Mutation set{kv::MutationKind::set, key, "v"};
    EXPECT_EQ(backend.atomic_write({}, {.mutations = {&set, 1}}).wait().error().code(),
              ErrorCode::commit_unknown);
    EXPECT_EQ(left, 2);
}

/// A server of ours that says nothing of itself any more, as behind a proxy that leaves it out.
TEST_F(HttpSession, AWriteThatMayHaveBeenMadeIsNeverSaidToBeTooLarge) {
    int writes = 0;
    Scripted server(runtime, [&](const Request&) {
        return ++writes == 1 ? refusal(503, "lost") : refusal(401, "the token has expired");
    });
    server.exchange = [&](const Request&) -> Response {
        Response response{.headers = {{"content-type", "application/json"}},
                          .body = Bytes::take(kv::connect::encode_metadata(server.metadata))};
        if (writes == 0) {
            response.headers.add(kv::connect::facts_header,
                                 kv::connect::encode_server_facts({.checks = 100}));
        }
        return response;
    };
    runtime = Runtime::create();
    auto backend = opened(patient(server), runtime);
    const std::vector<kv::Check> many(11, kv::Check{key});
    EXPECT_EQ(backend.atomic_write({}, {.checks = many}).wait().error().code(),
              ErrorCode::commit_unknown);
    EXPECT_EQ(writes, 2);
}

TEST_F(HttpSession, AFinishThatIsNotFoundWasMadeOnlyIfItMayHaveArrived) {
    int asked = 0;
    int first = 0;
    Scripted server(runtime);
    server.exchange = [&](const Request& request) -> Response {
        if (request.head.target == "/") {
            return {.headers = {{"content-type", "application/json"},
                                {std::string(kv::connect::facts_header),
                                 kv::connect::encode_server_facts({.checks = 100, .queue = true})}},
                    .body = Bytes::take(kv::connect::encode_metadata(server.metadata))};
        }
        return ++asked == 1 ? refusal(first, "not now") : refusal(404, "no such delivery");
    };
    runtime = Runtime::create();
    auto backend = opened(patient(server), runtime);
    for (const auto& [status, is_made] : {std::pair(503, true), std::pair(429, false)}) {
        asked = 0;
        first = status;
        const auto finished = backend.queue_finish({}, "a", kv::Delivery::done).wait();
        EXPECT_EQ(finished.has_value(), is_made) << status;
        EXPECT_EQ(asked, 2) << status;
    }
}

TEST_F(HttpSession, TheTokenMayLieInAFileWhichIsReadAgain) {
    test::TempFolder folder;
    Served ours(open_engine("memory", "", runtime).value(), runtime);
    const auto write = [&](const std::string& text) { std::ofstream(folder.file("t")) << text; };
    kv::HttpOptions options = ours.options();
    options.access_token.clear();
    options.token_file = folder.file("t");
    EXPECT_EQ(opened(options, runtime).connect().wait().error().code(), ErrorCode::invalid_config);
    write("# only words\n\n");
    EXPECT_EQ(opened(options, runtime).connect().wait().error().code(), ErrorCode::invalid_config);
    write("not-the-token\n");
    auto backend = opened(options, runtime);
    EXPECT_EQ(backend.connect().wait().error().code(), ErrorCode::permission_denied);
    write("# of the server\n" + std::string(secret) + " all\n");
    EXPECT_TRUE(backend.connect().wait());
}

TEST_F(HttpSession, HealthSaysWhyItIsNotWell) {
    Served ours(open_engine("memory", "", runtime).value(), runtime);
    auto backend = opened(ours.options(), runtime);
    EXPECT_EQ(backend.health({}).wait()->state, Health::State::healthy);
    ours.stop();
    const auto health = backend.health({}).wait();
    EXPECT_EQ(health->state, Health::State::unhealthy);
    EXPECT_FALSE(health->reason.empty());
}

TEST_F(HttpSession, HealthRenewsATokenAndReadsTheAnswer) {
    int asked = 0;
    Scripted server(runtime, [&](const Request& request) {
        return ++asked == 1 ? refusal(401, "the token has expired") : nothing_there(request);
    });
    auto backend = opened(server.options(), runtime);
    EXPECT_EQ(backend.health({}).wait()->state, Health::State::healthy);
    Scripted other(runtime, [](const Request&) {
        return Response{.headers = {{"content-type", "text/html"}}, .body = Bytes::copy("hello")};
    });
    auto page = opened(other.options(), runtime);
    EXPECT_EQ(page.health({}).wait()->state, Health::State::unhealthy);
}

TEST(HttpSettings, RefuseWhatIsWrongAndShowNoSecret) {
    kv::Registry registry;
    ASSERT_TRUE(kv::register_http(registry, "token-of-the-program"));
    for (const char* url :
         {"http://", "http:x", "http://user:hunter2@h/", "http://h/?nonsense=1", "http://h/#x",
          "http://h/?retry_for=x", "http://h/?access_token=hunter2&token_file=f",
          "https://h/?authorities=/nonexistent/ca.pem&access_token=hunter2"}) {
        const auto opened = registry.open(url);
        ASSERT_FALSE(opened) << url;
        EXPECT_EQ(opened.error().code(), ErrorCode::invalid_config) << opened.error().to_string();
        EXPECT_THAT(opened.error().to_string(), Not(HasSubstr("hunter2")));
        EXPECT_THAT(opened.error().to_string(), Not(HasSubstr("token-of-the-program")));
    }
    const auto opened = registry.open("https://h/db/x?access_token=hunter2");
    ASSERT_TRUE(opened) << opened.error().to_string();
    EXPECT_EQ(opened->url(), "https://h/db/x?access_token=***");
}

TEST(HttpSettings, TheTokenOfTheProgramIsForUrlsThatNameNone) {
    const auto runtime = Runtime::create();
    Served ours(open_engine("memory", "", runtime).value(), runtime);
    kv::Registry registry;
    ASSERT_TRUE(kv::register_http(registry, std::string(secret)));
    const auto mine = registry.open(ours.url());
    EXPECT_TRUE(mine->set("k", "v"));
    const auto other = registry.open(ours.url() + "?access_token=not-this-one-1");
    EXPECT_EQ(other->set("k", "v").error().code(), ErrorCode::permission_denied);
}

}  // namespace
}  // namespace http_test
