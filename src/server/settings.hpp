#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "server/quota.hpp"
#include "turntable/core/settings.hpp"

namespace turntable::inline v0::server {

/// How a server answers; one declaration for the command line, `turntable.toml` and the docs.
///
/// Purpose: what is the same for all its databases. Ownership: a value. Threads: a value.
/// Errors: see server_settings().
struct Settings {
    std::string listen = "127.0.0.1:4512";
    /// Neither this nor the next: no token is needed.
    std::string token_file = {};
    std::string access_token = {};
    std::string public_url = {};
    std::chrono::milliseconds token_lifetime{std::chrono::hours(1)};
    std::chrono::milliseconds keep_alive{5000};
    ByteSize body_max{2 << 20};
    /// See Cors::parse.
    std::string cors_origins = {};
    bool access_log = true;
    /// Empty: `/metrics` is only on `listen`, where it needs a token.
    std::string metrics_listen = {};
    /// For all databases, whatever the token.
    bool read_only = false;
    /// PEM files; both or neither. With them TCP is HTTPS.
    std::string tls_certificate = {};
    std::string tls_key = {};
    /// 0: one for each processor.
    std::uint32_t threads = 0;
    std::uint32_t connections_max = 20'000;
    std::chrono::milliseconds idle_time{75'000};
    std::chrono::milliseconds head_time{10'000};
    std::chrono::milliseconds body_time{30'000};
    std::chrono::milliseconds write_time{30'000};
    /// For requests and webhooks under way when the server ends.
    std::chrono::milliseconds drain_time{10'000};
    /// For each database that has no quota of its own; see QuotaOptions.
    double requests = 0;
    double requests_burst = 100;
    ByteSize bytes{0};
    ByteSize bytes_burst{8 << 20};

    bool needs_token() const noexcept { return !token_file.empty() || !access_token.empty(); }
    bool is_secure() const noexcept { return !tls_certificate.empty(); }
    QuotaOptions quota() const noexcept { return {requests, requests_burst, bytes, bytes_burst}; }
};

/// Refuses to listen where others reach the server while nobody needs a token.
TURNTABLE_EXPORT Result<void> check_exposure(const Settings& settings);

/// The description of Settings.
TURNTABLE_EXPORT const SettingsDescription<Settings>& server_settings();

}  // namespace turntable::inline v0::server
