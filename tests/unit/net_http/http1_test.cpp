// HTTP/1.1 as bytes: what is asked, what is answered, in which order.
#include <string>

#include <gmock/gmock.h>

#include "support/http_session.hpp"

namespace {

using namespace turntable;
using namespace turntable::test;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string get = "GET /a?b=1 HTTP/1.1\r\nhost: h:1\r\n\r\n";

std::string post(const std::string& fields, const std::string& body) {
    return "POST /p HTTP/1.1\r\nhost: h\r\n" + fields + "\r\n" + body;
}

TEST(Http1, AnswersAGet) {
    SessionServer server;
    SessionPeer peer(server);
    EXPECT_EQ(peer.send(get),
              "HTTP/1.1 200 OK\r\ndate: Tue, 14 Nov 2023 22:13:20 GMT\r\ncontent-length: 16\r\n\r\n"
              "answer to /a?b=1");
    ASSERT_EQ(server.handler->requests.size(), 1U);
    const http::RequestHead& head = server.handler->requests[0].head;
    EXPECT_EQ(head.method, "GET");
    EXPECT_EQ(head.path(), "/a");
    EXPECT_EQ(head.query(), "b=1");
    EXPECT_EQ(head.authority, "h:1");
    EXPECT_EQ(head.peer.address, "192.0.2.1:1");
    EXPECT_EQ(head.version, http::Version::http_1_1);
    EXPECT_FALSE(peer.finished());
}

TEST(Http1, ReadsRequestsHoweverTheyAreCut) {
    SessionServer server;
    SessionPeer peer(server);
    const std::string all =
        post("content-length: 3\r\n", "xyz") +
        post("transfer-encoding: chunked\r\n", "2\r\nab\r\n1;e=1\r\nc\r\n0\r\nt: 1\r\n\r\n") + get;
    std::string out;
    for (const char byte : all) {
        out += peer.send(std::string(1, byte));
    }
    for (const char byte : post("transfer-encoding: chunked\r\n", "0\r\n\r\n")) {
        out += peer.send(std::string(1, byte));
    }
    ASSERT_EQ(server.handler->requests.size(), 4U);
    EXPECT_EQ(server.handler->requests[0].body.text(), "xyz");
    EXPECT_EQ(server.handler->requests[1].body.text(), "abc");
    EXPECT_FALSE(server.handler->requests[1].head.headers.find("t"));
    EXPECT_THAT(out, HasSubstr("answer to /a?b=1"));
    EXPECT_THAT(out, EndsWith("answer to /p"));
}

TEST(Http1, AnswersInTheOrderOfTheRequests) {
    SessionServer server;
    std::deque<Promise<http::Response>> asked;
    server.handler->answer = [&](const http::Request&, const Context& context) {
        Promise<http::Response> promise(*server.runtime, context);
        auto async = promise.take_async();
        asked.push_back(std::move(promise));
        return async;
    };
    SessionPeer peer(server);
    EXPECT_EQ(peer.send(get + get), "");
    EXPECT_EQ(asked.size(), 1U);  // the second waits for the first
    std::move(asked.front()).complete(http::Response{.body = Bytes::copy("first")});
    EXPECT_THAT(peer.take(), EndsWith("first"));
    ASSERT_EQ(asked.size(), 2U);
    std::move(asked.back()).complete(http::Response{.body = Bytes::copy("second")});
    EXPECT_THAT(peer.take(), EndsWith("second"));
}

TEST(Http1, StopsReadingBehindARequestThatIsNotAnswered) {
    SessionServer server;
    server.options->limits.pipeline_bytes = 100;
    std::optional<Promise<http::Response>> asked;
    server.handler->answer = [&](const http::Request&, const Context& context) {
        asked.emplace(*server.runtime, context);
        return asked->take_async();
    };
    SessionPeer peer(server);
    peer.send(get);
    EXPECT_TRUE(peer.session().wants_input());
    peer.send(std::string(100, 'G'));
    EXPECT_TRUE(peer.session().wants_input());
    peer.send("G");
    EXPECT_FALSE(peer.session().wants_input());
}

TEST(Http1, SendsNoBodyToAHead) {
    SessionServer server;
    SessionPeer peer(server);
    const std::string out = peer.send("HEAD /x HTTP/1.1\r\nhost: h\r\n\r\n");
    EXPECT_THAT(out, HasSubstr("content-length: 12\r\n"));
    EXPECT_THAT(out, EndsWith("\r\n\r\n"));
    EXPECT_THAT(peer.send(get), StartsWith("HTTP/1.1 200"));
}

TEST(Http1, SendsNoBodyWithAStatusThatHasNone) {
    SessionServer server;
    server.handler->answer = [](const http::Request&, const Context&) {
        return http::Response{.status = 204};
    };
    SessionPeer peer(server);
    EXPECT_THAT(peer.send(get), Not(HasSubstr("content-length")));
}

TEST(Http1, SendsAStreamAsChunksThatItAsksForOneByOne) {
    SessionServer server;
    auto pieces = std::make_shared<Pieces>();
    server.handler->answer = [&](const http::Request&, const Context&) {
        return server.streamed(pieces);
    };
    SessionPeer peer(server);
    EXPECT_THAT(peer.send(get), EndsWith("transfer-encoding: chunked\r\n\r\n"));
    ASSERT_EQ(pieces->asked.size(), 1U);
    pieces->give(std::optional(Bytes::copy("hello")));
    EXPECT_EQ(peer.take(), "5\r\nhello\r\n");
    ASSERT_EQ(pieces->asked.size(), 1U);
    pieces->give(std::optional<Bytes>());
    EXPECT_EQ(peer.take(), "0\r\n\r\n");
    EXPECT_TRUE(pieces->dropped);
    EXPECT_FALSE(peer.finished());
    EXPECT_EQ(peer.session().running(), 0U);
}

TEST(Http1, AsksForNoMoreThanIsTaken) {
    SessionServer server;
    server.options->limits.output_bytes = 1000;
    auto pieces = std::make_shared<Pieces>();
    server.handler->answer = [&](const http::Request&, const Context&) {
        return server.streamed(pieces);
    };
    SessionPeer peer(server);
    peer.send(get);
    pieces->give(std::optional(Bytes::copy(std::string(5000, 'x'))));
    server.executor->run();
    std::string taken;
    peer.session().take_output(taken);
    EXPECT_LT(taken.size(), 1100U);
    EXPECT_EQ(pieces->asked.size(), 0U);
    peer.session().wrote(taken.size());
    EXPECT_GT(peer.take().size(), 3900U);
    EXPECT_EQ(pieces->asked.size(), 1U);
}

TEST(Http1, BreaksOffAStreamThatFails) {
    SessionServer server;
    auto pieces = std::make_shared<Pieces>();
    server.handler->answer = [&](const http::Request&, const Context&) {
        return server.streamed(pieces);
    };
    SessionPeer peer(server);
    peer.send(get);
    pieces->give(Error(ErrorCode::io, "gone"));
    EXPECT_EQ(peer.take(), "");
    EXPECT_TRUE(peer.finished());
}

TEST(Http1, StopsWhoAnswersWhenTheAskerHasGone) {
    SessionServer server;
    std::optional<Promise<http::Response>> asked;
    server.handler->answer = [&](const http::Request&, const Context& context) {
        asked.emplace(*server.runtime, context);
        return asked->take_async();
    };
    SessionPeer peer(server);
    peer.send(get);
    EXPECT_FALSE(server.handler->contexts[0].stop.stop_requested());
    peer.session().end_of_input();
    EXPECT_TRUE(server.handler->contexts[0].stop.stop_requested());
    EXPECT_TRUE(peer.finished());
    EXPECT_EQ(peer.reason(), http::CloseReason::peer);
    std::move(*asked).complete(http::Response{});
    EXPECT_EQ(peer.take(), "");
    EXPECT_EQ(peer.session().running(), 0U);
}

/// A server whose answer can be taken back, and a connection that has asked for it.
struct TakenBack {
    TakenBack() {
        server.handler->answer = [this](const http::Request&, const Context& context) {
            asked.emplace(*server.runtime, context);
            return asked->take_async();
        };
        peer.send(get);
    }
    /// Gives the answer, and says what of it was sent.
    std::string answer() {
        http::Response response{.body = Bytes::copy("a gift")};
        response.take_back = [this] {
            taking_back.emplace(*server.runtime, Context());
            return taking_back->take_async();
        };
        std::move(*asked).complete(std::move(response));
        return peer.take();
    }

