#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/client.hpp"
#include "turntable/core/clock.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/queue.hpp"

/// \file
/// A message of a queue as a request to a receiver.
///
/// Purpose: what is sent, without sending it: the form of Standard Webhooks (standardwebhooks.com),
/// so that its libraries verify what comes from here. Ownership: values. Threads: plain functions.
/// Errors: `invalid_config`, never with a secret or what else stands in the URL.
namespace turntable::inline v0::server {

/// Where messages go, and what they are signed with.
struct WebhookTarget {
    /// "https://example.org:8443".
    std::string origin;
    /// Path and query.
    std::string path;
    /// The key of the signature; empty: none is made.
    std::string key;

    /// `url` is an http or https URL without user and fragment. `secret` is `whsec_` and base64, or
    /// any text of at least webhook_secret_length_min characters, or empty.
    TURNTABLE_EXPORT static Result<WebhookTarget> create(std::string_view url,
                                                         std::string_view secret);
};

inline constexpr std::size_t webhook_secret_length_min = 16;

/// The whole request.
TURNTABLE_EXPORT net::ClientRequest webhook_request(const WebhookTarget& to,
                                                    std::string_view database,
                                                    const kv::Message& message, WallTime now);

/// `v1,` and the HMAC-SHA-256 of `ID.SECONDS.BODY` in base64.
TURNTABLE_EXPORT std::string webhook_signature(std::string_view key, std::string_view id,
                                               std::int64_t seconds, std::string_view body);

}  // namespace turntable::inline v0::server
