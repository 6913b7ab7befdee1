#include "backends/http/location.hpp"
#include "turntable/kv/http.hpp"

namespace turntable::inline v0::kv {

namespace {

Result<void> check_options(const HttpOptions& options) {
    const auto location = http::parse_location(options.url);
    if (!location) {
        return Error(ErrorCode::invalid_config, location.error().message());
    }
    if (location->target.find('?') != std::string::npos) {
        return Error(ErrorCode::invalid_config, "the URL of a database has no ? part");
    }
    if (!options.access_token.empty() && !options.token_file.empty()) {
        return Error(ErrorCode::invalid_config,
                     "access_token and token_file are both given; one of them is enough");
    }
    return {};
}

SettingsDescription<HttpOptions> describe() {
    using std::chrono::hours;
    using std::chrono::milliseconds;
    return SettingsDescription<HttpOptions>(
               "http", "A database on a server that speaks KV Connect: turntable serve, denokv.")
        .field("url", &HttpOptions::url, "Where the server has the database.")
        .from(UrlPart::endpoint)
        .required()
        .field("access_token", &HttpOptions::access_token,
               "The token that the server wants. The turntable program takes it from "
               "DENO_KV_ACCESS_TOKEN if neither this nor a file is given.")
        .secret()
        .field("token_file", &HttpOptions::token_file,
               "A file with that token in it, read again whenever it is needed.")
        .field("authorities", &HttpOptions::authorities,
               "PEM file with the authorities whose certificates are believed; without it those "
               "of the system.")
        .field("verify", &HttpOptions::verify, "Believe a server only if its certificate is good.")
        .field("http", &HttpOptions::http,
               "The version of HTTP on connections that are not encrypted; others agree on one.")
        .choices({{"2", HttpVersion::http_2}, {"1.1", HttpVersion::http_1}})
        .field("connections", &HttpOptions::connections,
               "The most connections of HTTP/1.1; one of HTTP/2 carries all calls.")
        .range(1, 1000)
        .field("connect_timeout", &HttpOptions::connect_timeout,
               "How long making a connection may take.")
        .range(milliseconds(1), hours(1))
        .field("request_timeout", &HttpOptions::request_timeout,
               "How long an answer may take before the request counts as lost.")
        .range(milliseconds(10), hours(1))
        .field("retry_for", &HttpOptions::retry_for,
               "How long a call is made again that failed for a passing reason; 0: not at all.")
        .range(milliseconds(0), hours(24))
        .example("http://127.0.0.1:4512", "the default database of a server on this machine")
        .example("https://kv.example.org/db/orders?token_file=/etc/orders.token",
                 "another database of one on the net")
        .check(check_options);
}

}  // namespace

const SettingsDescription<HttpOptions>& http_settings() {
    static const SettingsDescription<HttpOptions> description = describe();
    return description;
}

}  // namespace turntable::inline v0::kv
