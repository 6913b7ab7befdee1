// Client and server over sockets of this machine.
#include "net/client.hpp"

#include <atomic>
#include <string>

#include <gmock/gmock.h>

#include "net/server.hpp"
#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

namespace {

using namespace turntable;
namespace http = net::http;

/// Answers by path; "/never" when it is asked to stop.
class Answers final : public http::Handler {
  public:
    std::uint64_t body_limit(const http::RequestHead&) override { return 1 << 24; }
    Async<http::Response> handle(http::Request request, const Context& context) override {
        if (request.head.path() == "/never") {
            auto promise = std::make_shared<Promise<http::Response>>(*Runtime::shared(), context);
            auto async = promise->take_async();
            ++asked;
            promise->on_stop([this, promise](StopReason reason) {
                if (!promise->is_open()) {
                    return;
                }
                std::move(*promise).complete(stopped_error(reason));
                ++stopped;
                stopped.notify_all();
            });
            return async;
        }
        if (request.head.path() == "/big") {
            return http::Response{.body = Bytes::copy(std::string(4 << 20, 'x'))};
        }
        if (request.head.path() == "/moved") {
            return http::Response{.status = 307, .headers = {{"location", "/"}}};
        }
        return http::Response{.headers = {{"x-secure", request.head.peer.secure ? "1" : "0"}},
                              .body = request.body.empty() ? Bytes::copy("hello") : request.body};
    }

    std::atomic<int> asked{0};
    std::atomic<int> stopped{0};
};

struct Way {
    const char* name;
    bool secure;
    bool local;
    http::Version version;
};

class ClientOverSockets : public testing::TestWithParam<Way> {
  protected:
    void SetUp() override {
        net::ServerOptions options;
        options.handler = answers;
        options.threads = 2;
        options.listen = {GetParam().local ? "unix:" + folder.file("s") : "127.0.0.1:0"};
        net::ClientOptions to;
        to.plain_version = GetParam().version;
        if (GetParam().secure) {
            make_certificate();
            options.tls = net::TlsFiles{folder.file("c.pem"), folder.file("k.pem")};
            to.authorities = folder.file("c.pem");
        }
        server = net::Server::start(std::move(options)).value();
        client = net::Client::create(std::move(to)).value();
        const std::string& address = server->addresses().at(0);
        origin =
            GetParam().local ? address : (GetParam().secure ? "https://" : "http://") + address;
    }
    void make_certificate() {
        const auto [status, output] = test::run_program(
            {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
             "-out", folder.file("c.pem"), "-keyout", folder.file("k.pem")});
        ASSERT_EQ(status, 0) << output;
    }
    Result<net::ClientResponse> fetch(const std::string& target, const Context& context = {}) {
        return client->fetch({.origin = origin, .target = target}, context).wait();
    }
    static std::string text(net::ClientResponse response) {
        return net::read_all(std::move(response.body), 1 << 26).wait().value().to_string();
    }

    test::TempFolder folder;
    std::shared_ptr<Answers> answers = std::make_shared<Answers>();
    std::unique_ptr<net::Server> server;
    std::unique_ptr<net::Client> client;
    std::string origin;
};

TEST_P(ClientOverSockets, GetsAnswers) {
    for (int i = 0; i < 3; ++i) {
        auto response = fetch("/");
        ASSERT_TRUE(response) << response.error().to_string();
        EXPECT_EQ(response->status, 200);
        EXPECT_EQ(response->version, GetParam().version);
        EXPECT_EQ(response->headers.find("x-secure"), GetParam().secure ? "1" : "0");
        EXPECT_EQ(text(*std::move(response)), "hello");
    }
    EXPECT_EQ(server->numbers().accepted, 1U);  // one connection, used again
}

TEST_P(ClientOverSockets, SendsAndGetsLargeBodies) {
    const std::string body(3'000'000, 'b');
    auto response =
        client->fetch({.method = "POST", .origin = origin, .body = Bytes::copy(body)}).wait();
    ASSERT_TRUE(response) << response.error().to_string();
    EXPECT_EQ(text(*std::move(response)), body);
    EXPECT_EQ(text(fetch("/big").value()).size(), std::size_t{4} << 20);
    EXPECT_EQ(net::read_all(fetch("/big").value().body, 1000).wait().error().code(),
              ErrorCode::limit_exceeded);
    EXPECT_EQ(text(fetch("/").value()), "hello");
}

TEST_P(ClientOverSockets, MakesManyCallsAtATime) {
    std::vector<Async<net::ClientResponse>> calls;
    for (int i = 0; i < 300; ++i) {
        calls.push_back(client->fetch({.origin = origin, .target = "/"}));
    }
    for (auto& call : calls) {
        auto response = std::move(call).wait();
        ASSERT_TRUE(response) << response.error().to_string();
        EXPECT_EQ(text(*std::move(response)), "hello");
    }
    if (GetParam().version == http::Version::http_2) {
        EXPECT_LE(server->numbers().accepted, 3U);
    } else {
        EXPECT_LE(server->numbers().accepted, 16U);
    }
}

TEST_P(ClientOverSockets, LeavesRedirectsToTheCaller) {
    EXPECT_EQ(fetch("/moved").value().status, 307);
}

TEST_P(ClientOverSockets, StopsWhenAskedTo) {
    std::stop_source source;
    auto call = client->fetch({.origin = origin, .target = "/never"}, {.stop = source.get_token()});
    while (answers->asked == 0) {
        std::this_thread::yield();
    }
    source.request_stop();
    const auto result = std::move(call).wait();
    EXPECT_EQ(result.error().code(), ErrorCode::cancelled);
    EXPECT_TRUE(http::may_have_been_sent(result.error()));
    answers->stopped.wait(0);  // the server hears of it
    EXPECT_EQ(text(fetch("/").value()), "hello");
}

TEST_P(ClientOverSockets, EndsAtTheDeadline) {
    const Instant soon = Runtime::shared()->clock().steady_now() + std::chrono::milliseconds(20);
    const auto result = fetch("/never", {.deadline = soon});
    EXPECT_EQ(result.error().code(), ErrorCode::timeout);
}

TEST_P(ClientOverSockets, GoesOnWhenTheAnswerIsDropped) {
    for (int i = 0; i < 5; ++i) {
        auto response = fetch("/big");
        ASSERT_TRUE(response) << response.error().to_string();
    }
    EXPECT_EQ(text(fetch("/").value()), "hello");
}

TEST_P(ClientOverSockets, ConnectsAgainAfterTheServerHasEnded) {
    EXPECT_EQ(text(fetch("/").value()), "hello");
    const std::string address = server->addresses().at(0);
    net::ServerOptions options;
    options.handler = answers;
    options.listen = {address};
    if (GetParam().secure) {
        options.tls = net::TlsFiles{folder.file("c.pem"), folder.file("k.pem")};
    }
    server->stop(std::chrono::milliseconds(2000));
    server.reset();
    const auto failed = fetch("/");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), ErrorCode::io);
    EXPECT_EQ(failed.error().retry(), Retry::temporary);
    EXPECT_FALSE(http::may_have_been_sent(failed.error())) << failed.error().to_string();
    server = net::Server::start(std::move(options)).value();
    EXPECT_EQ(text(fetch("/").value()), "hello");
}

