#include "server/settings.hpp"

#include <utility>

#include "server/cors.hpp"
#include "server/listen.hpp"
#include "server/token_file.hpp"

namespace turntable::inline v0::server {

namespace {

Result<void> check_listen(const Settings& settings) {
    for (const std::string* text : {&settings.listen, &settings.metrics_listen}) {
        if (text == &settings.listen || !text->empty()) {
            if (const auto address = ListenAddress::parse(*text); !address) {
                return address.error();
            }
        }
    }
    return {};
}

Result<void> check_access_token(const Settings& settings) {
    return settings.access_token.empty() ? Result<void>()
                                         : check_token_secret(settings.access_token);
}

Result<void> check_origins(const Settings& settings) {
    const auto cors = Cors::parse(settings.cors_origins);
    return cors ? Result<void>() : cors.error();
}

Result<void> check_public_url(const Settings& settings) {
    const std::string& url = settings.public_url;
    if (url.empty()) {
        return {};
    }
    const bool is_http = url.starts_with("http://") || url.starts_with("https://");
    if (!is_http || url.ends_with('/')) {
        return Error(ErrorCode::invalid_config,
                     "public_url must begin with http:// or https:// and not end with a slash");
    }
    return {};
}

Result<void> check_tls(const Settings& settings) {
    if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
        return Error(ErrorCode::invalid_config, "tls_certificate and tls_key go together");
    }
    return {};
}

}  // namespace

Result<void> check_exposure(const Settings& settings) {
    TURNTABLE_TRY(const ListenAddress address, ListenAddress::parse(settings.listen));
    return check_exposure(address, settings.needs_token());
}

namespace {

/// What is about connections, behind the other settings.
SettingsDescription<Settings> with_transport(SettingsDescription<Settings> description) {
    using std::chrono::milliseconds;
    return std::move(description)
        .field("read_only", &Settings::read_only, "Every write is refused.")
        .field("tls_certificate", &Settings::tls_certificate,
               "PEM file of the certificate and its chain, for HTTPS; SIGHUP reads it again.")
        .field("tls_key", &Settings::tls_key, "PEM file of its key.")
        .field("threads", &Settings::threads, "Threads that move bytes. 0: one for each processor.")
        .range(0, 256)
        .field("connections_max", &Settings::connections_max,
               "Connections at once; more are closed as they come.")
        .range(1, 1'000'000)
        .field("idle_time", &Settings::idle_time,
               "After so long without a request a connection ends.")
        .range(milliseconds(100), std::chrono::hours(1))
        .field("head_time", &Settings::head_time, "For the head of a request to arrive.")
        .range(milliseconds(100), std::chrono::minutes(10))
        .field("body_time", &Settings::body_time,
               "For the body of a request to arrive, beside a second for each KiB.")
        .range(milliseconds(100), std::chrono::hours(1))
        .field("write_time", &Settings::write_time,
               "A client that takes nothing of its answer for so long is cut off.")
        .range(milliseconds(100), std::chrono::hours(1))
        .field("drain_time", &Settings::drain_time,
               "For requests and webhooks under way when the server ends.")
        .range(milliseconds(0), std::chrono::minutes(10));
}

}  // namespace

const SettingsDescription<Settings>& server_settings() {
    using std::chrono::milliseconds;
    static const SettingsDescription<Settings> description =
        with_transport(
            SettingsDescription<Settings>("serve", "Databases over HTTP.")
                .field("listen", &Settings::listen,
                       "HOST:PORT, [IPV6]:PORT, or unix:PATH. An address that others reach needs a "
                       "token.")
                .field("token_file", &Settings::token_file,
                       "Access tokens, one a line; made at the first start. With neither this nor "
                       "access_token no token is needed.")
                .field("access_token", &Settings::access_token,
                       "One access token that opens everything, beside those of the file.")
                .secret()
                .field(
                    "public_url", &Settings::public_url,
                    "Where clients reach the server, when something in front of it changes host or "
                    "path: https://example.org/kv.")
                .field(
                    "token_lifetime", &Settings::token_lifetime,
                    "How long the token of a metadata exchange is good; clients ask again before "
                    "it ends.")
                .range(std::chrono::minutes(1), std::chrono::hours(24 * 30))
                .field("keep_alive", &Settings::keep_alive,
                       "After so much silence a watch sends a sign of life.")
                .range(milliseconds(100), std::chrono::minutes(10))
                .field("body_max", &Settings::body_max, "The longest body of a request.")
                .range(ByteSize{64 << 10}, ByteSize{64 << 20})
                .field(
                    "requests", &Settings::requests,
                    "Requests a second for each database; more are refused with 429. 0: no limit.")
                .range(0, 1e12)
                .field("requests_burst", &Settings::requests_burst,
                       "Requests that may come at once after a pause.")
                .range(1, 1e12)
                .field(
                    "bytes", &Settings::bytes,
                    "Bytes of bodies a second for each database; more are refused with 429. 0: no "
                    "limit.")
                .field("bytes_burst", &Settings::bytes_burst,
                       "Bytes that may come at once after a pause.")
                .field(
                    "cors_origins", &Settings::cors_origins,
                    "Web pages that may ask from a browser: origins such as https://example.org, "
                    "divided by commas, or *. Empty: none.")
                .field("access_log", &Settings::access_log, "Logs each request.")
                .field(
                    "metrics_listen", &Settings::metrics_listen,
                    "Another address that answers /metrics, /healthz and /readyz, without a token. "
                    "Empty: none."))
            .check(check_tls)
            .check(check_listen)
            .check(check_access_token)
            .check(check_origins)
            .check(check_public_url);
    return description;
}

}  // namespace turntable::inline v0::server
