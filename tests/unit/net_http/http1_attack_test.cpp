// What must not get through over HTTP/1.1, and where each limit is.
#include <string>

#include <gmock/gmock.h>

#include "support/http_session.hpp"

namespace {

using namespace turntable;
using namespace turntable::test;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

const std::string plain_get = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";

std::string with(const std::string& fields, const std::string& body = "") {
    return "POST / HTTP/1.1\r\nhost: h\r\n" + fields + "\r\n" + body;
}

class Http1Attack : public testing::Test {
  protected:
    /// What a new connection answers to these bytes, and that it ends then without the handler
    /// having been asked, while another connection goes on.
    std::string refused(const std::string& bytes) {
        const std::size_t asked = server.handler->requests.size();
        SessionPeer peer(server);
        const std::string out = peer.send(bytes);
        EXPECT_TRUE(peer.finished()) << bytes;
        EXPECT_EQ(server.handler->requests.size(), asked) << bytes;
        EXPECT_THAT(other.send(plain_get), StartsWith("HTTP/1.1 200"));
        return out.substr(0, out.find('\r'));
    }
    bool accepted(const std::string& bytes) {
        SessionPeer peer(server);
        return peer.send(bytes).starts_with("HTTP/1.1 200");
    }

    SessionServer server;
    SessionPeer other{server};
};

TEST_F(Http1Attack, SmugglingIsRefused) {
    const std::string bad = "HTTP/1.1 400 Bad Request";
    for (const char* fields : {
             "content-length: 3\r\ntransfer-encoding: chunked\r\n",
             "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
             "content-length: 3\r\ncontent-length: 4\r\n",
             "content-length: 3\r\ncontent-length: 3\r\n",
             "content-length: 3, 3\r\n",
             "content-length: +3\r\n",
             "content-length: 0x3\r\n",
             "content-length: -1\r\n",
             "content-length:\r\n",
             "content-length: 99999999999999999999999\r\n",
             "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
             "transfer-encoding : chunked\r\n",
             " content-length: 3\r\n",
             "content-length: 3\n",
         }) {
        EXPECT_EQ(refused(with(fields, "0\r\n\r\n")), bad) << fields;
    }
    for (const char* fields :
         {"transfer-encoding: gzip, chunked\r\n", "transfer-encoding: chunked, gzip\r\n",
          "transfer-encoding: xchunked\r\n", "transfer-encoding: identity\r\n"}) {
        EXPECT_EQ(refused(with(fields, "0\r\n\r\n")), "HTTP/1.1 501 Not Implemented") << fields;
    }
    EXPECT_EQ(refused("POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"), bad);
}

TEST_F(Http1Attack, BadChunksAreRefused) {
    for (const char* body :
         {"x\r\n\r\n", "-1\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n",
          "11111111111111111\r\nabc\r\n", "0\r\ncontent-length: 3\r\n\r\n",
          "0\r\ntransfer-encoding: chunked\r\n\r\n"}) {
        EXPECT_EQ(refused(with("transfer-encoding: chunked\r\n", body)), "HTTP/1.1 400 Bad Request")
            << body;
    }
}

TEST_F(Http1Attack, BadHeadsAreRefused) {
    const std::string bad = "HTTP/1.1 400 Bad Request";
    EXPECT_EQ(refused("GET / HTTP/1.1\r\n\r\n"), bad);  // no host
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"), bad);
    EXPECT_EQ(refused("GET x HTTP/1.1\r\nhost: a\r\n\r\n"), bad);
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nhost: a\r\nx: a\rb\r\n\r\n"), bad);
    EXPECT_EQ(refused(std::string("GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n", 36)), bad);
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nhost: a\r\n: b\r\n\r\n"), bad);
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nhost: a@b\r\n\r\n"), bad);
    EXPECT_EQ(refused("GET / HTTP/1.1\nhost: a\n\n"), "HTTP/1.1 505 HTTP Version Not Supported");
    EXPECT_EQ(refused("CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n"), "HTTP/1.1 501 Not Implemented");
    EXPECT_EQ(refused("GET / HTTP/2.0\r\nhost: a\r\n\r\n"),
              "HTTP/1.1 505 HTTP Version Not Supported");
    EXPECT_EQ(refused("\x16\x03\x01 hello over TLS\r\n\r\n"), bad);
}

TEST_F(Http1Attack, HeadsHaveALimitOfBytes) {
    server.options->limits.head_bytes = 200;
    const std::size_t fixed = std::string("/hosthx").size();
    const auto of_size = [&](std::size_t bytes) {
        return "GET / HTTP/1.1\r\nhost: h\r\nx: " + std::string(bytes - fixed, 'v') + "\r\n\r\n";
    };
    EXPECT_TRUE(accepted(of_size(199)));
    EXPECT_TRUE(accepted(of_size(200)));
    EXPECT_EQ(refused(of_size(201)), "HTTP/1.1 431 Request Header Fields Too Large");
    // One that never ends is cut off too.
    EXPECT_EQ(refused("GET /" + std::string(2000, 'x')),
              "HTTP/1.1 431 Request Header Fields Too Large");
    EXPECT_EQ(refused(with("transfer-encoding: chunked\r\n", "1;" + std::string(2000, 'x'))),
              "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST_F(Http1Attack, HeadsHaveALimitOfFields) {
    server.options->limits.head_fields = 10;
    const auto of_count = [&](int count) {
        std::string all = "GET / HTTP/1.1\r\nhost: h\r\n";
        for (int i = 1; i < count; ++i) {
            all += "x: y\r\n";
        }
        return all + "\r\n";
    };
    EXPECT_TRUE(accepted(of_count(9)));
    EXPECT_TRUE(accepted(of_count(10)));
    EXPECT_EQ(refused(of_count(11)), "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST_F(Http1Attack, BodiesHaveTheLimitOfTheHandler) {
    const auto plain = [](std::size_t size) {
        return with("content-length: " + std::to_string(size) + "\r\n", std::string(size, 'x'));
    };
    const auto chunked = [](std::size_t size) {
        return with("transfer-encoding: chunked\r\n",
                    "200\r\n" + std::string(512, 'x') + "\r\n1\r\nx\r\n" +
                        (size == 1024 ? "1ff" : "200") + "\r\n" + std::string(size - 513, 'x') +
                        "\r\n0\r\n\r\n");
    };
    EXPECT_TRUE(accepted(plain(1023)));
    EXPECT_TRUE(accepted(plain(1024)));
    EXPECT_EQ(refused(plain(1025)), "HTTP/1.1 413 Content Too Large");
    EXPECT_TRUE(accepted(chunked(1024)));
    EXPECT_EQ(refused(chunked(1025)), "HTTP/1.1 413 Content Too Large");
}

TEST_F(Http1Attack, SlowHeadsAreCutOff) {
    SessionPeer silent(server);
    EXPECT_EQ(silent.wait(9999ms), "");
    EXPECT_FALSE(silent.finished());
    EXPECT_EQ(silent.wait(1ms), "");
    EXPECT_TRUE(silent.finished());
    EXPECT_EQ(silent.reason(), http::CloseReason::slow_head);

    SessionPeer slow(server);
    slow.send("GET / HTTP/1.1\r\n");
    for (int i = 0; i < 9; ++i) {
        EXPECT_EQ(slow.wait(1000ms), "");
        slow.send("x: y\r\n");  // a byte now and then does not help
    }
    EXPECT_THAT(slow.wait(1000ms), StartsWith("HTTP/1.1 408"));
    EXPECT_TRUE(slow.finished());
    EXPECT_THAT(other.send(plain_get), StartsWith("HTTP/1.1 200"));
}

TEST_F(Http1Attack, SlowBodiesAreCutOffAndSteadyOnesAreNot) {
    server.handler->limit = 1 << 20;
    SessionPeer slow(server);
    slow.send(with("content-length: 1000\r\n"));
    for (int i = 0; i < 29; ++i) {
        EXPECT_EQ(slow.wait(1000ms), "") << i;
        slow.send("x");
    }
    EXPECT_THAT(slow.wait(1000ms), StartsWith("HTTP/1.1 408"));
    EXPECT_EQ(slow.reason(), http::CloseReason::slow_body);

    SessionPeer steady(server);
    steady.send(with("content-length: 102400\r\n"));
    for (int i = 0; i < 99; ++i) {
        EXPECT_EQ(steady.wait(1000ms), "");
        steady.send(std::string(1024, 'x'));
    }
    EXPECT_THAT(steady.send(std::string(1024, 'x')), StartsWith("HTTP/1.1 200"));
}

TEST_F(Http1Attack, ConnectionsWithNothingToDoEnd) {
    SessionPeer peer(server);
    peer.send(plain_get);
    EXPECT_EQ(peer.wait(74'999ms), "");
    EXPECT_FALSE(peer.finished());
    EXPECT_EQ(peer.wait(1ms), "");
    EXPECT_TRUE(peer.finished());
    EXPECT_EQ(peer.reason(), http::CloseReason::idle);
}

TEST_F(Http1Attack, WhoDoesNotReadIsCutOff) {
    server.handler->answer = [](const http::Request&, const Context&) {
        return http::Response{.body = Bytes::copy(std::string(1 << 20, 'x'))};
    };
    SessionPeer slow(server);
    slow.session().receive(plain_get);
    std::string taken;
    slow.session().take_output(taken);
    slow.session().wrote(1023);  // just below the least rate
    server.clock->advance(29'999ms);
    slow.session().on_time();
    EXPECT_FALSE(slow.finished());
    server.clock->advance(1ms);
    slow.session().on_time();
    EXPECT_TRUE(slow.finished());
    EXPECT_EQ(slow.reason(), http::CloseReason::slow_reader);

    SessionPeer steady(server);
    steady.session().receive(plain_get);
    steady.session().take_output(taken);
    for (int i = 0; i < 10; ++i) {
        steady.session().wrote(1024);
        server.clock->advance(29'999ms);
        steady.session().on_time();
    }
    EXPECT_FALSE(steady.finished());
}

}  // namespace
