#include "turntable/mcp/replay.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "turntable/mcp/player_protocol.hpp"
#include "unit/mcp/client.hpp"
#include "unit/mcp/recording.hpp"

namespace turntable::mcp {
namespace {

/// A live server: it answers with the line that it got, in quotes of its own, and asks for roots
/// before it answers a call of `ask`. It ends at a call of `end`.
const std::vector<std::string> live = {"sh", "-c", R"sh(
echo started >&2
while read -r line; do
    id=$(printf '%s' "$line" | sed 's/.*"id":\([^,]*\),.*/\1/')
    case $line in
        *'"method":"notifications/'*) printf '{"method":"told"}\n'; continue ;;
        *'"end"'*) exit 0 ;;
        *'"ask"'*) printf '{"jsonrpc":"2.0","id":0,"method":"roots/list"}\n'
            read -r roots; printf '%s\n' "$roots" >&2 ;;
    esac
    case $line in
        *'"initialize"'*) printf '{"id":%s,"result":"hello"}\n' "$id" ;;
        *) printf '{"id":%s,"result":"live"}\n' "$id" ;;
    esac
done
echo ended >&2
)sh"};

/// A replay on a thread of its own.
class Served {
  public:
    explicit Served(const Recording& recording, std::vector<std::string> command = {},
                    tape::Writer* record = nullptr, std::shared_ptr<Runtime> runtime = nullptr)
        : player_(load(recording, runtime == nullptr ? 0 : 1)),
          options_(client.options_for<ReplayOptions>(std::move(command))) {
        options_.record = record;
        options_.runtime = std::move(runtime);
        options_.stop = stop.get_token();
        options_.on_miss = [this](const tape::Miss& miss) { misses.push_back(miss.asked.id); };
        thread_ = std::jthread([this] { outcome_ = replay(player_, options_); });
    }
    std::string ask(const std::string& line) {
        client.send(line + "\n");
        return client.read_line();
    }
    /// The client has ended or will be stopped.
    Result<ReplayOutcome> join() {
        thread_.join();
        client.relay_ended();
        return std::move(outcome_);
    }
    Result<ReplayOutcome> end() {
        client.end();
        return join();
    }

    Client client;
    std::vector<std::string> misses;
    std::stop_source stop;

  private:
    static tape::Player load(const Recording& recording, double pace) {
        tape::Reader reader = tape::test::reader_of(recording.text());
        return tape::Player::load(reader, player_protocol().value(),
                                  {.pace = pace, .pause_max = 1h})
            .value();
    }
    tape::Player player_;
    ReplayOptions options_;
    Result<ReplayOutcome> outcome_ = Error(ErrorCode::closed, "it has not run");
    std::jthread thread_;
};

Recording small_tape() {
    Recording tape;
    tape.client(R"({"id":0,"method":"initialize"})")
        .server(answer("0", "{}"))
        .client(call("1", "1"))
        .server(answer("1", "1"));
    return tape;
}

TEST(McpReplay, ServesAClientUntilItEnds) {
    const Recording tape = small_tape();
    Served served(tape);
    EXPECT_EQ(served.ask(R"({"id":4,"method":"initialize"})"), answer("4", "{}") + "\n");
    EXPECT_EQ(served.ask(call("5", "1")), answer("5", "1") + "\n");
    EXPECT_NE(served.ask(call("6", "2")).find(R"("id":6,"error":{"code":-32050,)"),
              std::string::npos);
    const auto outcome = served.end();
    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->report.answered, 2U);
    EXPECT_EQ(outcome->report.missed, 1U);
    EXPECT_EQ(outcome->passed_on, 0U);
    EXPECT_EQ(served.misses, std::vector<std::string>{"6"});
}

TEST(McpReplay, PausesAreMeasuredByTheClockOfTheRuntime) {
    const auto clock = std::make_shared<ManualClock>();
    Recording tape;
    tape.client(call("1", "1")).wait(9s).server(answer("1", "1"));
    Served served(tape, {}, nullptr, Runtime::create({.clock = clock}));
    served.client.send(call("5", "1") + "\n");
    EXPECT_EQ(served.ask(R"({"id":6,"method":"ping"})"), answer("6", "{}") + "\n");
    clock->advance(9999ms);
    EXPECT_EQ(served.ask(R"({"id":7,"method":"ping"})"), answer("7", "{}") + "\n");
    clock->advance(1ms);
    EXPECT_EQ(served.client.read_line(), answer("5", "1") + "\n");
    EXPECT_TRUE(served.end()->report.agreed());
}

TEST(McpReplay, JoinsTheAnswersToABatch) {
    const Recording tape = small_tape();
    Served served(tape);
    const std::string ping = R"({"id":8,"method":"ping"})";
    EXPECT_EQ(served.ask("[" + call("5", "1") + R"(,{"method":"told"},)" + ping + "]"),
              "[" + answer("5", "1") + "," + answer("8", "{}") + "]\n");
    EXPECT_EQ(served.ask("[" + ping + "]"), "[" + answer("8", "{}") + "]\n") << "also of one";
    EXPECT_EQ(served.ask(ping), answer("8", "{}") + "\n") << "and none where none was asked";
    const std::string mixed = served.ask("[" + call("9", "2") + "," + ping + "]");
    EXPECT_EQ(mixed.find(R"([{"jsonrpc":"2.0","id":9,"error")"), 0U) << mixed;
    EXPECT_TRUE(mixed.ends_with("," + answer("8", "{}") + "]\n")) << mixed;
    EXPECT_EQ(served.end()->report.missed, 1U);
}

