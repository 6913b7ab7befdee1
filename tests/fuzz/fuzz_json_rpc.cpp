#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "turntable/mcp/facts.hpp"
#include "turntable/mcp/line_splitter.hpp"
#include "turntable/mcp/message.hpp"

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

}  // namespace

// Any stream is lines, any line is messages or none, and any session has facts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto analyzer = mcp::facts()();
    std::vector<tape::Call> calls;
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
    };
    lines.feed(input.substr(0, size / 2), take);
    lines.feed(input.substr(size / 2), take);
    lines.end(take);
    require(bytes == size, "no byte is lost");
    const tape::Facts facts = analyzer->finish(calls);
    require(calls.size() == facts.requests + facts.notifications, "each call is told once");
    return 0;
}
