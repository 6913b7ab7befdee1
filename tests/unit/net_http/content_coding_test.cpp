// Bodies in gzip, both ways.
#include "net/http/content_coding.hpp"

#include <string>

#include <gmock/gmock.h>

#include "net/http/date.hpp"
#include "support/http_session.hpp"

namespace {

using namespace turntable;
using namespace turntable::test;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(ContentCoding, KnowsWhoAcceptsGzip) {
    EXPECT_TRUE(http::accepts_gzip("gzip"));
    EXPECT_TRUE(http::accepts_gzip("br, GZIP;q=0.5"));
    EXPECT_TRUE(http::accepts_gzip("gzip ; q=0.001"));
    EXPECT_FALSE(http::accepts_gzip(""));
    EXPECT_FALSE(http::accepts_gzip("br"));
    EXPECT_FALSE(http::accepts_gzip("gzip;q=0"));
    EXPECT_FALSE(http::accepts_gzip("gzip; q=0.000"));
    EXPECT_FALSE(http::accepts_gzip("xgzip"));
}

TEST(ContentCoding, GivesBackWhatWasPacked) {
    const std::string text(100'000, 'x');
    const auto packed = http::gzip(text);
    ASSERT_TRUE(packed);
    EXPECT_LT(packed->size(), 1000U);
    EXPECT_EQ(http::gunzip(*packed, text.size()).value(), text);
    EXPECT_EQ(http::gunzip(*packed, text.size() - 1).error().code(), ErrorCode::limit_exceeded);
    EXPECT_EQ(http::gunzip(packed->substr(0, 50), 1 << 20).error().code(),
              ErrorCode::serialization);
    EXPECT_EQ(http::gunzip(*packed + "x", 1 << 20).error().code(), ErrorCode::serialization);
    EXPECT_EQ(http::gunzip("", 10).error().code(), ErrorCode::serialization);
    EXPECT_FALSE(http::gzip("ab"));  // it would grow
}

std::string get_with(const std::string& fields) {
    return "GET / HTTP/1.1\r\nhost: h\r\n" + fields + "\r\n";
}

TEST(ContentCoding, PacksLargeAnswersForThoseWhoAccept) {
    SessionServer server;
    std::size_t size = 1024;
    server.handler->answer = [&](const http::Request&, const Context&) {
        return http::Response{.body = Bytes::copy(std::string(size, 'x'))};
    };
    SessionPeer peer(server);
    const std::string out = peer.send(get_with("accept-encoding: gzip\r\n"));
    EXPECT_THAT(out, HasSubstr("content-encoding: gzip\r\n"));
    EXPECT_THAT(out, HasSubstr("vary: accept-encoding\r\n"));
    EXPECT_EQ(http::gunzip(out.substr(out.find("\r\n\r\n") + 4), 1 << 20).value(),
              std::string(1024, 'x'));
    EXPECT_THAT(peer.send(get_with("")), Not(HasSubstr("gzip")));
    size = 1023;
    EXPECT_THAT(peer.send(get_with("accept-encoding: gzip\r\n")), Not(HasSubstr("gzip")));
}

TEST(ContentCoding, UnpacksRequestsWithinTheLimitOfTheHandler) {
    SessionServer server;
    const auto post = [](const std::string& body, const std::string& coding) {
        return "POST / HTTP/1.1\r\nhost: h\r\ncontent-encoding: " + coding +
               "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    };
    SessionPeer peer(server);
    EXPECT_THAT(peer.send(post(*http::gzip(std::string(1024, 'x')), "gzip")),
                StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(server.handler->requests.at(0).body.text(), std::string(1024, 'x'));
    EXPECT_FALSE(server.handler->requests.at(0).head.headers.find("content-encoding"));
    EXPECT_THAT(peer.send(post(*http::gzip(std::string(1025, 'x')), "gzip")),
                StartsWith("HTTP/1.1 413"));
    EXPECT_THAT(peer.send(post("nothing", "gzip")), StartsWith("HTTP/1.1 400"));
    EXPECT_THAT(peer.send(post("nothing", "br")), StartsWith("HTTP/1.1 415"));
    EXPECT_EQ(server.handler->requests.size(), 1U);
}

TEST(HttpDate, IsWrittenAsInTheStandard) {
    EXPECT_EQ(http::http_date(WallTime(std::chrono::milliseconds(784'111'777'000))),
              "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http::http_date(WallTime(std::chrono::milliseconds(1'709'164'800'999))),
              "Thu, 29 Feb 2024 00:00:00 GMT");
}

}  // namespace
