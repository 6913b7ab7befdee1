// Both ends of a connection as bytes, in one process: what a client asks is what a server answers.
#include "net/http/client_protocol.hpp"

#include <map>
#include <string>

#include <gmock/gmock.h>

#include "support/http2_frames.hpp"
#include "support/http_session.hpp"

namespace {

using namespace turntable;
using namespace turntable::test;
using Kind = http::ClientEvent::Kind;

/// What a client was told of a call.
struct Told {
    int status = 0;
    http::Headers headers;
    std::string body;
    bool ended = false;
    std::optional<Error> error;
};

class BothEnds : public testing::TestWithParam<http::Version> {
  protected:
    static std::unique_ptr<http::ClientProtocol> make() {
        return GetParam() == http::Version::http_2 ? http::make_http2_client({})
                                                   : http::make_http1_client({});
    }
    /// Lets both talk until neither has anything to say.
    void talk() {
        for (int quiet = 0; quiet < 2;) {
            std::string bytes;
            client->fill(bytes);
            const std::string back = peer.send(bytes);
            if (client->wants_input()) {
                client->receive(back);
            }
            quiet = bytes.empty() && back.empty() ? quiet + 1 : 0;
            note();
        }
    }
    void note() {
        for (http::ClientEvent& event : client->take_events()) {
            Told& of = told[event.call];
            switch (event.kind) {
                case Kind::head:
                    of.status = event.status;
                    of.headers = event.headers;
                    break;
                case Kind::data:
                    of.body += event.data.text();
                    client->consumed(event.call, use ? event.data.size() : 0);
                    break;
                case Kind::end:
                    of.ended = true;
                    break;
                case Kind::failed:
                    of.error = event.error;
                    break;
            }
        }
    }
    static http::OutgoingRequest get(const std::string& target) {
        return {.target = target, .authority = "h"};
    }

    SessionServer server;
    SessionPeer peer{server};
    std::unique_ptr<http::ClientProtocol> client = make();
    std::map<http::CallId, Told> told;
    bool use = true;
};

TEST_P(BothEnds, AgreeOnRequestsAndAnswers) {
    server.handler->limit = 1 << 20;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(client->can_start());
        const std::string body(100'000 * static_cast<std::size_t>(i), 'b');
        const auto call = client->start({.method = "POST",
                                         .target = "/p?q",
                                         .authority = "host:1",
                                         .headers = {{"x-one", "1"}, {"connection", "close"}},
                                         .body = Bytes::copy(body)});
        talk();
        EXPECT_EQ(told[call].status, 200);
        EXPECT_EQ(told[call].body, "answer to /p?q");
        EXPECT_EQ(told[call].headers.find("content-length"), "14");
        EXPECT_TRUE(told[call].ended);
        const http::Request& request = server.handler->requests.back();
        EXPECT_EQ(request.head.method, "POST");
        EXPECT_EQ(request.head.authority, "host:1");
        EXPECT_EQ(request.head.headers.find("x-one"), "1");
        EXPECT_EQ(request.body.text(), body);
    }
    EXPECT_FALSE(client->is_finished());
}

TEST_P(BothEnds, AgreeOnAnswersWithoutABody) {
    server.handler->answer = [](const http::Request& request, const Context&) {
        return http::Response{.status = request.head.method == "HEAD" ? 200 : 204,
                              .body = Bytes::copy("not sent")};
    };
    for (const char* method : {"HEAD", "GET"}) {
        const auto call = client->start({.method = method, .authority = "h"});
        talk();
        EXPECT_TRUE(told[call].ended) << method;
        EXPECT_EQ(told[call].body, "");
    }
}

TEST_P(BothEnds, StreamPieceByPiece) {
    auto pieces = std::make_shared<Pieces>();
    server.handler->answer = [&](const http::Request&, const Context&) {
        return server.streamed(pieces);
    };
    const auto call = client->start(get("/"));
    talk();
    EXPECT_EQ(told[call].status, 200);
    for (const char* piece : {"a", "bc", "def"}) {
        pieces->give(std::optional(Bytes::copy(piece)));
        talk();
        EXPECT_TRUE(told[call].body.ends_with(piece)) << piece;
        EXPECT_FALSE(told[call].ended);
    }
    pieces->give(std::optional<Bytes>());
    talk();
    EXPECT_TRUE(told[call].ended);
}

TEST_P(BothEnds, SendNoMoreThanIsUsed) {
    server.handler->answer = [](const http::Request&, const Context&) {
        return http::Response{.body = Bytes::copy(std::string(4 << 20, 'x'))};
    };
    use = false;
    const auto call = client->start(get("/"));
    talk();
    if (GetParam() == http::Version::http_2) {
        EXPECT_LE(told[call].body.size(), std::size_t{256} * 1024);
        EXPECT_FALSE(told[call].ended);
        use = true;
        client->consumed(call, told[call].body.size());
        talk();
        EXPECT_EQ(told[call].body.size(), std::size_t{4} << 20);
        EXPECT_TRUE(told[call].ended);
    } else {
        EXPECT_FALSE(client->wants_input());  // it does not read on
        client->consumed(call, told[call].body.size());
        EXPECT_TRUE(client->wants_input());
    }
}

TEST_P(BothEnds, CancelOneCall) {
    std::vector<Promise<http::Response>> asked;
    server.handler->answer = [&](const http::Request&, const Context& context) {
        asked.emplace_back(*server.runtime, context);
        return asked.back().take_async();
    };
    const auto call = client->start(get("/"));
    talk();
    client->cancel(call);
    talk();
    if (GetParam() == http::Version::http_2) {
        EXPECT_FALSE(client->is_finished());
    } else {
        EXPECT_TRUE(client->is_finished());
        peer.session().end_of_input();  // the connection is closed then
    }
    EXPECT_TRUE(server.handler->contexts.at(0).stop.stop_requested());
    EXPECT_EQ(told.count(call), 0U);
    asked.clear();
}

TEST_P(BothEnds, SayWhetherARequestMayHaveBeenSent) {
    const auto unsent = client->start(get("/"));
    client->end_of_input("cut");
    note();
    ASSERT_TRUE(told[unsent].error);
    EXPECT_FALSE(http::may_have_been_sent(*told[unsent].error));
    EXPECT_EQ(told[unsent].error->retry(), Retry::temporary);
    EXPECT_FALSE(client->can_start());

    client = make();
    told.clear();
    const auto sent = client->start(get("/"));
    std::string bytes;
    client->fill(bytes);
    client->end_of_input("cut");
    note();
    ASSERT_TRUE(told[sent].error);
    EXPECT_TRUE(http::may_have_been_sent(*told[sent].error));
    EXPECT_TRUE(client->is_finished());
}

TEST_P(BothEnds, SeeThatAnAnswerWasBrokenOff) {
    auto pieces = std::make_shared<Pieces>();
    server.handler->answer = [&](const http::Request&, const Context&) {
        return server.streamed(pieces);
    };
    const auto call = client->start(get("/"));
    talk();
    pieces->give(std::optional(Bytes::copy("half")));
    talk();
    pieces->give(Error(ErrorCode::io, "gone"));
    talk();
    if (peer.finished()) {
        client->end_of_input("the server closed the connection");
        note();
    }
    EXPECT_EQ(told[call].body, "half");
    EXPECT_FALSE(told[call].ended);
    ASSERT_TRUE(told[call].error);
    EXPECT_TRUE(http::may_have_been_sent(*told[call].error));
}

INSTANTIATE_TEST_SUITE_P(Versions, BothEnds,
                         testing::Values(http::Version::http_1_1, http::Version::http_2),
                         [](const auto& version) {
                             return version.param == http::Version::http_2 ? "Http2" : "Http1";
                         });

std::vector<http::ClientEvent> events_of(const std::string& answer, const std::string& method) {
    const auto client = http::make_http1_client({});
    client->start({.method = method, .authority = "h"});
    std::string sent;
    client->fill(sent);
    for (const char byte : answer) {
        client->receive(std::string(1, byte));
    }
    return client->take_events();
}

TEST(Http1Client, PassesOverWhatComesBeforeTheAnswer) {
    const auto events = events_of(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\n"
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "POST");
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].status, 200);
    EXPECT_FALSE(events[0].headers.find("link"));
}

