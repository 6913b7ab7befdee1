#include "server/database_settings.hpp"

#include "server/webhook_request.hpp"

namespace turntable::inline v0::server {

namespace {

Result<void> check_webhook(const DatabaseSettings& settings) {
    if (settings.webhook_url.empty()) {
        return {};
    }
    const auto target = WebhookTarget::create(settings.webhook_url, settings.webhook_secret);
    return target ? Result<void>() : target.error();
}

/// To push a message is to take it.
Result<void> check_writable(const DatabaseSettings& settings) {
    if (settings.read_only && !settings.webhook_url.empty()) {
        return Error(ErrorCode::invalid_config,
                     "a database that is served for reading only pushes no messages: leave out "
                     "read_only or webhook_url");
    }
    return {};
}

}  // namespace

std::optional<QuotaOptions> DatabaseSettings::quota(const Settings& server) const {
    if (!requests && !requests_burst && !bytes && !bytes_burst) {
        return std::nullopt;
    }
    const QuotaOptions all = server.quota();
    return QuotaOptions{.requests = requests.value_or(all.requests),
                        .requests_burst = requests_burst.value_or(all.requests_burst),
                        .bytes = bytes.value_or(all.bytes),
                        .bytes_burst = bytes_burst.value_or(all.bytes_burst)};
}

WebhookOptions DatabaseSettings::webhook() const {
    return {.url = webhook_url,
            .secret = webhook_secret,
            .authorities = webhook_authorities,
            .concurrency = webhook_concurrency,
            .timeout = webhook_timeout};
}

const SettingsDescription<DatabaseSettings>& database_settings() {
    using std::chrono::milliseconds;
    static const SettingsDescription<DatabaseSettings> description =
        SettingsDescription<DatabaseSettings>("serve.databases", "One database of a server.")
            .field("url", &DatabaseSettings::url,
                   "The store: a URL, or @NAME of the file. Without it @ and the name of the "
                   "database.")
            .field("read_only", &DatabaseSettings::read_only, "Every write is refused.")
            .field("requests", &DatabaseSettings::requests,
                   "Requests a second; more are refused with 429. 0: no limit. Not set: as for "
                   "the server.")
            .range(0, 1e12)
            .field("requests_burst", &DatabaseSettings::requests_burst,
                   "Requests that may come at once after a pause.")
            .range(1, 1e12)
            .field("bytes", &DatabaseSettings::bytes,
                   "Bytes of bodies a second; more are refused with 429. 0: no limit.")
            .field("bytes_burst", &DatabaseSettings::bytes_burst,
                   "Bytes that may come at once after a pause.")
            .field("webhook_url", &DatabaseSettings::webhook_url,
                   "Each message of the queue is pushed there. Empty: none is.")
            .secret_path()
            .field("webhook_secret", &DatabaseSettings::webhook_secret,
                   "What pushed messages are signed with: whsec_ and base64, or 16 characters and "
                   "more. Empty: they are not signed.")
            .secret()
            .field("webhook_authorities", &DatabaseSettings::webhook_authorities,
                   "PEM file with the authorities that a receiver's certificate may be from. "
                   "Empty: those of the system.")
            .field("webhook_concurrency", &DatabaseSettings::webhook_concurrency,
                   "Messages that are pushed at once.")
            .range(1, 64)
            .field("webhook_timeout", &DatabaseSettings::webhook_timeout,
                   "For the receiver's answer to one message.")
            .range(milliseconds(100), std::chrono::minutes(10))
            .field("backup_folder", &DatabaseSettings::backup_folder,
                   "Backups are made there. Empty: none are.")
            .field("backup_every", &DatabaseSettings::backup_every, "How often.")
            .range(std::chrono::seconds(1), std::chrono::hours(24 * 366))
            .field("backup_keep", &DatabaseSettings::backup_keep, "The newest so many stay.")
            .range(1, 10'000)
            .check(check_webhook)
            .check(check_writable);
    return description;
}

}  // namespace turntable::inline v0::server
