#pragma once

#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0::kv::http {

/// Where a request goes.
///
/// Purpose: the URLs of KV Connect, which servers send, taken apart. Ownership, threads: a value.
/// Errors: `serialization` for what is no such URL.
struct Location {
    /// "https://host:port"
    std::string origin;
    /// The path, perhaps with a query; begins with a slash.
    std::string target;

    bool is_secure() const noexcept { return origin.starts_with("https://"); }
    /// Name or address, without the port.
    std::string_view host() const noexcept;
    std::string text() const { return origin + target; }

    friend bool operator==(const Location&, const Location&) = default;
};

/// An absolute URL. Credentials in it are refused, and a fragment.
TURNTABLE_EXPORT Result<Location> parse_location(std::string_view url);
/// A URL, or what is relative to `base` (RFC 3986, 5.2).
TURNTABLE_EXPORT Result<Location> resolve_location(const Location& base,
                                                   std::string_view reference);
/// Whether a secret that went to `from` may go to `to`: not from an encrypted connection to a plain
/// one, nor to another host.
TURNTABLE_EXPORT bool may_follow(const Location& from, const Location& to) noexcept;

}  // namespace turntable::inline v0::kv::http
