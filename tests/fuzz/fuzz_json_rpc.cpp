#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/mcp/facts.hpp"
#include "turntable/mcp/line_splitter.hpp"
#include "turntable/mcp/message.hpp"
#include "turntable/mcp/player_protocol.hpp"
#include "turntable/tape/player.hpp"
#include "turntable/tape/writer.hpp"

namespace {

namespace mcp = turntable::mcp;
namespace tape = turntable::tape;

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what);
        std::abort();
    }
}

bool lies_in(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

/// A session is played to a client that says what it said then, and again.
void play(const std::vector<tape::Frame>& frames) {
    std::string text;
    auto writer = tape::Writer::create(std::make_unique<tape::MemorySink>(text), {}).value();
    for (const tape::Frame& frame : frames) {
        require(writer.frame(frame).has_value(), "a frame is written");
    }
    auto protocol = mcp::player_protocol({.ignore = {"/params/*/x"}, .redaction_key = "key"});
    for (const bool strict : {false, true}) {
        auto reader = tape::Reader::open(
            std::make_unique<tape::MemorySource>(turntable::Bytes::unowned(text)));
        auto player = tape::Player::load(*reader, *protocol, {.strict = strict, .repeats = true});
        require(player.has_value(), "a session is loaded");
        player->begin({});
        std::size_t sent = 0;
        for (const bool again : {false, true}) {
            for (const tape::Frame& frame : frames) {
                if (frame.direction == tape::Direction::client_to_server) {
                    (void)player->hear(frame.payload, {});
                    require(again || strict || player->report().missed == 0,
                            "what was asked then is on the tape");
                }
                while (player->next({})) {
                    require(++sent < 100'000, "what is sent has an end");
                }
            }
        }
        player->end({});
        (void)player->due();
    }
}

}  // namespace

// Any stream is lines, any line is messages or none, any session has facts and can be played.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto analyzer = mcp::facts()();
    std::vector<tape::Call> calls;
    std::vector<tape::Frame> frames;
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
    mcp::LineSplitter lines(1U << 12U);
    const auto take = [&](turntable::ByteView line, std::uint64_t whole) {
        bytes += whole;
        for (const mcp::Message& message : mcp::read_messages(line)) {
            for (const std::string_view part :
                 {message.text, message.id, message.params, message.result, message.error}) {
                require(lies_in(part, line.text()), "a message lies in its line");
            }
            require((message.kind == mcp::MessageKind::request) <=
                        (!message.id.empty() && !message.method.empty()),
                    "a request has an id and a method");
        }
        tape::Frame frame;
        frame.number = ++number;
        frame.direction =
            number % 2 == 1 ? tape::Direction::client_to_server : tape::Direction::server_to_client;
        frame.payload = turntable::Bytes::copy(line);
        analyzer->take(frame, calls);
        frames.push_back(std::move(frame));
    };
    lines.feed(input.substr(0, size / 2), take);
    lines.feed(input.substr(size / 2), take);
    lines.end(take);
    require(bytes == size, "no byte is lost");
    const tape::Facts facts = analyzer->finish(calls);
    play(frames);
    require(calls.size() == facts.requests + facts.notifications, "each call is told once");
    return 0;
}
