#include "turntable/mcp/stdio_relay.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "turntable/tape/reader.hpp"
#include "unit/mcp/client.hpp"

namespace turntable::mcp {
namespace {

class StdioRelayTest : public testing::Test {
  public:
    tape::Recorder record() {
        return tape::Recorder::create(std::make_unique<tape::MemorySink>(text), {.id = "test"})
            .value();
    }
    template <class T>
    std::vector<T> recorded() const {
        std::vector<T> out;
        auto reader =
            tape::Reader::open(std::make_unique<tape::MemorySource>(Bytes::copy(text))).value();
        for (auto record = reader.next(); record && record->has_value(); record = reader.next()) {
            if (const T* one = std::get_if<T>(&**record)) {
                out.push_back(*one);
            }
        }
        return out;
    }
    std::string said(tape::Direction direction) const {
        std::string out;
        for (const tape::Frame& frame : recorded<tape::Frame>()) {
            if (frame.direction == direction) {
                out += frame.payload.text();
            }
        }
        return out;
    }

    std::string text;
    Client client;
};

TEST_F(StdioRelayTest, PassesOnBothWaysAndTheErrors) {
    tape::Recorder recorder = record();
    auto options =
        client.options({"sh", "-c", "read line; echo \"got $line\"; echo oops >&2; cat; exit 7"});
    options.recorder = &recorder;
    auto relay = StdioRelay::start(options);
    ASSERT_TRUE(relay.has_value()) << relay.error().to_string();
    client.send("hello\nmore");
    client.end();
    EXPECT_EQ(*relay->run(), 7);
    client.relay_ended();
    EXPECT_EQ(client.output(), "got hello\nmore");
    EXPECT_EQ(client.errors(), "oops\n");
    ASSERT_TRUE(recorder.close().has_value());
    EXPECT_EQ(said(tape::Direction::client_to_server), "hello\nmore");
    EXPECT_EQ(said(tape::Direction::server_to_client), "got hello\nmore");
    EXPECT_EQ(said(tape::Direction::server_aside), "oops\n");
    const auto lives = recorded<tape::Life>();
    ASSERT_GE(lives.size(), 2U);
    EXPECT_EQ(lives.front().event, "spawn");
    EXPECT_EQ(std::ranges::count(lives, "eof", &tape::Life::event), 3);
    EXPECT_EQ(lives.back().event, "exit");
    EXPECT_EQ(lives.back().code, 7);
}

TEST_F(StdioRelayTest, AnswersWhileTheClientWaits) {
    auto relay = StdioRelay::start(client.options({"cat"}));
    ASSERT_TRUE(relay.has_value());
    std::jthread running([&] { EXPECT_EQ(*relay->run(), 0); });
    for (int i = 0; i < 100; ++i) {
        const std::string line = std::to_string(i) + "\n";
        client.send(line);
        EXPECT_EQ(client.read_line(), line);
    }
    client.end();
}

TEST_F(StdioRelayTest, AnyBytesPassUnchangedAndAreRecordedSo) {
    std::mt19937 random(5);
    std::string bytes;
    for (int i = 0; i < 500; ++i) {
        const std::size_t length = random() % 20 == 0 ? random() % 200'000 : random() % 500;
        for (std::size_t at = 0; at < length; ++at) {
            bytes.push_back(static_cast<char>(random()));
        }
        bytes.push_back('\n');
    }
    tape::Recorder recorder = record();
    auto options = client.options({"cat"});
    options.recorder = &recorder;
    auto relay = StdioRelay::start(options);
    ASSERT_TRUE(relay.has_value());
    std::string got;
    {
        std::jthread sender([&] {
            client.send(bytes);
            client.end();
        });
        std::jthread receiver([&] { got = client.output(); });
        EXPECT_EQ(*relay->run(), 0);
        client.relay_ended();
    }
    EXPECT_TRUE(got == bytes);
    ASSERT_TRUE(recorder.close().has_value());
    const auto status = recorder.status();
    if (status.complete()) {
        EXPECT_TRUE(said(tape::Direction::client_to_server) == bytes);
        EXPECT_TRUE(said(tape::Direction::server_to_client) == bytes);
    }
    EXPECT_EQ(status.totals.frames + status.dropped_frames,
              2 * static_cast<std::uint64_t>(std::ranges::count(bytes, '\n')));
}

TEST_F(StdioRelayTest, ASignalOfTheServerShowsInTheStatus) {
    tape::Recorder recorder = record();
    auto options = client.options({"sh", "-c", "kill -9 $$"});
    options.recorder = &recorder;
    auto relay = StdioRelay::start(options);
    ASSERT_TRUE(relay.has_value());
    EXPECT_EQ(*relay->run(), 128 + SIGKILL);
    ASSERT_TRUE(recorder.close().has_value());
    EXPECT_EQ(recorded<tape::Life>().back().event, "signal");
    for (const tape::Life& life : recorded<tape::Life>()) {
        EXPECT_FALSE(life.event == "eof" && life.text == "c2s") << "the client has not ended";
    }
}

TEST_F(StdioRelayTest, SignalsReachTheServer) {
    auto relay = StdioRelay::start(client.options(
        {"sh", "-c", "trap 'echo caught; exit 3' TERM; echo ready; while :; do sleep 0.05; done"}));
    ASSERT_TRUE(relay.has_value());
    int status = 0;
    {
        std::jthread running([&] { status = *relay->run(); });
        EXPECT_EQ(client.read_line(), "ready\n");
        relay->send_signal(SIGTERM);
        EXPECT_EQ(client.read_line(), "caught\n");
    }
    EXPECT_EQ(status, 3);
}

TEST_F(StdioRelayTest, AClientThatLeavesEndsTheServer) {
    auto relay = StdioRelay::start(
        client.options({"sh", "-c", "while echo tick; do sleep 0.01; done; exit 5"}));
    ASSERT_TRUE(relay.has_value());
    client.leave();
    EXPECT_NE(*relay->run(), 0);
}

TEST_F(StdioRelayTest, WaitsForWhatTheServerLeftBehind) {
    auto relay = StdioRelay::start(
        client.options({"sh", "-c", "exec 3<&0; (read line <&3; echo \"late $line\") & exit 4"}));
    ASSERT_TRUE(relay.has_value());
    std::jthread running([&] { EXPECT_EQ(*relay->run(), 4); });
    client.send("word\n");
    EXPECT_EQ(client.read_line(), "late word\n");
}

TEST_F(StdioRelayTest, WhatCannotBeStartedIsAnError) {
    EXPECT_EQ(StdioRelay::start(client.options({"/no/such/program"})).error().code(),
              ErrorCode::not_found);
    EXPECT_EQ(StdioRelay::start(client.options({})).error().code(), ErrorCode::invalid_argument);
}

TEST_F(StdioRelayTest, DestroyedItLeavesNoProcess) {
    pid_t pid = 0;
    {
        tape::Recorder recorder = record();
        auto options = client.options({"sleep", "600"});
        options.recorder = &recorder;
        const auto relay = StdioRelay::start(options);
        ASSERT_TRUE(relay.has_value());
        recorder.flush();
        pid = static_cast<pid_t>(*recorded<tape::Life>().at(0).code);
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_NE(::kill(pid, 0), 0);
}

}  // namespace
}  // namespace turntable::mcp
