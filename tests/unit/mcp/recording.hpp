#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "unit/tape/tapes.hpp"

/// \file
/// Small tapes of MCP.
namespace turntable::mcp {

using namespace std::chrono_literals;

inline constexpr auto c2s = tape::Direction::client_to_server;
inline constexpr auto s2c = tape::Direction::server_to_client;

/// A tape as it is made, a frame a second.
class Recording {
  public:
    Recording& client(std::string text) { return add(c2s, text + "\n"); }
    Recording& server(std::string text) { return add(s2c, text + "\n"); }
    Recording& wait(std::chrono::seconds time) {
        time_ += time;
        return *this;
    }
    Recording& eof() {
        EXPECT_TRUE(writer_.append(tape::Life{.time = time_, .event = "eof", .text = "c2s"}));
        return *this;
    }
    Recording& frame(tape::Frame frame) {
        frame.time = time_ += 1s;
        EXPECT_TRUE(writer_.frame(frame));
        return *this;
    }
    const std::string& text() const { return text_; }

  private:
    Recording& add(tape::Direction direction, const std::string& bytes) {
        return frame(tape::test::frame_of(direction, {}, bytes));
    }
    std::string text_;
    tape::Writer writer_ = tape::test::writer_to(text_);
    tape::TapeTime time_{};
};

/// A call of a tool, and an answer.
inline std::string call(std::string_view id, std::string_view arguments,
                        std::string_view more = "") {
    return R"({"jsonrpc":"2.0","id":)" + std::string(id) +
           R"(,"method":"tools/call","params":{"name":"t","arguments":)" + std::string(arguments) +
           std::string(more) + "}}";
}
inline std::string answer(std::string_view id, std::string_view result) {
    return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"result":)" + std::string(result) +
           "}";
}

}  // namespace turntable::mcp
