#include "turntable/tape/player.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "turntable/core/sha256.hpp"
#include "turntable/mcp/player_protocol.hpp"
#include "turntable/tape/redaction.hpp"
#include "unit/mcp/recording.hpp"

namespace turntable::mcp {
namespace {

using namespace std::chrono_literals;
using tape::MissReason;
using tape::PlayerOptions;

/// A client of a tape. The clock stands where the test puts it.
class Replay {
  public:
    explicit Replay(const Recording& recording, const PlayerOptions& options = {},
                    const PlayerProtocolOptions& protocol = {})
        : player_(load(recording, options, protocol)) {
        player_.begin(now);
    }
    /// Gives what comes at once; what is not on the tape as `miss:` and why.
    std::string hear(const std::string& line) {
        misses = player_.hear(line + "\n", now);
        std::string out = come();
        for (const tape::Miss& miss : misses) {
            out += "miss: " + miss.answer.text + "\n";
        }
        return out;
    }
    std::string end() {
        player_.end(now);
        return come();
    }
    /// What it is time for.
    std::string come() {
        std::string out;
        while (const auto bytes = player_.next(now)) {
            out += bytes->text();
        }
        return out;
    }
    std::string later(std::chrono::nanoseconds by) {
        now += by;
        return come();
    }
    std::optional<std::chrono::nanoseconds> due() const {
        const auto when = player_.due();
        return when ? std::optional(*when - now) : std::nullopt;
    }
    tape::PlayReport report() const { return player_.report(); }

    Instant now = Instant(100s);
    std::vector<tape::Miss> misses;

