#include "net/http/server_protocol.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace turntable::inline v0::net::http {

ServerProtocol::~ServerProtocol() = default;

std::string_view to_string(CloseReason reason) noexcept {
    switch (reason) {
        case CloseReason::open:
            return "open";
        case CloseReason::peer:
            return "peer";
        case CloseReason::complete:
            return "complete";
        case CloseReason::drained:
            return "drained";
        case CloseReason::idle:
            return "idle";
        case CloseReason::slow_head:
            return "slow_head";
        case CloseReason::slow_body:
            return "slow_body";
        case CloseReason::slow_reader:
            return "slow_reader";
        case CloseReason::flood:
            return "flood";
        case CloseReason::limit:
            return "limit";
        case CloseReason::malformed:
            return "malformed";
        case CloseReason::transport:
            return "transport";
    }
    return "unknown";
}

bool may_send(const Field& field) noexcept {
    static constexpr std::array<std::string_view, 7> ours = {
        "connection", "content-length",    "keep-alive", "proxy-connection",
        "te",         "transfer-encoding", "upgrade"};
    return is_field_name(field.name) && is_field_value(field.value) &&
           std::ranges::find(ours, field.name) == ours.end();
}

std::string_view reason_phrase(int status) noexcept {
    static constexpr std::array<std::pair<int, std::string_view>, 35> phrases = {{
        {100, "Continue"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    }};
    const auto found = std::ranges::find(phrases, status, &std::pair<int, std::string_view>::first);
    return found == phrases.end() ? "Unknown" : found->second;
}

}  // namespace turntable::inline v0::net::http
