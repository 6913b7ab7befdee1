// HTTP/2 as bytes: streams side by side, windows, cancelling, the end.
#include <string>

#include <gmock/gmock.h>

#include "support/http2_frames.hpp"
#include "support/http_session.hpp"

namespace {

using namespace turntable;
using namespace turntable::test;
using namespace std::chrono_literals;

class Http2 : public testing::Test {
  protected:
    void SetUp() override { say(http2_hello()); }
    void say(const std::string& bytes) { reader.read(peer.send(bytes)); }
    void take() { reader.read(peer.take()); }
    /// Answers of the handler wait until the test gives them.
    void answer_later() {
        server.handler->answer = [this](const http::Request&, const Context& context) {
            Promise<http::Response> promise(*server.runtime, context);
            auto async = promise.take_async();
            asked.push_back(std::move(promise));
            return async;
        };
    }

    SessionServer server;
    SessionPeer peer{server};
    FrameReader reader;
    std::deque<Promise<http::Response>> asked;
};

TEST_F(Http2, AnswersAGet) {
    say(get_frame(1, "/a?b=1", hpack("x-one", "1")));
    EXPECT_EQ(reader.answer(1).status, "200");
    EXPECT_EQ(reader.answer(1).body, "answer to /a?b=1");
    EXPECT_EQ(reader.answer(1).headers.find("content-length"), "16");
    EXPECT_EQ(reader.answer(1).headers.find("date"), "Tue, 14 Nov 2023 22:13:20 GMT");
    EXPECT_TRUE(reader.answer(1).complete);
    const http::RequestHead& head = server.handler->requests.at(0).head;
    EXPECT_EQ(head.method, "GET");
    EXPECT_EQ(head.target, "/a?b=1");
    EXPECT_EQ(head.authority, "h");
    EXPECT_EQ(head.headers.find("x-one"), "1");
    EXPECT_EQ(head.version, http::Version::http_2);
}

TEST_F(Http2, ReadsRequestsHoweverTheyAreCut) {
    const std::string all = post_frame(1, hpack("content-length", "5")) +
                            frame(NGHTTP2_DATA, 0, 1, "ab") +
                            frame(NGHTTP2_DATA, end_stream, 1, "cde");
    for (const char byte : all) {
        say(std::string(1, byte));
    }
    EXPECT_EQ(server.handler->requests.at(0).body.text(), "abcde");
    EXPECT_EQ(reader.answer(1).status, "200");
}

TEST_F(Http2, AnswersInTheOrderInWhichAnswersAreThere) {
    answer_later();
    say(get_frame(1) + get_frame(3));
    ASSERT_EQ(asked.size(), 2U);
    std::move(asked[1]).complete(http::Response{.body = Bytes::copy("second")});
    take();
    EXPECT_FALSE(reader.has_answer(1));
    EXPECT_EQ(reader.answer(3).body, "second");
    std::move(asked[0]).complete(http::Response{.body = Bytes::copy("first")});
    take();
    EXPECT_EQ(reader.answer(1).body, "first");
}

TEST_F(Http2, SendsNoBodyToAHead) {
    say(frame(NGHTTP2_HEADERS, end_headers | end_stream, 1, head_of("HEAD", "/x")));
    EXPECT_EQ(reader.answer(1).headers.find("content-length"), "12");
    EXPECT_EQ(reader.answer(1).body, "");
    EXPECT_TRUE(reader.answer(1).complete);
}

TEST_F(Http2, StopsWhoAnswersACancelledRequest) {
    answer_later();
    say(get_frame(1) + get_frame(3));
    say(frame(NGHTTP2_RST_STREAM, 0, 1, big_endian(NGHTTP2_CANCEL)));
    EXPECT_TRUE(server.handler->contexts.at(0).stop.stop_requested());
    EXPECT_FALSE(server.handler->contexts.at(1).stop.stop_requested());
    std::move(asked[0]).complete(http::Response{});
    std::move(asked[1]).complete(http::Response{});
    take();
    EXPECT_FALSE(reader.has_answer(1));
    EXPECT_EQ(reader.answer(3).status, "200");
    EXPECT_EQ(peer.session().running(), 0U);
}

TEST_F(Http2, TakesBackAnAnswerToARequestWhoseEndWasNotReadYet) {
    answer_later();
    say(get_frame(1) + get_frame(3));
    bool taken_back = false;
    peer.on_read = [&] {
        peer.on_read = [] {};
        peer.session().receive(frame(NGHTTP2_RST_STREAM, 0, 1, big_endian(NGHTTP2_CANCEL)));
    };
    for (auto& one : asked) {
        http::Response response;
        response.take_back = [&]() -> Async<void> {
            taken_back = true;
            return Result<void>();
        };
        std::move(one).complete(std::move(response));
    }
    take();
    EXPECT_TRUE(taken_back);
    EXPECT_FALSE(reader.has_answer(1));
    EXPECT_EQ(reader.answer(3).status, "200");
    EXPECT_EQ(peer.session().running(), 0U);
}

TEST_F(Http2, AsksAStreamForMoreOnlyWhenTheWindowHasRoom) {
    auto pieces = std::make_shared<Pieces>();
    server.handler->answer = [&](const http::Request&, const Context&) {
        return server.streamed(pieces);
    };
    say(frame(NGHTTP2_SETTINGS, 0, 0, setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10)));
    say(get_frame(1));
    EXPECT_EQ(reader.answer(1).status, "200");
    ASSERT_EQ(pieces->asked.size(), 1U);
    pieces->give(std::optional(Bytes::copy("0123456789abcde")));
    take();
    EXPECT_EQ(reader.answer(1).body, "0123456789");
    EXPECT_EQ(pieces->asked.size(), 0U);  // what is there was not taken yet
    say(frame(NGHTTP2_WINDOW_UPDATE, 0, 1, big_endian(5)));
    EXPECT_EQ(reader.answer(1).body, "0123456789abcde");
    EXPECT_EQ(pieces->asked.size(), 0U);  // there is no room
    say(frame(NGHTTP2_WINDOW_UPDATE, 0, 1, big_endian(100)));
    ASSERT_EQ(pieces->asked.size(), 1U);
    pieces->give(std::optional<Bytes>());
    take();
    EXPECT_TRUE(reader.answer(1).complete);
    EXPECT_FALSE(reader.answer(1).reset);
    EXPECT_TRUE(pieces->dropped);
}