  private:
    static tape::Player load(const Recording& recording, const PlayerOptions& options,
                             const PlayerProtocolOptions& protocol) {
        tape::Reader reader = tape::test::reader_of(recording.text());
        return tape::Player::load(reader, player_protocol(protocol).value(), options).value();
    }
    tape::Player player_;
};

TEST(McpPlayer, AnswersByMethodAndParametersWithTheIdOfNow) {
    Recording tape;
    tape.client(call("1", R"({"a":1,"b":"x"})"))
        .server(R"({ "result": "one", "id": 1 })")
        .client(call("2", R"({"a":2})"))
        .server(answer("2", R"("two")"));
    Replay replay(tape);
    EXPECT_EQ(replay.hear(call("\"k\"", R"({"a":2.0})")), answer("\"k\"", R"("two")") + "\n");
    EXPECT_EQ(replay.hear(call("3", R"({ "b":"\u0078", "a":1 })")),
              "{ \"result\": \"one\", \"id\": 3 }\n");
    EXPECT_TRUE(replay.report().agreed());
    EXPECT_EQ(replay.report().answered, 2U);
    EXPECT_EQ(replay.due(), std::nullopt);
}

TEST(McpPlayer, WhatChangesFromCallToCallIsNotCompared) {
    Recording tape;
    tape.client(call("1", "{}",
                     R"(,"_meta":{"progressToken":1,"traceparent":"00-a","baggage":"b",)"
                     R"("io.modelcontextprotocol/clientInfo":{"name":"a"}})"))
        .server(answer("1", "1"))
        .client(call("2", "{}", R"(,"_meta":{"own":2})"))
        .server(answer("2", "2"))
        .client(R"({"id":3,"method":"initialize","params":{"protocolVersion":"2025-11-25"}})")
        .server(answer("3", "3"));
    Replay replay(tape);
    EXPECT_EQ(replay.hear(R"({"id":7,"method":"initialize","params":{"clientInfo":{}}})"),
              answer("7", "3") + "\n");
    EXPECT_EQ(replay.hear(call("8", "{}", R"(,"_meta":{"own":2,"tracestate":"c"})")),
              answer("8", "2") + "\n");
    EXPECT_EQ(replay.hear(call("9", "{}")), answer("9", "1") + "\n");
    EXPECT_NE(replay.hear(call("10", "{}", R"(,"_meta":{"own":3})")).find("miss: "),
              std::string::npos);
}

TEST(McpPlayer, EqualRequestsAreAnsweredInOrderAndThenNotOrAsTheLast) {
    Recording tape;
    tape.client(call("1", "{}")).server(answer("1", "1"));
    tape.client(call("2", "{}")).server(answer("2", "2"));
    Replay once(tape);
    EXPECT_EQ(once.hear(call("5", "{}")), answer("5", "1") + "\n");
    EXPECT_EQ(once.hear(call("6", "{}")), answer("6", "2") + "\n");
    EXPECT_EQ(once.hear(call("7", "{}")),
              "miss: each answer to tools/call t on the tape was given already; --repeat gives the "
              "last one again\n");
    EXPECT_EQ(once.misses.at(0).reason, MissReason::used_up);
    EXPECT_EQ(once.report().missed, 1U);
    Replay again(tape, {.repeats = true});
    for (const char* result : {"1", "2", "2", "2"}) {
        EXPECT_EQ(again.hear(call("5", "{}")), answer("5", result) + "\n");
    }
    EXPECT_EQ(again.report().repeated, 2U);
    EXPECT_TRUE(again.report().agreed());
}

TEST(McpPlayer, StrictOrderIsThatOfTheTape) {
    Recording tape;
    tape.client(call("1", "1")).server(answer("1", "1"));
    tape.client(call("2", "2")).server(answer("2", "2"));
    Replay replay(tape, {.strict = true});
    EXPECT_EQ(replay.hear(call("5", "2")),
              "miss: tools/call t is not what comes next on the tape: frame 1, tools/call t\n");
    EXPECT_EQ(replay.misses.at(0).reason, MissReason::out_of_order);
    EXPECT_EQ(replay.hear(call("6", "1")), answer("6", "1") + "\n");
    EXPECT_EQ(replay.hear(call("7", "2")), answer("7", "2") + "\n");
    EXPECT_EQ(replay.hear(call("8", "2")).substr(0, 19), "miss: each answer t");
}

TEST(McpPlayer, IgnoresWhatPointersSay) {
    Recording tape;
    tape.client(call("1", R"({"now":1,"list":[{"at":1,"v":1},{"at":2,"v":2}],"x/y":1})"))
        .server(answer("1", "1"));
    const std::string now = call("2", R"({"now":5,"list":[{"at":5,"v":1},{"v":2}]})");
    Replay replay(tape, {},
                  {.ignore = {"/params/arguments/now", "/params/arguments/list/*/at",
                              "/params/arguments/x~1y"}});
    EXPECT_EQ(replay.hear(now), answer("2", "1") + "\n");
    Replay without(tape, {}, {.ignore = {"/params/arguments/now"}});
    EXPECT_EQ(without.hear(now).substr(0, 5), "miss:");
    EXPECT_EQ(player_protocol({.ignore = {"params"}}).error().code(), ErrorCode::invalid_argument);
}

TEST(McpPlayer, AMissShowsTheNearestRequestAndTheDifference) {
    Recording tape;
    tape.client(call("1", R"({"city":"Bonn","days":3})")).server(answer("1", "1"));
    tape.client(call("2", R"({"city":"Rome","days":3})")).server(answer("2", "2"));
    Replay replay(tape);
    EXPECT_EQ(replay.hear(call("\"q\"", R"({"city":"Rome","days":4})")),
              "miss: the tape has no answer to tools/call t; frame 3 comes nearest and differs in "
              "/params/arguments/days: 3 on the tape, 4 asked\n");
    EXPECT_EQ(replay.misses.at(0).answer.bytes.text(),
              R"({"jsonrpc":"2.0","id":"q","error":{"code":-32050,"data":{"differences":[)"
              R"({"asked":"4","path":"/params/arguments/days","recorded":"3"}],"nearest":)"
              R"({"frame":3,"request":{"method":"tools/call","params":{"arguments":)"
              R"({"city":"Rome","days":3},"name":"t"}}},"reason":"different"},"message":)"
              R"("the tape has no answer to tools/call t; frame 3 comes nearest and differs in )"
              R"(/params/arguments/days: 3 on the tape, 4 asked"}})"
              "\n");
    EXPECT_EQ(replay.hear(R"({"id":9,"method":"tool/call"})"),
              "miss: the tape has no answer to tool/call, and nothing of this method; did you mean "
              "\"tools/call\"?\n");
    EXPECT_EQ(replay.report().missed, 2U);
    EXPECT_EQ(replay.report().unused.size(), 2U);
    EXPECT_EQ(replay.report().unused.at(1).frame, 3U);
}

