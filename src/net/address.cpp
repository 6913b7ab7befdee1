#include "net/address.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

namespace turntable::inline v0::net {

namespace asio = boost::asio;

namespace {

constexpr std::string_view unix_prefix = "unix:";

Error not_an_address(std::string_view text) {
    return Error(ErrorCode::invalid_config,
                 "\"" + std::string(text) +
                     "\" is no address to listen on; one looks like 127.0.0.1:4512, [::1]:4512 or "
                     "unix:/run/turntable.sock");
}

}  // namespace

Result<Protocol::endpoint> parse_address(std::string_view text) {
    if (text.starts_with(unix_prefix)) {
        const std::string path(text.substr(unix_prefix.size()));
        constexpr std::size_t longest = 107;  // sun_path, with its end
        if (path.empty() || path.size() > longest) {
            return Error(ErrorCode::invalid_config,
                         "the path of a unix socket has 1 to 107 bytes: " + std::string(text));
        }
        return Protocol::endpoint(asio::local::stream_protocol::endpoint(path));
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return not_an_address(text);
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto parsed = std::from_chars(digits.begin(), digits.end(), port);
    if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != digits.end()) {
        return not_an_address(text);
    }
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    } else if (host == "localhost") {
        host = "127.0.0.1";
    }
    boost::system::error_code error;
    const auto address = asio::ip::make_address(std::string(host), error);
    if (error || address.is_v6() != bracketed) {
        return not_an_address(text);
    }
    return Protocol::endpoint(asio::ip::tcp::endpoint(address, port));
}

bool is_unix(const Protocol::endpoint& endpoint) noexcept {
    return endpoint.protocol().family() == AF_UNIX;
}

std::string to_text(const Protocol::endpoint& endpoint) {
    if (is_unix(endpoint)) {
        asio::local::stream_protocol::endpoint local;
        std::memcpy(local.data(), endpoint.data(), std::min(endpoint.size(), local.capacity()));
        local.resize(endpoint.size());  // looks at the bytes
        return std::string(unix_prefix) + local.path();
    }
    asio::ip::tcp::endpoint tcp;
    std::memcpy(tcp.data(), endpoint.data(), std::min(endpoint.size(), tcp.capacity()));
    tcp.resize(endpoint.size());
    const std::string host = tcp.address().to_string();
    return (tcp.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(tcp.port());
}

}  // namespace turntable::inline v0::net
