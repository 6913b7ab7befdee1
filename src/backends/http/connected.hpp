#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/http/location.hpp"
#include "kv_connect/metadata.hpp"
#include "kv_connect/server_facts.hpp"
#include "net/http/message.hpp"
#include "turntable/core/clock.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/capabilities.hpp"

namespace turntable::inline v0::kv::http {

/// What a client knows after a metadata exchange.
///
/// Purpose: where calls go and with what. Ownership: shared, and never changed.
/// Threads: const. Errors: see connected_from.
struct Connected {
    /// Counts the exchanges of a client.
    std::uint64_t number = 0;
    connect::DatabaseMetadata metadata;
    Location strong;
    Location eventual;
    /// From a server of this library.
    std::optional<connect::ServerFacts> facts;
    Capabilities capabilities;
    /// By the steady clock: when the answer came, when to ask again beside the calls, and when no
    /// call may use this any more.
    Instant received = {};
    Instant refresh_at = {};
    Instant valid_until = {};

    const Location& endpoint(Consistency consistency) const noexcept {
        return consistency == Consistency::strong ? strong : eventual;
    }
    /// Where a call of the data path, and one of the queue, goes.
    Location call(const Location& endpoint, std::string_view method) const;
    Location queue_call(std::string_view name) const;
    /// What every call of the data path is sent with.
    net::http::Headers headers(std::string_view content_type) const;
};

/// What is known before the first exchange: what the best server can do.
TURNTABLE_EXPORT Capabilities capabilities_at_most();

/// Reads the answer to an exchange that was made at `from`. Errors: `serialization` when it is
/// none, `unsupported` for endpoints that a careful client does not use.
TURNTABLE_EXPORT Result<std::shared_ptr<const Connected>> connected_from(
    const Location& from, std::string_view body, std::optional<std::string_view> facts,
    std::uint64_t number, Instant now, WallTime wall_now);

}  // namespace turntable::inline v0::kv::http
