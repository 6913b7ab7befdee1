#pragma once

#include <string>
#include <string_view>

#include "net/http/message.hpp"
#include "turntable/core/error.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0::kv::http {

/// An answer that is all there.
struct Reply {
    int status = 0;
    net::http::Headers headers;
    Bytes body;

    std::string header(std::string_view name) const {
        return std::string(headers.find(name).value_or(""));
    }
};

/// What a reply that is no success means: exactly, if the server says so (kv_connect/
/// server_facts.hpp), else by its status, which is the backend code. Temporary is what the server
/// may answer later: 429 and from 500 on. What the server wrote is shortened, and shown without
/// what no line should hold, nor any `secret`.
TURNTABLE_EXPORT Error error_of(const Reply& reply, std::string_view operation,
                                std::string_view secret);
/// For a 200 that is not what was asked for.
TURNTABLE_EXPORT Error garbled(std::string_view operation, std::string_view what);

}  // namespace turntable::inline v0::kv::http
