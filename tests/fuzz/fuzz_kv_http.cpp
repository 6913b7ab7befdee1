// What a server sends a client beside the messages of KV Connect: URLs, which are resolved to
// others that are URLs again and nothing more than that, messages of the queue, errors.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "backends/http/location.hpp"
#include "backends/http/queue_messages.hpp"
#include "backends/http/reply.hpp"

namespace {

namespace http = turntable::kv::http;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void locations(const std::string& input) {
    const http::Location base = http::parse_location("https://host:1/a/b?q=1").value();
    const auto location = http::resolve_location(base, input);
    if (!location) {
        return;
    }
    require(location->target.starts_with('/'));
    require(location->text().find_first_of("@# \r\n") == std::string::npos ||
            location->target.find_first_of("@") != std::string::npos);
    require(location->target.find("/../") >= location->target.find('?'));
    const auto again = http::parse_location(location->text());
    require(again && *again == *location);
    require(http::may_follow(*location, *again));
}

void errors(const std::string& input) {
    const http::Reply reply{.status = input.empty() ? 500 : 400 + input[0] % 200,
                            .headers = {{"content-type", "text/plain"}},
                            .body = turntable::Bytes::copy(input)};
    const auto error = http::error_of(reply, "read", "secret");
    require(error.message().find("secret") == std::string::npos);
    require(error.message().find('\n') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    locations(input);
    errors(input);
    if (const auto message = http::message_of(input)) {
        require(!message->id.empty());
    }
    return 0;
}
