// The published attacks over HTTP/2 are cut off at their limits, and nobody else is harmed.
#include <functional>
#include <string>

#include <gmock/gmock.h>

#include "support/http2_frames.hpp"
#include "support/http_session.hpp"

namespace {

using namespace turntable;
using namespace turntable::test;
using namespace std::chrono_literals;

class Http2Attack : public testing::Test {
  protected:
    void SetUp() override {
        limits().control_frames = 20;
        limits().control_frames_per_second = 5;
        limits().resets = 10;
        limits().resets_per_second = 5;
        others_answers.read(other.send(http2_hello()));
    }
    http::Limits& limits() { return server.options->limits; }
    /// Another connection of the same server is served.
    void expect_others_unharmed() {
        others_answers.read(other.send(get_frame(next_of_other)));
        EXPECT_EQ(others_answers.answer(next_of_other).status, "200");
        next_of_other += 2;
    }
    /// Sends one frame as often as allowed, which does no harm, and then once more.
    void expect_flood_ends(std::uint32_t allowed, const std::function<std::string(unsigned)>& make,
                           const std::string& first = "") {
        SessionPeer peer(server);
        FrameReader reader;
        reader.read(peer.send(http2_hello() + first));
        for (unsigned i = 0; i < allowed; ++i) {
            reader.read(peer.send(make(i)));
            ASSERT_FALSE(peer.finished()) << i;
        }
        EXPECT_FALSE(reader.goaway);
        reader.read(peer.send(make(allowed)));
        EXPECT_EQ(reader.goaway, std::uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
        EXPECT_TRUE(peer.finished());
        EXPECT_EQ(peer.reason(), http::CloseReason::flood);
        expect_others_unharmed();
    }

    SessionServer server;
    SessionPeer other{server};
    FrameReader others_answers;
    std::uint32_t next_of_other = 1;
};

std::string reset_frame(std::uint32_t stream) {
    return frame(NGHTTP2_RST_STREAM, 0, stream, big_endian(NGHTTP2_CANCEL));
}

// CVE-2023-44487.
TEST_F(Http2Attack, RapidReset) {
    std::vector<Promise<http::Response>> asked;
    server.handler->answer = [&](const http::Request& request,
                                 const Context& context) -> Async<http::Response> {
        if (request.head.path() == "/") {
            return http::Response{};
        }
        asked.emplace_back(*server.runtime, context);
        return asked.back().take_async();
    };
    expect_flood_ends(
        10, [](unsigned i) { return get_frame(2 * i + 1, "/slow") + reset_frame(2 * i + 1); });
    EXPECT_EQ(asked.size(), 11U);
    for (const auto& promise : asked) {
        EXPECT_TRUE(promise.stop_requested());
    }
}

TEST_F(Http2Attack, ResetsNowAndThenAreFine) {
    SessionPeer peer(server);
    peer.send(http2_hello());
    server.handler->answer = [&](const http::Request&, const Context& context) {
        return Promise<http::Response>(*server.runtime, context).take_async();
    };
    for (unsigned i = 0; i < 100; ++i) {
        peer.send(get_frame(2 * i + 1) + reset_frame(2 * i + 1));
        server.clock->advance(200ms);
    }
    EXPECT_FALSE(peer.finished());
}

TEST_F(Http2Attack, CancelledRequestsThatGoOnCount) {
    limits().concurrent_streams = 4;
    std::vector<Promise<http::Response>> asked;
    server.handler->answer = [&](const http::Request&, const Context& context) {
        asked.emplace_back(*server.runtime, context);
        return asked.back().take_async();
    };
    SessionPeer peer(server);
    FrameReader reader;
    reader.read(peer.send(http2_hello()));
    for (unsigned i = 0; i < 8; ++i) {
        peer.send(get_frame(2 * i + 1) + reset_frame(2 * i + 1));
    }
    EXPECT_EQ(asked.size(), 8U);
    reader.read(peer.send(get_frame(17)));
    EXPECT_EQ(reader.answer(17).status, "503");
    EXPECT_EQ(asked.size(), 8U);
}

TEST_F(Http2Attack, SettingsFlood) {
    expect_flood_ends(19, [](unsigned) {  // the first came with the preface
        return frame(NGHTTP2_SETTINGS, 0, 0);
    });
}

TEST_F(Http2Attack, PingFlood) {
    expect_flood_ends(19, [](unsigned) { return frame(NGHTTP2_PING, 0, 0, "12345678"); });
}

TEST_F(Http2Attack, PingsNowAndThenAreFine) {
    SessionPeer peer(server);
    peer.send(http2_hello());
    for (int i = 0; i < 100; ++i) {
        peer.send(frame(NGHTTP2_PING, 0, 0, "12345678"));
        server.clock->advance(200ms);
    }
    EXPECT_FALSE(peer.finished());
}

TEST_F(Http2Attack, PriorityFlood) {
    expect_flood_ends(
        19, [](unsigned) { return frame(NGHTTP2_PRIORITY, 0, 1, big_endian(0) + "\x10"); });
}

TEST_F(Http2Attack, EmptyDataFlood) {
    expect_flood_ends(19, [](unsigned) { return frame(NGHTTP2_DATA, 0, 1); }, post_frame(1));
}

TEST_F(Http2Attack, FloodOfWindowUpdates) {
    expect_flood_ends(19,
                      [](unsigned) { return frame(NGHTTP2_WINDOW_UPDATE, 0, 0, big_endian(1)); });
}

TEST_F(Http2Attack, AnswersToControlFramesThatNobodyReadsAreBounded) {
    limits().outstanding_acks = 10;
    limits().control_frames = 1000;
    limits().output_bytes = 64;
    SessionPeer peer(server);
    peer.session().receive(http2_hello());
    for (int i = 0; i < 40 && !peer.finished(); ++i) {
        peer.session().receive(frame(NGHTTP2_PING, 0, 0, "12345678"));
    }
    peer.take();
    EXPECT_TRUE(peer.finished());
    EXPECT_EQ(peer.reason(), http::CloseReason::flood);
    expect_others_unharmed();
}

// CVE-2024-28182 and its like.
TEST_F(Http2Attack, ContinuationFlood) {
    SessionPeer peer(server);
    FrameReader reader;
    reader.read(peer.send(http2_hello()));
    const auto request = [](std::uint32_t stream, int continuations) {
        std::string all = frame(NGHTTP2_HEADERS, end_stream, stream, head_of("GET", "/"));
        for (int i = 1; i <= continuations; ++i) {
            all += frame(NGHTTP2_CONTINUATION, i == continuations ? end_headers : 0, stream,
                         hpack("x", "y"));
        }
        return all;
    };
    reader.read(peer.send(request(1, 8)));
    EXPECT_EQ(reader.answer(1).status, "200");
    reader.read(peer.send(request(3, 9)));
    EXPECT_TRUE(peer.finished());
    EXPECT_EQ(server.handler->requests.size(), 1U);
    expect_others_unharmed();
}

TEST_F(Http2Attack, HeadsHaveALimitOfBytes) {
    limits().head_bytes = 200;
    SessionPeer peer(server);
    FrameReader reader;
    reader.read(peer.send(http2_hello()));
    const auto of_size = [](std::uint32_t stream, std::size_t size) {
        return get_frame(stream, "/", hpack("x", std::string(size - 2, 'v')));
    };
    reader.read(peer.send(of_size(1, 199) + of_size(3, 200) + of_size(5, 201) + of_size(7, 199)));
    EXPECT_EQ(reader.answer(1).status, "200");
    EXPECT_EQ(reader.answer(3).status, "200");
    EXPECT_EQ(reader.answer(5).status, "431");
    EXPECT_EQ(reader.answer(7).status, "200");
    EXPECT_EQ(server.handler->requests.size(), 3U);
}

// A field of 4 KiB that is sent once and then named by one byte.
TEST_F(Http2Attack, HpackBomb) {
    SessionPeer peer(server);
    FrameReader reader;
    reader.read(peer.send(http2_hello()));
    std::string indexed = hpack("x", std::string(4000, 'v'));
    indexed[0] = 0x40;  // with index
    reader.read(peer.send(get_frame(1, "/", indexed + std::string(8000, '\xBE'))));
    EXPECT_EQ(reader.answer(1).status, "431");
    EXPECT_EQ(server.handler->requests.size(), 0U);
    reader.read(peer.send(get_frame(3)));
    EXPECT_EQ(reader.answer(3).status, "200");
}

TEST_F(Http2Attack, HeadsHaveALimitOfFields) {
    limits().head_fields = 10;
    SessionPeer peer(server);
    FrameReader reader;
    reader.read(peer.send(http2_hello()));
    const auto of_count = [](std::uint32_t stream, int count) {
        std::string fields;
        for (int i = 0; i < count; ++i) {
            fields += hpack("x", "y");
        }
        return get_frame(stream, "/", fields);
    };
    reader.read(peer.send(of_count(1, 9) + of_count(3, 10) + of_count(5, 11)));
    EXPECT_EQ(reader.answer(1).status, "200");
    EXPECT_EQ(reader.answer(3).status, "200");
    EXPECT_EQ(reader.answer(5).status, "431");
}

TEST_F(Http2Attack, BadFieldsEndTheirStreamOnly) {
    SessionPeer peer(server);
    FrameReader reader;
    reader.read(peer.send(http2_hello()));
    std::uint32_t stream = 1;
    for (const std::string& fields :
         {hpack("Upper", "x"), hpack("x", "a\r\nset-cookie: b"), hpack("x", std::string("\0", 1)),
          hpack("connection", "close"), hpack("transfer-encoding", "chunked"),
          hpack("content-length", "1") + hpack("content-length", "2"), hpack(":path", "/again"),
          hpack("x y", "z"), hpack("host", "another")}) {
        reader.read(peer.send(get_frame(stream, "/", fields)));
        EXPECT_NE(reader.answer(stream).status, "200") << fields;
        stream += 2;
    }
    // A body that is not as long as it says.
    reader.read(peer.send(post_frame(stream, hpack("content-length", "3")) +
                          frame(NGHTTP2_DATA, end_stream, stream, "four")));
    EXPECT_TRUE(reader.answer(stream).reset);
    EXPECT_EQ(server.handler->requests.size(), 0U);
    reader.read(peer.send(get_frame(stream + 2)));
    EXPECT_EQ(reader.answer(stream + 2).status, "200");
}

TEST_F(Http2Attack, BodiesHaveTheLimitOfTheHandler) {
    SessionPeer peer(server);
    FrameReader reader;
    reader.read(peer.send(http2_hello()));
    const auto post = [](std::uint32_t stream, std::size_t size) {
        return post_frame(stream) + frame(NGHTTP2_DATA, 0, stream, std::string(size - 1, 'x')) +
               frame(NGHTTP2_DATA, end_stream, stream, "x");
    };
    reader.read(peer.send(post(1, 1023) + post(3, 1024) + post(5, 1025) + post(7, 1023)));
    EXPECT_EQ(reader.answer(1).status, "200");
    EXPECT_EQ(reader.answer(3).status, "200");
    EXPECT_EQ(reader.answer(5).status, "413");
    EXPECT_EQ(reader.answer(7).status, "200");
    // One that is announced is refused before it comes. What comes nevertheless is dropped, and not
    // for ever.
    reader.read(peer.send(post_frame(9, hpack("content-length", "1025"))));
    EXPECT_EQ(reader.answer(9).status, "413");
    EXPECT_TRUE(reader.answer(9).complete);
    for (int i = 0; i < 30; ++i) {
        EXPECT_FALSE(reader.answer(9).reset) << i;
        reader.read(peer.send(frame(NGHTTP2_DATA, 0, 9, std::string(10, 'x'))));
        reader.read(peer.wait(1000ms));
    }
    reader.read(peer.wait(1000ms));
    EXPECT_TRUE(reader.answer(9).reset);
    EXPECT_EQ(reader.answer(9).reset_code, std::uint32_t{NGHTTP2_NO_ERROR});
    EXPECT_FALSE(peer.finished());
}

TEST_F(Http2Attack, AllBodiesTogetherHaveALimit) {
    limits().bodies_bytes = 2000;
    SessionPeer peer(server);
    FrameReader reader;
    reader.read(peer.send(http2_hello()));
    const std::string piece(1000, 'x');
    reader.read(peer.send(post_frame(1) + post_frame(3) + post_frame(5)));
    reader.read(peer.send(frame(NGHTTP2_DATA, 0, 1, piece) + frame(NGHTTP2_DATA, 0, 3, piece)));
    EXPECT_FALSE(reader.has_answer(3));
    reader.read(peer.send(frame(NGHTTP2_DATA, 0, 5, "x")));
    EXPECT_EQ(reader.answer(5).status, "503");
    reader.read(peer.send(frame(NGHTTP2_DATA, end_stream, 1) + frame(NGHTTP2_DATA, end_stream, 3)));
    EXPECT_EQ(reader.answer(1).status, "200");
    EXPECT_EQ(reader.answer(3).status, "200");
    reader.read(peer.send(post_frame(7) + frame(NGHTTP2_DATA, end_stream, 7, "x")));
    EXPECT_EQ(reader.answer(7).status, "200");
}

TEST_F(Http2Attack, StreamsHaveALimit) {
    limits().concurrent_streams = 3;
    for (const bool knows : {false, true}) {
        SessionPeer peer(server);
        FrameReader reader;
        reader.read(peer.send(http2_hello()));
        reader.read(peer.send(knows ? frame(NGHTTP2_SETTINGS, ack, 0) : ""));
        reader.read(peer.send(post_frame(1) + post_frame(3) + post_frame(5)));
        EXPECT_FALSE(reader.has_answer(5));
        reader.read(peer.send(frame(NGHTTP2_DATA, end_stream, 1, "x")));
        EXPECT_EQ(reader.answer(1).status, "200");
        reader.read(peer.send(post_frame(7)));
        EXPECT_FALSE(reader.has_answer(7));
        reader.read(peer.send(post_frame(9)));
        // Who has been told is at fault; who could not know yet may ask again.
        EXPECT_EQ(peer.finished(), knows);
        EXPECT_EQ(reader.has_answer(9), !knows);
        EXPECT_EQ(reader.answer(9).reset_code, knows ? 0 : std::uint32_t{NGHTTP2_REFUSED_STREAM});
    }
    expect_others_unharmed();
}

TEST_F(Http2Attack, SlowHeadsAreCutOff) {
    SessionPeer silent(server);
    silent.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    silent.wait(9999ms);
    EXPECT_FALSE(silent.finished());
    silent.wait(1ms);
    EXPECT_TRUE(silent.finished());
    EXPECT_EQ(silent.reason(), http::CloseReason::slow_head);

    SessionPeer slow(server);
    slow.send(http2_hello());
    slow.send(frame(NGHTTP2_HEADERS, 0, 1, head_of("GET", "/")));
    slow.wait(9999ms);
    EXPECT_FALSE(slow.finished());
    slow.wait(1ms);
    EXPECT_TRUE(slow.finished());
    EXPECT_EQ(slow.reason(), http::CloseReason::slow_head);
    expect_others_unharmed();
}

TEST_F(Http2Attack, SlowBodiesEndTheirStreamOnly) {
    SessionPeer peer(server);
    FrameReader reader;
    reader.read(peer.send(http2_hello()));
    reader.read(peer.send(post_frame(1)));
    for (int i = 0; i < 28; ++i) {
        reader.read(peer.wait(1000ms));
        reader.read(peer.send(frame(NGHTTP2_DATA, 0, 1, "x")));
    }
    EXPECT_FALSE(reader.has_answer(1));
    reader.read(peer.wait(3000ms));
    EXPECT_EQ(reader.answer(1).status, "408");
    EXPECT_FALSE(peer.finished());
    reader.read(peer.send(get_frame(3)));
    EXPECT_EQ(reader.answer(3).status, "200");
}

TEST_F(Http2Attack, SlowReadersEndTheirStreamOnly) {
    server.handler->answer = [](const http::Request& request, const Context&) {
        return http::Response{
            .body = Bytes::copy(std::string(request.head.path() == "/big" ? 1 << 20 : 3, 'x'))};
    };
    limits().control_frames = 1000;
    SessionPeer peer(server);
    FrameReader reader;
    reader.read(peer.send(http2_hello(setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0))));
    reader.read(peer.send(get_frame(1, "/big") + get_frame(3, "/big") + get_frame(5, "/big")));
    for (int i = 0; i < 31; ++i) {
        // The first opens its window a little each second, the second enough, the third not at all.
        reader.read(peer.send(frame(NGHTTP2_WINDOW_UPDATE, 0, 1, big_endian(1)) +
                              frame(NGHTTP2_WINDOW_UPDATE, 0, 3, big_endian(1024))));
        reader.read(peer.wait(1000ms));
        if (i == 28) {
            EXPECT_FALSE(reader.answer(1).reset);
            EXPECT_FALSE(reader.answer(5).reset);
        }
    }
    reader.read(peer.wait(1000ms));
    EXPECT_TRUE(reader.answer(1).reset);
    EXPECT_TRUE(reader.answer(5).reset);
    EXPECT_FALSE(reader.answer(3).reset);
    EXPECT_FALSE(peer.finished());
    reader.read(peer.send(get_frame(7) + frame(NGHTTP2_WINDOW_UPDATE, 0, 7, big_endian(3))));
    EXPECT_EQ(reader.answer(7).body, "xxx");
}

TEST_F(Http2Attack, ConnectionsWithNothingToDoEnd) {
    SessionPeer peer(server);
    FrameReader reader;
    reader.read(peer.send(http2_hello() + get_frame(1)));
    reader.read(peer.wait(74'999ms));
    EXPECT_FALSE(peer.finished());
    reader.read(peer.wait(1ms));
    EXPECT_TRUE(peer.finished());
    EXPECT_EQ(peer.reason(), http::CloseReason::idle);
    EXPECT_EQ(reader.goaway, std::uint32_t{NGHTTP2_NO_ERROR});
}

TEST_F(Http2Attack, WhatIsNoHttp2EndsItsConnection) {
    for (const std::string& bytes :
         {http2_hello() + frame(NGHTTP2_DATA, 0, 1, "x"),
          http2_hello() + frame(NGHTTP2_HEADERS, end_headers, 2, head_of("GET", "/")),
          http2_hello() + frame(NGHTTP2_HEADERS, end_headers, 1, "\xFF\xFF\xFF\xFF"),
          http2_hello() + frame(NGHTTP2_PING, 0, 0, "short"),
          http2_hello() + frame(NGHTTP2_WINDOW_UPDATE, 0, 0, big_endian(0)),
          http2_hello() + big_endian(0xFFFFFF, 3) + std::string(6, '\0'),
          std::string(http::http2_preface) + frame(NGHTTP2_PING, 0, 0, "12345678")}) {
        SessionPeer peer(server);
        peer.send(bytes);
        EXPECT_TRUE(peer.finished());
        EXPECT_EQ(peer.reason(), http::CloseReason::malformed);
    }
    expect_others_unharmed();
}

}  // namespace
