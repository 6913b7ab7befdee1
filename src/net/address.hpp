#pragma once

#include <string>
#include <string_view>

#include <boost/asio/generic/stream_protocol.hpp>

#include "turntable/core/result.hpp"

/// \file
/// Addresses to listen on, as text and as the system wants them.
/// Purpose: TCP and unix sockets as one kind. Ownership: values. Threads: values.
/// Errors: `invalid_config` names what is wrong with an address.
namespace turntable::inline v0::net {

using Protocol = boost::asio::generic::stream_protocol;

/// "127.0.0.1:80", "[::1]:80", "localhost:80" or "unix:/path".
Result<Protocol::endpoint> parse_address(std::string_view text);
/// The same form; of a client on a unix socket, "unix:".
std::string to_text(const Protocol::endpoint& endpoint);
bool is_unix(const Protocol::endpoint& endpoint) noexcept;

}  // namespace turntable::inline v0::net
