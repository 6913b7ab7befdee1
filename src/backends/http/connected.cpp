#include "backends/http/connected.hpp"

#include <algorithm>

namespace turntable::inline v0::kv::http {

namespace {

/// Checks that a server of KV Connect takes which does not say more: denokv's.
constexpr std::uint32_t foreign_checks = 10;
/// A token that is said to end sooner is tried so long all the same: the clocks may differ, and a
/// server that refuses it is asked again anyway.
constexpr std::chrono::seconds lifetime_min{10};
/// How long before its end a token is renewed, at most.
constexpr std::chrono::seconds margin_max{60};
/// When others' commits show in a watch of a server that is well.
constexpr std::chrono::milliseconds others_within{1000};

Capabilities capabilities_of(const connect::DatabaseMetadata& metadata,
                             const std::optional<connect::ServerFacts>& facts) {
    Capabilities can = capabilities_at_most();
    can.watch_keys = metadata.version >= 3;
    can.watch_others_within = can.watch_keys ? others_within : std::chrono::milliseconds(0);
    can.durability = facts ? facts->durability : Durability::none;
    can.read_only = facts && facts->read_only;
    can.queue = facts && facts->queue;
    can.limits.checks = facts ? facts->checks : foreign_checks;
    if (facts) {
        can.stale_reads_within = std::chrono::milliseconds(facts->stale_reads_ms);
        can.one_snapshot = facts->one_snapshot;
        can.one_commit = facts->one_commit;
    }
    return can;
}

Result<Location> endpoint_at(const Location& from, const std::string& url) {
    TURNTABLE_TRY(Location location, resolve_location(from, url));
    if (location.target.find('?') != std::string::npos) {
        return Error(ErrorCode::serialization, "an endpoint of the server has a ? part");
    }
    if (from.is_secure() && !location.is_secure()) {
        return Error(ErrorCode::unsupported,
                     "the server sends its clients from https to http, which would show the data "
                     "to everybody on the way");
    }
    return location;
}

Result<void> take_endpoints(const Location& from, Connected& connected) {
    bool has_eventual = false;
    for (const connect::Endpoint& endpoint : connected.metadata.endpoints) {
        TURNTABLE_TRY(Location location, endpoint_at(from, endpoint.url));
        const bool is_strong = endpoint.consistency == Consistency::strong;
        if (is_strong && connected.strong.origin.empty()) {
            connected.strong = std::move(location);
        } else if (!is_strong && !has_eventual) {
            connected.eventual = std::move(location);
            has_eventual = true;
        }
    }
    if (connected.strong.origin.empty()) {
        return Error(ErrorCode::serialization,
                     "the server names no endpoint for strong consistency");
    }
    if (!has_eventual) {
        connected.eventual = connected.strong;
    }
    return {};
}

}  // namespace

Capabilities capabilities_at_most() {
    Capabilities can;
    can.threading = Threading::concurrent;
    can.durability = Durability::machine;
    can.reopen = true;
    can.watch_ranges = false;
    can.watch_others_within = others_within;
    can.set_expiry = false;
    // Calls share connections, and one that is made again comes after those that were made later.
    can.write_order = false;
    can.limits = deno_limits();
    return can;
}

Location Connected::call(const Location& endpoint, std::string_view method) const {
    return {endpoint.origin,
            endpoint.target + (endpoint.target.ends_with('/') ? "" : "/") + std::string(method)};
}

Location Connected::queue_call(std::string_view name) const {
    const std::string& path = strong.target;
    return {strong.origin, path.substr(0, path.rfind('/')) + "/queue/" + std::string(name)};
}

net::http::Headers Connected::headers(std::string_view content_type) const {
    net::http::Headers headers{{"authorization", "Bearer " + metadata.token}};
    if (!content_type.empty()) {
        headers.add("content-type", content_type);
    }
    if (metadata.version == 1) {
        headers.add("x-transaction-domain-id", metadata.database_id);
    } else {
        headers.add("x-denokv-database-id", metadata.database_id);
        headers.add("x-denokv-version", std::to_string(metadata.version));
    }
    return headers;
}

Result<std::shared_ptr<const Connected>> connected_from(const Location& from, std::string_view body,
                                                        std::optional<std::string_view> facts,
                                                        std::uint64_t number, Instant now,
                                                        WallTime wall_now) {
    auto connected = std::make_shared<Connected>();
    connected->number = number;
    TURNTABLE_TRY(connected->metadata, connect::decode_metadata(body));
    TURNTABLE_CHECK(take_endpoints(from, *connected));
    if (facts) {
        TURNTABLE_TRY(connected->facts, connect::decode_server_facts(*facts));
    }
    connected->capabilities = capabilities_of(connected->metadata, connected->facts);
    const auto lifetime = std::clamp<std::chrono::milliseconds>(
        connected->metadata.expires_at - wall_now, lifetime_min, std::chrono::hours(24));
    connected->received = now;
    connected->valid_until = now + lifetime;
    connected->refresh_at =
        now + lifetime - std::min<std::chrono::milliseconds>(lifetime / 4, margin_max);
    return std::shared_ptr<const Connected>(std::move(connected));
}

}  // namespace turntable::inline v0::kv::http