TEST(McpPlayer, APingIsAnsweredAlthoughNoneWasRecorded) {
    Recording tape;
    tape.client(call("1", "{}")).server(answer("1", "1"));
    Replay replay(tape);
    EXPECT_EQ(replay.hear(R"({"id":4,"method":"ping"})"), answer("4", "{}") + "\n");
    EXPECT_EQ(replay.report().missed, 0U);
}

TEST(McpPlayer, NotificationsComeAtTheirPlaceRelativeToCalls) {
    Recording tape;
    tape.server("Server is listening")
        .client(R"({"id":0,"method":"initialize"})")
        .server(R"({"method":"notifications/tools/list_changed"})")
        .server(answer("0", "{}"))
        .client(R"({"method":"notifications/initialized"})")
        .server(R"({"method":"notifications/message","params":{"data":"hello"}})")
        .client(call("1", "1"))
        .server(R"({"method":"notifications/message","params":{"data":"working"}})")
        .server(answer("1", "1"))
        .server(R"({"method":"notifications/message","params":{"data":"done"}})");
    Replay replay(tape);
    EXPECT_EQ(replay.come(), "Server is listening\n");
    EXPECT_EQ(replay.hear(R"({"id":10,"method":"initialize"})"),
              "{\"method\":\"notifications/tools/list_changed\"}\n" + answer("10", "{}") + "\n");
    EXPECT_EQ(replay.hear(call("11", "1")),
              R"({"method":"notifications/message","params":{"data":"working"}})"
              "\n" +
                  answer("11", "1") + "\n" +
                  R"({"method":"notifications/message","params":{"data":"done"}})" + "\n");
    EXPECT_EQ(replay.hear(R"({"method":"notifications/initialized"})"),
              R"({"method":"notifications/message","params":{"data":"hello"}})"
              "\n");
    EXPECT_EQ(replay.hear(R"({"method":"notifications/initialized"})"), "");
}

TEST(McpPlayer, ProgressGoesWithItsCallAndTheTokenOfNow) {
    const auto progress = [](std::string_view token, int done) {
        return R"({"method":"notifications/progress","params":{"progressToken":)" +
               std::string(token) + R"(,"progress":)" + std::to_string(done) + "}}";
    };
    Recording tape;
    tape.client(call("1", "1", R"(,"_meta":{"progressToken":1})"))
        .client(call("2", "2", R"(,"_meta":{"progressToken":2})"))
        .server(progress("1", 1))
        .server(progress("2", 1))
        .server(progress("1", 2))
        .server(answer("2", "2"))
        .server(answer("1", "1"));
    Replay replay(tape);
    EXPECT_EQ(replay.hear(call("7", "2", R"(,"_meta":{"progressToken":"abc"})")),
              progress("\"abc\"", 1) + "\n" + answer("7", "2") + "\n");
    EXPECT_EQ(replay.hear(call("8", "1")), answer("8", "1") + "\n")
        << "a client that gave no token wants no progress";
    Replay both(tape);
    EXPECT_EQ(both.hear(call("1", "1", R"(,"_meta":{"progressToken":5})")),
              progress("5", 1) + "\n" + progress("5", 2) + "\n" + answer("1", "1") + "\n");
}

TEST(McpPlayer, WaitsForTheClientsAnswerBeforeWhatFollowedIt) {
    Recording tape;
    tape.client(call("1", "1"))
        .server(R"({"id":0,"method":"roots/list"})")
        .server(R"({"method":"notifications/message","params":{"data":"asked"}})")
        .client(answer("0", R"({"roots":[]})"))
        .server(R"({"id":1,"method":"sampling/createMessage"})")
        .client(answer("1", "{}"))
        .server(answer("1", "1"))
        .client(call("2", "2"))
        .server(answer("2", "2"));
    Replay replay(tape);
    EXPECT_EQ(replay.hear(call("1", "1")),
              R"({"id":0,"method":"roots/list"})"
              "\n"
              R"({"method":"notifications/message","params":{"data":"asked"}})"
              "\n");
    EXPECT_EQ(replay.due(), std::nullopt);
    EXPECT_EQ(replay.hear(R"({"id":9,"method":"ping"})"), answer("9", "{}") + "\n");
    EXPECT_EQ(replay.hear(answer("7", "{}")), "") << "nobody asked that";
    EXPECT_EQ(replay.hear(R"({"id":0,"error":{"code":-32601,"message":"I have none"}})"),
              R"({"id":1,"method":"sampling/createMessage"})"
              "\n");
    EXPECT_EQ(replay.hear(answer("1", "{}")), answer("1", "1") + "\n");
    EXPECT_EQ(replay.hear(call("2", "2")), answer("2", "2") + "\n");
    EXPECT_TRUE(replay.report().agreed());
}