TEST(Http1Client, TakesTheEndOfTheConnectionForTheEndOfABodyWithoutLength) {
    const auto client = http::make_http1_client({});
    client->start({.authority = "h"});
    std::string sent;
    client->fill(sent);
    client->receive("HTTP/1.1 200 OK\r\n\r\nall of it");
    client->end_of_input("closed");
    const auto events = client->take_events();
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[1].data.text(), "all of it");
    EXPECT_EQ(events[2].kind, Kind::end);
    EXPECT_TRUE(client->is_finished());
}

TEST(Http1Client, RefusesWhatIsNoAnswer) {
    for (const char* answer :
         {"HTTP/2 200\r\n\r\n", "hello\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
          "HTTP/1.1 050 Low\r\ncontent-length: 0\r\n\r\n",
          "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n"}) {
        const auto events = events_of(answer, "GET");
        ASSERT_FALSE(events.empty()) << answer;
        EXPECT_EQ(events.back().kind, Kind::failed) << answer;
    }
}

TEST(Http2Client, MakesCallsThatTheServerDidNotTakeAgain) {
    const auto client = http::make_http2_client({});
    const auto first = client->start({.authority = "h"});
    const auto second = client->start({.authority = "h"});
    std::string sent;
    client->fill(sent);
    client->receive(frame(NGHTTP2_SETTINGS, 0, 0) +
                    frame(NGHTTP2_GOAWAY, 0, 0, big_endian(first) + big_endian(NGHTTP2_NO_ERROR)));
    EXPECT_FALSE(client->can_start());
    auto events = client->take_events();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].call, second);
    EXPECT_FALSE(http::may_have_been_sent(*events[0].error));
    client->end_of_input("closed");
    events = client->take_events();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].call, first);
    EXPECT_TRUE(http::may_have_been_sent(*events[0].error));
}

TEST(Http2Client, KeepsToTheStreamsThatTheServerAllows) {
    const auto client = http::make_http2_client({});
    std::string sent;
    client->fill(sent);
    client->receive(
        frame(NGHTTP2_SETTINGS, 0, 0, setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 2)));
    client->start({.authority = "h"});
    EXPECT_TRUE(client->can_start());
    client->start({.authority = "h"});
    EXPECT_FALSE(client->can_start());
}

TEST(Http2Client, RefusesAHeadThatIsTooLarge) {
    http::Limits limits;
    limits.head_bytes = 100;
    for (const std::size_t size : {80U, 89U, 90U}) {  // ":status" and "200" count, and "x"
        const auto client = http::make_http2_client(limits);
        const auto call = client->start({.authority = "h"});
        std::string sent;
        client->fill(sent);
        client->receive(frame(NGHTTP2_SETTINGS, 0, 0) +
                        frame(NGHTTP2_HEADERS, end_headers | end_stream, call,
                              hpack(":status", "200") + hpack("x", std::string(size, 'v'))));
        const auto events = client->take_events();
        ASSERT_FALSE(events.empty());
        EXPECT_EQ(events[0].kind, size <= 89 ? Kind::head : Kind::failed) << size;
    }
}

}  // namespace
