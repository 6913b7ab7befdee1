#include "turntable/mcp/message.hpp"

#include <gtest/gtest.h>

#include <string>

#include "turntable/tape/limits.hpp"

namespace turntable::mcp {
namespace {

std::string short_form(const Message& message) {
    static constexpr const char* names[] = {"none", "request", "notification", "result", "error"};
    std::string out = names[static_cast<int>(message.kind)];
    for (const std::string_view part : {message.id, std::string_view(message.method),
                                        message.params, message.result, message.error}) {
        out += "|" + std::string(part);
    }
    return out + (message.batched ? "|batched" : "");
}

std::string all(std::string_view bytes) {
    std::string out;
    for (const Message& message : read_messages(bytes)) {
        out += (out.empty() ? "" : "\n") + short_form(message);
    }
    return out;
}

TEST(Message, ReadsEachKind) {
    struct Row {
        std::string_view bytes;
        std::string_view expected;
    };
    const Row rows[] = {
        {R"({"jsonrpc":"2.0","id":7,"method":"ping"})"
         "\n",
         "request|7|ping|||"},
        {R"( {"method":"m","params":{"a": [1]},"id":"x\"y"} )", R"(request|"x\"y"|m|{"a": [1]}||)"},
        {R"({"method":"notifications/initialized"})", "notification||notifications/initialized|||"},
        {R"({"id":-1.50,"result":null})", "result|-1.50|||null|"},
        {R"({"id":0,"result":{"b":2}})", R"(result|0|||{"b":2}|)"},
        {R"({"id":null,"error":{"code":-32700,"message":"no"}})",
         R"(error|||||{"code":-32700,"message":"no"})"},
        {R"({"id":12345678901234567890123,"method":"m"})", "request|12345678901234567890123|m|||"},
        {R"({"\u006dethod":"a\u0062c","id":1})", "request|1|abc|||"},
        {R"({"method":"a","id":1,"id":2})", "request|2|a|||"},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(all(row.bytes), row.expected) << row.bytes;
    }
}

TEST(Message, ReadsBatchesAndSeveralTexts) {
    EXPECT_EQ(all(R"([{"id":1,"method":"a"}, {"method":"b"},3,{"id":1,"result":[]}])"),
              "request|1|a||||batched\nnotification||b||||batched\nnone||||||batched\n"
              "result|1|||[]||batched");
    EXPECT_EQ(all(R"({"id":1,"method":"a"} {"id":2,"method":"b"})"),
              "request|1|a|||\nrequest|2|b|||");
    EXPECT_EQ(all("[]"), "");
    EXPECT_EQ(all(" \r\n"), "");
}

TEST(Message, WhatIsNoneSaysSo) {
    for (const std::string_view bytes :
         {"Server started", "{", "{}", "[1", "\"text\"", "3", R"({"id":1})",
          R"({"method":3,"id":1})", R"({"method":"","id":1})", R"({"method":"a","id":null})",
          R"({"method":"a","id":{}})", R"({"id":null,"result":1})", R"({"result":1})",
          R"({"error":"text","id":1})", R"({"id":1,"method":"a"} x)", "{\"method\":\"\xff\"}"}) {
        const auto messages = read_messages(bytes);
        ASSERT_EQ(messages.size(), 1U) << bytes;
        EXPECT_EQ(messages[0].kind, MessageKind::none) << bytes;
        EXPECT_FALSE(messages[0].text.empty());
    }
}

TEST(Message, HasItsLimits) {
    const auto nested = [](std::size_t levels) {
        return R"({"method":"a","params":)" + std::string(levels, '[') + std::string(levels, ']') +
               "}";
    };
    const auto kind_of = [](const std::string& bytes) { return read_messages(bytes).at(0).kind; };
    EXPECT_EQ(kind_of(nested(tape::limits::json_depth_max - 1)), MessageKind::notification);
    EXPECT_EQ(kind_of(nested(tape::limits::json_depth_max)), MessageKind::none);

    const auto batch = [](std::size_t count) {
        std::string out = "[";
        for (std::size_t i = 0; i < count; ++i) {
            out += i == 0 ? "0" : ",0";
        }
        return out + "]";
    };
    EXPECT_EQ(read_messages(batch(limits::batch_messages_max)).size(), limits::batch_messages_max);
    EXPECT_EQ(read_messages(batch(limits::batch_messages_max + 1)).size(), 1U);

    std::string large = R"({"method":"a"})";
    large.resize(tape::limits::frame_bytes_max, ' ');
    EXPECT_EQ(kind_of(large), MessageKind::notification);
    large += ' ';
    EXPECT_EQ(kind_of(large), MessageKind::none);
}

TEST(Message, FindsWhatLiesInIt) {
    const std::string_view json = R"({"a":{"b":"c\n","b":"d"},"e":[1]})";
    EXPECT_EQ(json_at(json, {"a", "b"}), R"("d")");
    EXPECT_EQ(json_at(json, {"e"}), "[1]");
    EXPECT_EQ(json_at(json, {"e", "f"}), "");
    EXPECT_EQ(json_at(json, {"g", "f"}), "");
    EXPECT_EQ(json_at(json, {}), json);
    EXPECT_EQ(json_text(R"("c\n")"), "c\n");
    EXPECT_EQ(json_text("1"), "");
    EXPECT_EQ(json_text(""), "");
}

}  // namespace
}  // namespace turntable::mcp