TEST_P(ClientOverSockets, SaysThatARequestMayHaveBeenSentWhenItsAnswerIsCut) {
    auto call = client->fetch({.origin = origin, .target = "/never"});
    while (answers->asked == 0) {
        std::this_thread::yield();
    }
    server->stop(std::chrono::milliseconds(0));
    const auto result = std::move(call).wait();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::io);
    EXPECT_TRUE(http::may_have_been_sent(result.error()));
}

TEST_P(ClientOverSockets, FailsWhatIsUnderWayWhenItIsClosed) {
    auto call = client->fetch({.origin = origin, .target = "/never"});
    while (answers->asked == 0) {
        std::this_thread::yield();
    }
    client->close();
    EXPECT_FALSE(std::move(call).wait());
    EXPECT_EQ(fetch("/").error().code(), ErrorCode::closed);
}

INSTANTIATE_TEST_SUITE_P(Ways, ClientOverSockets,
                         testing::Values(Way{"Http1", false, false, http::Version::http_1_1},
                                         Way{"Http2", false, false, http::Version::http_2},
                                         Way{"Unix", false, true, http::Version::http_2},
                                         Way{"Tls", true, false, http::Version::http_2}),
                         [](const auto& way) { return std::string(way.param.name); });

using ClientOverTls = ClientOverSockets;

TEST_P(ClientOverTls, BelievesNobodyWithoutReason) {
    const auto strict = net::Client::create({}).value();
    const auto unknown = strict->fetch({.origin = origin}).wait();
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message(), testing::HasSubstr("certificate"));
    EXPECT_FALSE(http::may_have_been_sent(unknown.error()));
    std::string other_name = origin;
    other_name.replace(other_name.find("127.0.0.1"), 9, "localhost");
    const auto other = client->fetch({.origin = other_name}).wait();
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message(), testing::HasSubstr("mismatch"));
    const auto careless = net::Client::create({.verify = false}).value();
    EXPECT_EQ(careless->fetch({.origin = other_name}).wait().value().status, 200);
    EXPECT_EQ(net::Client::create({.authorities = folder.file("none")}).error().code(),
              ErrorCode::invalid_config);
}

INSTANTIATE_TEST_SUITE_P(Ways, ClientOverTls,
                         testing::Values(Way{"Tls", true, false, http::Version::http_2}),
                         [](const auto& way) { return std::string(way.param.name); });

TEST(Client, RefusesWhatIsNoRequest) {
    const auto client = net::Client::create({}).value();
    for (const net::ClientRequest& request :
         {net::ClientRequest{.origin = "http://h", .target = "x"},
          net::ClientRequest{.origin = "http://h", .target = "/a b"},
          net::ClientRequest{.origin = "http://h", .target = "/\r\nx: y"},
          net::ClientRequest{.method = "GET /\r\n", .origin = "http://h"},
          net::ClientRequest{.origin = "http://h", .headers = {{"x", "a\r\nb"}}},
          net::ClientRequest{.origin = "http://h", .headers = {{"X", "a"}}},
          net::ClientRequest{.origin = "ftp://h"}, net::ClientRequest{.origin = "http://"},
          net::ClientRequest{.origin = "http://h:x"}, net::ClientRequest{.origin = "http://h/p"},
          net::ClientRequest{.origin = "http://u@h"}}) {
        const auto result = client->fetch(request).wait();
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code(), ErrorCode::invalid_argument);
    }
}

}  // namespace