/// On the tape the first has no answer, and the second has one after a pause.
TEST(McpReplay, ABatchWaitsForWhatItsClientStillWants) {
    Recording tape;
    tape.client(call("1", "1")).client(call("2", "2")).wait(9s).server(answer("2", "2"));
    const std::string ping = R"({"id":8,"method":"ping"})";
    {
        const auto clock = std::make_shared<ManualClock>();
        Served served(tape, {}, nullptr, Runtime::create({.clock = clock}));
        served.client.send("[" + call("5", "1") + "," + call("6", "2") + "]\n");
        EXPECT_EQ(served.ask(ping), answer("8", "{}") + "\n");
        clock->advance(10s);
        EXPECT_EQ(served.ask(ping), answer("8", "{}") + "\n") << "5 may still come";
        EXPECT_EQ(served.ask(R"({"method":"notifications/cancelled","params":{"requestId":5}})"),
                  "[" + answer("6", "2") + "]\n");
        ASSERT_TRUE(served.end());
    }
    Served served(tape);
    served.client.send("[" + call("5", "1") + "," + ping + "]\n");
    served.client.end();
    EXPECT_EQ(served.client.read_line(), "[" + answer("8", "{}") + "]\n") << "nothing more comes";
    ASSERT_TRUE(served.join());
}

TEST(McpReplay, EndsWhenItIsStoppedOrTheClientIsGone) {
    const Recording tape = small_tape();
    Served stopped(tape);
    EXPECT_EQ(stopped.ask(call("5", "1")), answer("5", "1") + "\n");
    stopped.stop.request_stop();
    EXPECT_EQ(stopped.join()->report.unused.size(), 1U);
    Served left(tape);
    left.client.leave();
    left.client.send(call("5", "1") + "\n");
    EXPECT_TRUE(left.join().has_value());
}

TEST(McpReplay, AsksALiveServerWhatIsNotOnTheTapeAndRecordsIt) {
    const Recording tape = small_tape();
    std::string text = tape.text();
    auto writer = tape::Writer::resume(tape::test::source_of(tape.text()),
                                       std::make_unique<tape::MemorySink>(text));
    ASSERT_TRUE(writer.has_value());
    {
        Served served(tape, live, &*writer);
        EXPECT_EQ(served.ask(R"({"id":4,"method":"initialize"})"), answer("4", "{}") + "\n");
        EXPECT_EQ(served.ask(call("5", "1")), answer("5", "1") + "\n");
        EXPECT_EQ(served.ask(call("6", "2")), "{\"method\":\"told\"}\n")
            << "what it was told of the beginning shows";
        EXPECT_EQ(served.client.read_line(), "{\"id\":6,\"result\":\"live\"}\n");
        EXPECT_EQ(served.ask(call("7", "\"ask\"")),
                  R"({"jsonrpc":"2.0","id":"live-1","method":"roots/list"})"
                  "\n");
        EXPECT_EQ(served.ask(R"({"id":"live-1","result":"mine"})"),
                  "{\"id\":7,\"result\":\"live\"}\n");
        const auto outcome = served.end();
        ASSERT_TRUE(outcome.has_value());
        EXPECT_EQ(outcome->passed_on, 2U);
        EXPECT_EQ(outcome->record_error, std::nullopt);
        EXPECT_EQ(served.client.errors(), "started\n{\"id\":0,\"result\":\"mine\"}\nended\n");
    }
    ASSERT_TRUE(writer->end({}));
    // What is on the tape now needs no live server.
    tape::Reader reader = tape::test::reader_of(text);
    auto player = tape::Player::load(reader, player_protocol().value()).value();
    EXPECT_TRUE(player.hear(call("1", "2"), {}).empty());
    EXPECT_TRUE(player.hear(call("2", "\"ask\""), {}).empty());
    EXPECT_EQ(player.report().unused.size(), 2U);
}

TEST(McpReplay, ALiveServerThatEndsLeavesNobodyWaiting) {
    Served served(small_tape(), live);
    EXPECT_EQ(served.ask(call("6", "\"end\"")),
              R"({"jsonrpc":"2.0","id":6,"error":{"code":-32050,"message":"the live server ended )"
              R"(without an answer"}})"
              "\n");
    EXPECT_NE(served.ask(call("7", "3")).find("the tape has no answer"), std::string::npos);
    EXPECT_EQ(served.end()->passed_on, 1U);
}

TEST(McpReplay, ALiveServerThatCannotStartIsAnError) {
    Served served(small_tape(), {"/no/such/server"});
    served.client.send(call("6", "2") + "\n");
    EXPECT_EQ(served.join().error().code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace turntable::mcp