TEST(McpPlayer, WhatTheServerAskedAndNobodyAnsweredHoldsNothingUp) {
    Recording tape;
    tape.client(call("1", "1"))
        .server(R"({"id":0,"method":"roots/list"})")
        .server(answer("1", "1"));
    Replay replay(tape);
    EXPECT_EQ(replay.hear(call("1", "1")), R"({"id":0,"method":"roots/list"})"
                                           "\n" +
                                               answer("1", "1") + "\n");
}

TEST(McpPlayer, ACallThatIsCancelledIsAnsweredNoMore) {
    Recording tape;
    tape.client(call("1", "1"))
        .wait(10s)
        .server(answer("1", "1"))
        .client(call("2", "2"))
        .client(R"({"method":"notifications/cancelled","params":{"requestId":2,"reason":"slow"}})")
        .server(R"({"method":"notifications/message"})");
    Replay replay(tape, {.pace = 1});
    EXPECT_EQ(replay.hear(call("5", "1")), "");
    EXPECT_EQ(replay.hear(R"({"method":"notifications/cancelled","params":{"requestId":5}})"), "");
    EXPECT_EQ(replay.later(1h), R"({"method":"notifications/message"})"
                                "\n");
    EXPECT_EQ(replay.hear(call("6", "2")), "");
    EXPECT_EQ(replay.report().unanswered, 1U);
    EXPECT_EQ(replay.due(), std::nullopt);
}

TEST(McpPlayer, ThePaceIsNoneOrThatOfTheTapeOrAFactorWithACap) {
    Recording tape;
    tape.client(call("1", "1")).server("x").wait(19s).server(answer("1", "1"));
    Replay at_once(tape);
    EXPECT_EQ(at_once.hear(call("1", "1")), "x\n" + answer("1", "1") + "\n");
    Replay recorded(tape, {.pace = 1, .pause_max = 1min});
    EXPECT_EQ(recorded.hear(call("1", "1")), "");
    EXPECT_EQ(recorded.due(), 1s);
    EXPECT_EQ(recorded.later(1s - 1ns), "");
    EXPECT_EQ(recorded.later(1ns), "x\n");
    EXPECT_EQ(recorded.due(), 20s);
    EXPECT_EQ(recorded.later(20s), answer("1", "1") + "\n");
    Replay half(tape, {.pace = 0.5, .pause_max = 5s});
    (void)half.hear(call("1", "1"));
    EXPECT_EQ(half.due(), 500ms);
    EXPECT_EQ(half.later(500ms), "x\n");
    EXPECT_EQ(half.due(), 5s) << "half of 20 s, but no pause is longer than 5 s";
}

TEST(McpPlayer, PausesGoOnFromTheClientsAnswer) {
    Recording tape;
    tape.client(call("1", "1"))
        .server(R"({"id":0,"method":"roots/list"})")
        .wait(100s)
        .client(answer("0", "{}"))
        .wait(1s)
        .server(answer("1", "1"));
    Replay replay(tape, {.pace = 1, .pause_max = 1h});
    (void)replay.hear(call("1", "1"));
    EXPECT_EQ(replay.later(1s), R"({"id":0,"method":"roots/list"})"
                                "\n");
    (void)replay.hear(answer("0", "{}"));
    EXPECT_EQ(replay.due(), 2s);
}

