#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0::server {

/// Where a server listens: `HOST:PORT`, `[IPV6]:PORT`, `:PORT` for all addresses, `unix:PATH`.
///
/// Purpose: parsed once, for whoever opens sockets. Ownership: a value. Threads: a value.
/// Errors: `invalid_config` with what is wrong.
struct TURNTABLE_EXPORT ListenAddress {
    /// Without brackets; empty for a unix socket.
    std::string host;
    std::uint16_t port = 0;
    /// Of a unix socket.
    std::string path;

    static Result<ListenAddress> parse(std::string_view text);
    /// Only this machine reaches it: 127.0.0.0/8, ::1, localhost, a unix socket.
    bool is_local() const noexcept;
};

/// Refuses an address that others reach when nobody needs a token.
TURNTABLE_EXPORT Result<void> check_exposure(const ListenAddress& address, bool needs_token);

}  // namespace turntable::inline v0::server
