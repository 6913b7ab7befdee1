#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "server/quota.hpp"
#include "server/settings.hpp"
#include "server/webhook.hpp"
#include "turntable/core/settings.hpp"

namespace turntable::inline v0::server {

/// How one database is served: `[serve.databases.NAME]` of `turntable.toml`.
///
/// Purpose: what is not the same for all databases of a server. Ownership: a value. Threads: a
/// value. Errors: see database_settings().
struct DatabaseSettings {
    /// Empty: the store `@NAME` of the file.
    std::string url = {};
    bool read_only = false;
    /// Each that is not set is that of the server.
    std::optional<double> requests = {};
    std::optional<double> requests_burst = {};
    std::optional<ByteSize> bytes = {};
    std::optional<ByteSize> bytes_burst = {};
    /// Empty: no messages are pushed.
    std::string webhook_url = {};
    std::string webhook_secret = {};
    std::string webhook_authorities = {};
    std::uint32_t webhook_concurrency = 4;
    std::chrono::milliseconds webhook_timeout{30'000};
    /// Empty: no backups are made.
    std::string backup_folder = {};
    std::chrono::milliseconds backup_every{std::chrono::hours(24)};
    std::uint32_t backup_keep = 7;

    /// None: that of the server.
    std::optional<QuotaOptions> quota(const Settings& server) const;
    WebhookOptions webhook() const;
};

/// The description of DatabaseSettings.
TURNTABLE_EXPORT const SettingsDescription<DatabaseSettings>& database_settings();

}  // namespace turntable::inline v0::server