TEST_F(Http2, BreaksOffAStreamThatFails) {
    auto pieces = std::make_shared<Pieces>();
    server.handler->answer = [&](const http::Request&, const Context&) {
        return server.streamed(pieces);
    };
    say(get_frame(1));
    pieces->give(std::optional(Bytes::copy("half")));
    take();
    pieces->give(Error(ErrorCode::io, "gone"));
    take();
    EXPECT_EQ(reader.answer(1).body, "half");
    EXPECT_FALSE(reader.answer(1).complete);
    EXPECT_TRUE(reader.answer(1).reset);
    EXPECT_NE(reader.answer(1).reset_code, std::uint32_t{NGHTTP2_NO_ERROR});
    EXPECT_FALSE(peer.finished());
}

TEST_F(Http2, DropsAStreamWhoseAskerHasGone) {
    auto pieces = std::make_shared<Pieces>();
    server.handler->answer = [&](const http::Request&, const Context&) {
        return server.streamed(pieces);
    };
    say(get_frame(1));
    ASSERT_EQ(pieces->asked.size(), 1U);
    say(frame(NGHTTP2_RST_STREAM, 0, 1, big_endian(NGHTTP2_CANCEL)));
    EXPECT_TRUE(server.handler->contexts.at(0).stop.stop_requested());
    pieces->give(Error(ErrorCode::cancelled, "stopped"));
    take();
    EXPECT_TRUE(pieces->dropped);
    EXPECT_EQ(peer.session().running(), 0U);
}

TEST_F(Http2, TakesABodyThatIsLargerThanAWindow) {
    server.handler->limit = 2 << 20;
    std::string body;
    say(post_frame(1));
    for (int i = 0; i < 100; ++i) {
        const std::string piece(16'384, static_cast<char>('a' + i % 26));
        body += piece;
        say(frame(NGHTTP2_DATA, 0, 1, piece));
    }
    say(frame(NGHTTP2_DATA, end_stream, 1, ""));
    EXPECT_FALSE(reader.goaway);
    ASSERT_EQ(server.handler->requests.size(), 1U);
    EXPECT_TRUE(server.handler->requests[0].body == Bytes::copy(body));
}

TEST_F(Http2, DrainsWhatWasSentBeforeItKnew) {
    answer_later();
    say(get_frame(1));
    peer.session().drain();
    const auto frames = reader.read(peer.take());
    EXPECT_EQ(reader.goaway, std::uint32_t{NGHTTP2_NO_ERROR});
    EXPECT_FALSE(peer.finished());
    say(get_frame(3));  // was under way
    ASSERT_EQ(asked.size(), 2U);
    say(frame(NGHTTP2_PING, ack, 0, std::string(8, '\0')));
    say(get_frame(5));
    EXPECT_EQ(asked.size(), 2U);  // too late
    std::move(asked[0]).complete(http::Response{});
    std::move(asked[1]).complete(http::Response{});
    take();
    EXPECT_EQ(reader.answer(1).status, "200");
    EXPECT_EQ(reader.answer(3).status, "200");
    EXPECT_TRUE(peer.finished());
    EXPECT_EQ(peer.reason(), http::CloseReason::drained);
}

TEST_F(Http2, DrainsWithoutAWordOfTheOtherEnd) {
    peer.session().drain();
    take();
    EXPECT_FALSE(peer.finished());
    reader.read(peer.wait(1s));
    EXPECT_TRUE(peer.finished());
}

TEST_F(Http2, IsChosenByAgreementToo) {
    SessionPeer agreed(server, http::Version::http_2);
    FrameReader answers;
    answers.read(agreed.send(http2_hello() + get_frame(1)));
    EXPECT_EQ(answers.answer(1).status, "200");
}

}  // namespace
