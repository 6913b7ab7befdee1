#include "turntable/mcp/facts.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace turntable::mcp {
namespace {

using tape::Call;
using tape::Direction;
using tape::TapeTime;

/// A tape whose frames are a millisecond apart.
class Session {
  public:
    Session& client(std::string_view bytes) {
        return add(Direction::client_to_server, Bytes::copy(bytes));
    }
    Session& server(std::string_view bytes) {
        return add(Direction::server_to_client, Bytes::copy(bytes));
    }
    Session& aside(std::string_view bytes) {
        return add(Direction::server_aside, Bytes::copy(bytes));
    }
    void record(const tape::Record& one) { analyzer_->take(one, calls); }
    tape::Facts end() { return analyzer_->finish(calls); }

    std::vector<Call> calls;

  private:
    Session& add(Direction direction, Bytes payload) {
        tape::Frame frame;
        frame.number = ++number_;
        frame.time = std::chrono::milliseconds(number_);
        frame.direction = direction;
        frame.payload = std::move(payload);
        record(frame);
        return *this;
    }
    std::unique_ptr<tape::Analyzer> analyzer_ = facts()();
    std::uint64_t number_ = 0;
};

/// The calls on a line each: frames, who, method and subject, what went wrong.
std::string lines(const std::vector<Call>& calls) {
    std::string out;
    for (const Call& call : calls) {
        out += std::to_string(call.request) + ">" + std::to_string(call.response) +
               (call.direction == Direction::client_to_server ? " c " : " s ") + call.method;
        out += call.subject.empty() ? "" : " " + call.subject;
        out += call.notification ? " notification" : "";
        out += call.error.empty() ? "" : " " + call.error + ":" + call.error_text;
        out += call.continues == 0 ? "" : " continues " + std::to_string(call.continues);
        out += call.lasting ? " lasting" : "";
        out += "\n";
    }
    return out;
}

TEST(McpFacts, OfTheInitializeEra) {
    Session session;
    session.aside("starting\n")
        .server("Listening on stdio\n")
        .client(R"({"id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
                R"("clientInfo":{"name":"inspector","version":"2"}}})")
        .server(R"({"id":0,"result":{"protocolVersion":"2025-06-18",)"
                R"("serverInfo":{"name":"everything","version":"1.0"}}})")
        .client(R"({"method":"notifications/initialized"})")
        .client(R"({"id":1,"method":"tools/call","params":{"name":"echo"}})")
        .server(R"({"id":1,"result":{"content":[]}})")
        .client(R"({"id":2,"method":"resources/read","params":{"uri":"test://a"}})")
        .server(R"({"id":2,"error":{"code":-32002,"message":"there is no such resource"}})")
        .client(R"({"id":3,"method":"tools/call","params":{"name":"fail"}})")
        .server(
            R"({"id":3,"result":{"isError":true,"content":[{"type":"image"},{"text":"boom"}]}})");
    const tape::Facts facts = session.end();
    EXPECT_EQ(lines(session.calls),
              "3>4 c initialize\n"
              "5>0 c notifications/initialized notification\n"
              "6>7 c tools/call echo\n"
              "8>9 c resources/read test://a -32002:there is no such resource\n"
              "10>11 c tools/call fail tool:boom\n");
    EXPECT_EQ(session.calls[2].took, TapeTime(std::chrono::milliseconds(1)));
    EXPECT_EQ(session.calls[2].started, TapeTime(std::chrono::milliseconds(6)));
    EXPECT_EQ(facts, (tape::Facts{.protocol = "mcp",
                                  .versions = {"2025-06-18"},
                                  .client = {"inspector", "2"},
                                  .server = {"everything", "1.0"},
                                  .requests = 4,
                                  .notifications = 1,
                                  .errors = 2,
                                  .unanswered = 0,
                                  .noise = 1}));
}

TEST(McpFacts, OfTheEraWithoutInitialize) {
    const std::string meta =
        R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
        R"("io.modelcontextprotocol/clientInfo":{"name":"sdk","version":"2.4"}})";
    Session session;
    session.client(R"({"id":1,"method":"server/discover","params":{)" + meta + "}}")
        .server(R"({"id":1,"result":{"resultType":"complete","_meta":{)"
                R"("io.modelcontextprotocol/serverInfo":{"name":"weather","version":"3"}}}})")
        .client(R"({"id":2,"method":"subscriptions/listen","params":{)" + meta + "}}");
    const tape::Facts facts = session.end();
    EXPECT_EQ(lines(session.calls), "1>2 c server/discover\n3>0 c subscriptions/listen lasting\n");
    EXPECT_EQ(facts, (tape::Facts{.protocol = "mcp",
                                  .versions = {"2026-07-28"},
                                  .client = {"sdk", "2.4"},
                                  .server = {"weather", "3"},
                                  .requests = 2}));
}

TEST(McpFacts, IdsOfTheTwoPartiesAreIndependent) {
    Session session;
    session.client(R"({"id":1,"method":"tools/call","params":{"name":"sample"}})")
        .server(R"({"id":1,"method":"sampling/createMessage"})")
        .server(R"({"id":"1","method":"roots/list"})")
        .client(R"({"id":"1","result":{}})")
        .client(R"({"id":1,"result":{}})")
        .server(R"({"id":1,"result":{}})");
    const tape::Facts facts = session.end();
    EXPECT_EQ(lines(session.calls),
              "3>4 s roots/list\n2>5 s sampling/createMessage\n1>6 c tools/call sample\n");
    EXPECT_EQ(facts.unanswered, 0U);
}

TEST(McpFacts, CallsThatNobodyAnswers) {
    Session session;
    session.client(R"({"id":1,"method":"tools/call","params":{"name":"hung"}})")
        .client(R"({"id":2,"method":"tools/call","params":{"name":"given up"}})")
        .client(R"({"id":3,"method":"tools/call","params":{"name":"given up too late"}})")
        .client(R"({"method":"notifications/cancelled","params":{"requestId":2}})")
        .client(R"({"method":"notifications/cancelled","params":{"requestId":3}})")
        .server(R"({"id":3,"result":{}})")
        .server(R"({"id":3,"result":{}})")
        .server(R"({"id":null,"error":{"code":-32700,"message":"broken"}})")
        .client(R"({"id":1,"method":"ping"})");
    const tape::Facts facts = session.end();
    EXPECT_EQ(lines(session.calls),
              "4>0 c notifications/cancelled notification\n"
              "5>0 c notifications/cancelled notification\n"
              "3>6 c tools/call given up too late\n"
              "1>0 c tools/call hung\n"
              "2>0 c tools/call given up cancelled:\n"
              "9>0 c ping\n");
    EXPECT_EQ(session.calls[3].took, std::nullopt);
    EXPECT_EQ(facts.unanswered, 2U);
    EXPECT_EQ(facts.errors, 1U) << "the answer to what could not be read";
}

TEST(McpFacts, ACallThatAsksForInputGoesOnInTheNext) {
    const auto ask = [](std::string_view state) {
        return R"({"id":1,"result":{"resultType":"input_required","inputRequests":{"n":{},"m":{}})" +
               std::string(state) + "}}";
    };
    const auto call = [](int id, std::string_view more) {
        return R"({"id":)" + std::to_string(id) + R"(,"method":"tools/call","params":{"name":"t")" +
               std::string(more) + "}}";
    };
    Session by_state;
    by_state.client(call(1, ""))
        .server(ask(R"(,"requestState":"s1")"))
        .client(call(2, R"(,"requestState":"other","inputResponses":{"m":1,"n":2})"))
        .client(call(3, R"(,"requestState":"s1","inputResponses":{})"))
        .client(call(4, R"(,"requestState":"s1","inputResponses":{})"));
    (void)by_state.end();
    EXPECT_EQ(lines(by_state.calls),
              "1>2 c tools/call t\n3>0 c tools/call t\n4>0 c tools/call t continues 1\n"
              "5>0 c tools/call t\n");
    Session by_names;
    by_names.client(call(1, ""))
        .server(ask(""))
        .client(call(2, R"(,"inputResponses":{"m":1})"))
        .client(call(3, R"(,"inputResponses":{"m":1,"n":2})"));
    (void)by_names.end();
    EXPECT_EQ(lines(by_names.calls),
              "1>2 c tools/call t\n3>0 c tools/call t\n4>0 c tools/call t continues 1\n");
}

TEST(McpFacts, LooksIntoBatchesAndParts) {
    Session session;
    session.client(R"([{"id":1,"method":"a"},{"id":2,"method":"b"},{"method":"c"}])")
        .server(R"([{"id":2,"result":1},{"id":1,"result":1}])");
    tape::Frame frame;
    frame.number = 3;
    frame.parts = {{Bytes::copy(R"({"id":3,"method":"d","params":{"name":"n","x":")"), {}},
                   {{}, tape::PayloadRef{std::string(64, 'a'), 100}},
                   {Bytes::copy(R"("}})"), {}}};
    session.record(frame);
    session.record(tape::Note{});
    EXPECT_EQ(session.end().requests, 3U);
    EXPECT_EQ(lines(session.calls), "1>0 c c notification\n1>2 c b\n1>2 c a\n3>0 c d n\n");
}

TEST(McpFacts, OfASessionInAnotherProtocolSayNothing) {
    Session session;
    session.client("HELO example.org\n").server("250 ok\n").client("\n");
    EXPECT_EQ(session.end(), (tape::Facts{.noise = 2}));
    EXPECT_TRUE(session.calls.empty());
}

TEST(McpFacts, TextsOfErrorsAreCutBetweenCharacters) {
    Session session;
    std::string text;
    for (int i = 0; i < 300; ++i) {
        text += "\xc3\xa9";
    }
    session.client(R"({"id":1,"method":"a"})")
        .server(R"({"id":1,"error":{"code":1,"message":"x)" + text + "\"}}");
    (void)session.end();
    EXPECT_EQ(session.calls.at(0).error_text, "x" + text.substr(0, 498));
}

}  // namespace
}  // namespace turntable::mcp
