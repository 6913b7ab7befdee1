#include "server/listen.hpp"

#include <algorithm>
#include <charconv>

namespace turntable::inline v0::server {

namespace {

Error wrong_address(std::string_view text, std::string_view what) {
    return {ErrorCode::invalid_config, "'" + std::string(text) +
                                           "' is no address to listen on: " + std::string(what) +
                                           "; write HOST:PORT, [IPV6]:PORT or unix:PATH"};
}

/// 127.x.y.z, all four numbers: a name such as 127.example.org may lead anywhere.
bool is_loopback_v4(std::string_view host) noexcept {
    constexpr int parts = 4;
    for (int part = 0; part < parts; ++part) {
        unsigned number = 0;
        const auto [stop, error] = std::from_chars(host.data(), host.data() + host.size(), number);
        constexpr unsigned number_max = 255;
        constexpr unsigned loopback = 127;
        if (error != std::errc() || number > number_max || (part == 0 && number != loopback)) {
            return false;
        }
        host.remove_prefix(static_cast<std::size_t>(stop - host.data()));
        if (part + 1 < parts) {
            if (!host.starts_with('.')) {
                return false;
            }
            host.remove_prefix(1);
        }
    }
    return host.empty();
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
    constexpr std::string_view unix_prefix = "unix:";
    ListenAddress address;
    if (text.starts_with(unix_prefix)) {
        address.path = text.substr(unix_prefix.size());
        if (address.path.empty()) {
            return wrong_address(text, "the path is missing");
        }
        return address;
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return wrong_address(text, "the port is missing");
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    const auto [stop, error] =
        std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (port.empty() || error != std::errc() || stop != port.data() + port.size()) {
        return wrong_address(text, "a port is a number up to 65535");
    }
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find_first_of("[]:") != std::string_view::npos) {
        return wrong_address(text, "an IPv6 address stands in brackets");
    }
    address.host = host;
    return address;
}

bool ListenAddress::is_local() const noexcept {
    return !path.empty() || host == "localhost" || host == "::1" || is_loopback_v4(host);
}

Result<void> check_exposure(const ListenAddress& address, bool needs_token) {
    if (needs_token || address.is_local()) {
        return {};
    }
    return Error(ErrorCode::invalid_config,
                 "others reach " + (address.host.empty() ? "every address" : address.host) +
                     ", and no access token is set: anybody could read and change everything; "
                     "give a token or a token file, or listen on 127.0.0.1");
}

}  // namespace turntable::inline v0::server