TEST(McpPlayer, TheEraWithoutInitializeHasSubscriptionsUnderTheIdOfNow) {
    const std::string meta = R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"})";
    const auto listen = [&](const char* id) {
        return R"({"id":)" + std::string(id) + R"(,"method":"subscriptions/listen","params":{)" +
               meta + R"(,"notifications":{"toolsListChanged":true}}})";
    };
    const auto told = [](const char* method, const char* id) {
        return R"({"method":")" + std::string(method) +
               R"(","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":)" + id + "}}}";
    };
    const auto over = [](const char* id) {
        return R"({"id":)" + std::string(id) +
               R"(,"result":{"_meta":{"io.modelcontextprotocol/subscriptionId":)" + id + "}}}";
    };
    Recording tape;
    tape.client(R"({"id":0,"method":"server/discover","params":{)" + meta + "}}")
        .server(answer("0", R"({"resultType":"complete"})"))
        .client(listen("1"))
        .server(told("notifications/subscriptions/acknowledged", "1"))
        .client(call("2", "2"))
        .server(told("notifications/tools/list_changed", "1"))
        .server(answer("2", "2"))
        .eof()
        .server(over("1"));
    Replay replay(tape);
    EXPECT_EQ(replay.hear(R"({"id":5,"method":"server/discover","params":{}})"),
              answer("5", R"({"resultType":"complete"})") + "\n");
    EXPECT_EQ(replay.hear(listen("\"l\"")),
              told("notifications/subscriptions/acknowledged", "\"l\"") + "\n");
    EXPECT_EQ(replay.hear(call("7", "2")),
              told("notifications/tools/list_changed", "\"l\"") + "\n" + answer("7", "2") + "\n");
    EXPECT_EQ(replay.end(), over("\"l\"") + "\n");
    EXPECT_TRUE(replay.report().agreed());
    Replay without(tape);
    EXPECT_EQ(without.hear(call("7", "2")), answer("7", "2") + "\n") << "nobody listens";
}

TEST(McpPlayer, InputThatWasAskedForIsPartOfWhatIsCompared) {
    Recording tape;
    tape.client(call("1", "1"))
        .server(answer("1", R"({"resultType":"input_required","requestState":"s"})"))
        .client(call("2", "1", R"(,"requestState":"s","inputResponses":{"n":"yes"})"))
        .server(answer("2", R"("thanks")"))
        .client(call("3", "1", R"(,"requestState":"s","inputResponses":{"n":"no"})"))
        .server(answer("3", R"("pity")"));
    Replay replay(tape);
    EXPECT_EQ(replay.hear(call("4", "1")),
              answer("4", R"({"resultType":"input_required","requestState":"s"})") + "\n");
    EXPECT_EQ(replay.hear(call("5", "1", R"(,"inputResponses":{"n":"no"},"requestState":"s")")),
              answer("5", R"("pity")") + "\n");
    EXPECT_NE(replay.hear(call("6", "1", R"(,"requestState":"t","inputResponses":{"n":"yes"})"))
                  .find("/params/requestState: \"s\" on the tape, \"t\" asked"),
              std::string::npos);
}

TEST(McpPlayer, MessagesOfABatchAreAnsweredOneByOne) {
    Recording tape;
    tape.client("[" + call("1", "1") + "," + call("2", "2") + "]")
        .server("[" + answer("2", "2") + "," + answer("1", "1") + "]");
    Replay replay(tape);
    EXPECT_EQ(replay.hear("[" + call("8", "2") + "," + call("9", "1") + "]"),
              answer("8", "2") + "\n" + answer("9", "1") + "\n");
}

/// A call with a secret as it is recorded.
tape::Frame redacted_call(std::string_view id, std::string_view arguments, const std::string& key) {
    tape::RedactorOptions options;
    options.key = key;
    options.remember = false;
    options.rules = {{"pin", tape::RedactWhere::parameter, "/arguments/pin", "*", {}, ""},
                     {"gone", tape::RedactWhere::parameter, "/arguments/gone", "*",
                      tape::RedactAction::drop, ""}};
    auto redactor = tape::Redactor::create(options).value();
    tape::Frame frame = tape::test::frame_of(c2s, {}, call(id, arguments) + "\n");
    redactor.redact(frame);
    EXPECT_FALSE(frame.redacted.empty());
    return frame;
}