    SessionServer server;
    std::optional<Promise<http::Response>> asked;
    std::optional<Promise<void>> taking_back;
    SessionPeer peer{server};
};

TEST(Http1, TakesBackAnAnswerWhoseAskerHasGone) {
    TakenBack taken;
    taken.peer.session().end_of_input();
    EXPECT_EQ(taken.answer(), "");
    ASSERT_TRUE(taken.taking_back);
    EXPECT_EQ(taken.peer.session().running(), 1U) << "whoever ends the server waits for it";
    std::move(*taken.taking_back).complete({});
    taken.peer.take();
    EXPECT_EQ(taken.peer.session().running(), 0U);
}

TEST(Http1, ReadsWhatHasComeBeforeItSendsWhatCanBeTakenBack) {
    TakenBack taken;
    taken.peer.on_read = [&] { taken.peer.session().end_of_input(); };
    EXPECT_EQ(taken.answer(), "");
    ASSERT_TRUE(taken.taking_back);
    std::move(*taken.taking_back).complete(Error(ErrorCode::io, "the disk is gone"));
    taken.peer.take();
    EXPECT_EQ(taken.peer.session().running(), 0U);
}

TEST(Http1, ReadsOnBeforeItGivesAtOnceWhatCanBeTakenBack) {
    SessionServer server;
    int taken_back = 0;
    server.handler->answer = [&](const http::Request&, const Context&) {
        http::Response response{.body = Bytes::copy("a gift")};
        response.take_back = [&]() -> Async<void> {
            ++taken_back;
            return Result<void>();
        };
        return response;
    };
    SessionPeer peer(server);
    EXPECT_THAT(peer.send(get), EndsWith("a gift"));
    peer.on_read = [&] { peer.session().end_of_input(); };
    EXPECT_EQ(peer.send(get), "");
    EXPECT_EQ(taken_back, 1);
    EXPECT_EQ(peer.session().running(), 0U);
}

TEST(Http1, TakesNothingBackFromOneWhoWaits) {
    TakenBack taken;
    int reads = 0;
    taken.peer.on_read = [&] { ++reads; };
    EXPECT_THAT(taken.answer(), EndsWith("a gift"));
    EXPECT_EQ(reads, 1);
    EXPECT_FALSE(taken.taking_back);
}

TEST(Http1, ClosesWhenAskedTo) {
    SessionServer server;
    SessionPeer peer(server);
    EXPECT_THAT(peer.send("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n"),
                HasSubstr("connection: close\r\n"));
    EXPECT_TRUE(peer.finished());
    EXPECT_EQ(peer.reason(), http::CloseReason::complete);
    SessionPeer old(server);
    EXPECT_THAT(old.send("GET / HTTP/1.0\r\n\r\n"), HasSubstr("connection: close\r\n"));
    EXPECT_TRUE(old.finished());
    SessionPeer old_keeping(server);
    EXPECT_THAT(old_keeping.send("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"),
                HasSubstr("connection: keep-alive\r\n"));
    EXPECT_FALSE(old_keeping.finished());
}

TEST(Http1, AnswersWhatIsUnderWayBeforeItEnds) {
    SessionServer server;
    std::optional<Promise<http::Response>> asked;
    server.handler->answer = [&](const http::Request&, const Context& context) {
        asked.emplace(*server.runtime, context);
        return asked->take_async();
    };
    SessionPeer busy(server);
    busy.send(get);
    busy.session().drain();
    EXPECT_FALSE(busy.finished());
    std::move(*asked).complete(http::Response{.body = Bytes::copy("last")});
    EXPECT_THAT(busy.take(), testing::AllOf(HasSubstr("connection: close"), EndsWith("last")));
    EXPECT_TRUE(busy.finished());
    EXPECT_EQ(busy.reason(), http::CloseReason::drained);
    SessionPeer silent(server);
    silent.session().drain();
    EXPECT_TRUE(silent.finished());
}

TEST(Http1, SaysToContinueWhenTheBodyIsWelcome) {
    SessionServer server;
    SessionPeer peer(server);
    EXPECT_EQ(peer.send(post("content-length: 2\r\nexpect: 100-continue\r\n", "")),
              "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_THAT(peer.send("ok"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(peer.send(post("content-length: 1025\r\nexpect: 100-continue\r\n", "")),
                StartsWith("HTTP/1.1 413"));
    EXPECT_TRUE(peer.finished());
    SessionPeer other(server);
    EXPECT_THAT(other.send(post("content-length: 2\r\nexpect: more\r\n", "")),
                StartsWith("HTTP/1.1 417"));
}

TEST(Http1, TakesTheHostFromAnAbsoluteTarget) {
    SessionServer server;
    SessionPeer peer(server);
    peer.send("GET http://other:2/p?q HTTP/1.1\r\nhost: h\r\n\r\n");
    EXPECT_EQ(server.handler->requests[0].head.authority, "other:2");
    EXPECT_EQ(server.handler->requests[0].head.target, "/p?q");
}

TEST(Http1, TurnsAnErrorIntoA500WithoutAWordOfIt) {
    SessionServer server;
    server.handler->answer = [](const http::Request&, const Context&) {
        return Error(ErrorCode::io, "secret");
    };
    SessionPeer peer(server);
    const std::string out = peer.send(get);
    EXPECT_THAT(out, StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(out, Not(HasSubstr("secret")));
    EXPECT_FALSE(peer.finished());
}

TEST(Http1, SendsNoFieldThatWouldBreakItsFrame) {
    SessionServer server;
    server.handler->answer = [](const http::Request&, const Context&) {
        return http::Response{.headers = {{"good", "1"},
                                          {"bad", "1\r\nset-cookie: x"},
                                          {"Upper", "1"},
                                          {"transfer-encoding", "chunked"},
                                          {"connection", "close"}}};
    };
    SessionPeer peer(server);
    const std::string out = peer.send(get);
    EXPECT_THAT(out, HasSubstr("good: 1\r\n"));
    EXPECT_THAT(out, Not(HasSubstr("set-cookie")));
    EXPECT_THAT(out, Not(HasSubstr("Upper")));
    EXPECT_THAT(out, Not(HasSubstr("chunked")));
    EXPECT_THAT(out, Not(HasSubstr("connection")));
}

}  // namespace