TEST(McpPlayer, SecretsThatWereHashedMatchByTheKey) {
    const std::string key(16, 'k');
    Recording tape;
    tape.frame(redacted_call("1", R"({"password":"correct horse"})", key)).server(answer("1", "1"));
    tape.frame(redacted_call("2", R"({"password":"battery staple"})", key))
        .server(answer("2", "2"));
    tape.frame(redacted_call("3", R"({"url":"https://me:hunter22@host/a","pin":1234,"gone":"x y"})",
                             key))
        .server(answer("3", "3"));
    const std::string third = R"({"url":"https://me:hunter22@host/a","pin":1234,"gone":"any"})";
    Replay replay(tape, {}, {.redaction_key = key});
    EXPECT_EQ(replay.hear(call("7", R"({"password":"battery staple"})")), answer("7", "2") + "\n");
    EXPECT_EQ(replay.hear(call("8", R"({"password":"wrong"})")).substr(0, 5), "miss:");
    EXPECT_EQ(replay.hear(call("9", third)), answer("9", "3") + "\n");
    Replay keyless(tape);
    EXPECT_EQ(keyless.hear(call("7", R"({"password":"anything"})")), answer("7", "1") + "\n");
    EXPECT_EQ(keyless.hear(call("8", R"({"url":"https://me:other@host/a","pin":5,"gone":""})")),
              answer("8", "3") + "\n");
    EXPECT_EQ(keyless.hear(call("9", R"({"url":"https://me:other@host/b","pin":5,"gone":""})"))
                  .substr(0, 5),
              "miss:");
}

TEST(McpPlayer, AFurtherTapeAnswersWhatNeedNotBeAsked) {
    Recording probe;
    probe.server("Server is listening")
        .client(R"({"id":0,"method":"server/discover"})")
        .server(answer("0", "{}"))
        .eof()
        .server("bye");
    Recording tape;
    tape.client(call("0", "1"))
        .server(R"({"id":0,"method":"roots/list"})")
        .client(answer("0", "{}"))
        .server(answer("0", "1"));
    for (const bool strict : {false, true}) {
        tape::Reader reader = tape::test::reader_of(tape.text());
        auto player =
            tape::Player::load(reader, player_protocol().value(), {.strict = strict}).value();
        auto further = tape::SegmentReader::open([&](std::uint64_t number)
                                                     -> Result<std::unique_ptr<tape::Source>> {
                           if (number > 1) {
                               return Error(ErrorCode::not_found, "there is one segment");
                           }
                           return tape::test::source_of(probe.text());
                       }).value();
        ASSERT_TRUE(player.add(further).has_value());
        player.begin({});
        EXPECT_FALSE(player.next({}).has_value());
        EXPECT_EQ(player.report().unused.size(), 1U);
        EXPECT_TRUE(player.hear(call("4", "1"), {}).empty());
        EXPECT_TRUE(player.next({}).has_value());
        EXPECT_FALSE(player.next({}).has_value()) << "the client has not answered";
        EXPECT_TRUE(player.hear(R"({"id":5,"method":"server/discover"})", {}).empty());
        EXPECT_EQ(player.next({})->text(), answer("5", "{}") + "\n");
        player.end({});
        EXPECT_FALSE(player.next({}).has_value());
        EXPECT_TRUE(player.report().agreed());
    }
}

TEST(McpPlayer, FramesThatTheTapeDoesNotHoldWholeAreLeftOut) {
    Recording tape;
    tape::Frame cut = tape::test::frame_of(s2c, {}, R"({"id":1,"result":"lo)");
    cut.truncated_from = 1000;
    tape.client(call("1", "1")).frame(cut);
    Replay replay(tape);
    EXPECT_EQ(replay.hear(call("1", "1")), "");
    EXPECT_EQ(replay.report().incomplete, 1U);
    EXPECT_EQ(replay.report().unanswered, 1U);
}

TEST(McpPlayer, APayloadThatLiesElsewhereIsNeeded) {
    Recording tape;
    tape::Frame elsewhere = tape::test::frame_of(s2c, {}, "");
    elsewhere.parts = {{{}, tape::payload_ref("text")}};
    tape.client(call("1", "1")).frame(elsewhere);
    tape::Reader reader = tape::test::reader_of(tape.text());
    const auto player = tape::Player::load(reader, player_protocol().value());
    EXPECT_EQ(player.error().code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace turntable::mcp
