#include "server/webhook_request.hpp"

#include <algorithm>
#include <utility>

#include "server/queue_request.hpp"
#include "turntable/core/base64.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/core/sha256.hpp"
#include "turntable/core/url.hpp"
#include "turntable/kv/delivery_id.hpp"
#include "turntable/version.hpp"

namespace turntable::inline v0::server {

namespace {

constexpr std::string_view secret_prefix = "whsec_";

Error wrong(const char* what) {
    return {ErrorCode::invalid_config, std::string("webhook: ") + what};
}

bool is_visible(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

Result<std::string> key_of(std::string_view secret) {
    if (!secret.starts_with(secret_prefix)) {
        if (!secret.empty() && secret.size() < webhook_secret_length_min) {
            return wrong("a secret has at least 16 characters");
        }
        return std::string(secret);
    }
    const auto key = from_base64(secret.substr(secret_prefix.size()));
    if (!key || key->size() < webhook_secret_length_min) {
        return wrong("behind whsec_ a secret is at least 16 bytes in base64");
    }
    return *key;
}

}  // namespace

Result<WebhookTarget> WebhookTarget::create(std::string_view url, std::string_view secret) {
    const auto parsed = Url::parse(url);
    if (!parsed || (parsed->scheme() != "http" && parsed->scheme() != "https") ||
        parsed->host().empty() || !is_visible(url)) {
        return wrong("a URL begins with http:// or https:// and a host");
    }
    if (parsed->user() || parsed->password() || url.find('#') != std::string_view::npos) {
        return wrong("a URL has no user and no fragment; receivers check the signature");
    }
    const std::size_t authority = url.find("//") + 2;
    const std::size_t path = std::min(url.find_first_of("/?", authority), url.size());
    WebhookTarget target;
    target.origin = parsed->scheme() + "://" + std::string(url.substr(authority, path - authority));
    target.path =
        (path < url.size() && url[path] == '/' ? "" : "/") + std::string(url.substr(path));
    TURNTABLE_TRY(target.key, key_of(secret));
    return target;
}

std::string webhook_signature(std::string_view key, std::string_view id, std::int64_t seconds,
                              std::string_view body) {
    std::string text(id);
    text.append(".").append(std::to_string(seconds)).append(".").append(body);
    const Sha256Digest digest = hmac_sha256(key, text);
    return "v1," +
           to_base64(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

net::ClientRequest webhook_request(const WebhookTarget& to, std::string_view database,
                                   const kv::Message& message, WallTime now) {
    const std::string id = kv::delivered_message(message.id());
    const std::string attempt = std::to_string(kv::delivery_attempt(message.id()));
    const std::int64_t seconds =
        std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    std::string body = "{\"id\":" + json_quoted(id) + ",\"attempt\":" + attempt +
                       ",\"database\":" + json_quoted(database) + "," +
                       message_value_json(message.payload()) + "}";
    net::ClientRequest request;
    request.method = "POST";
    request.origin = to.origin;
    request.target = to.path;
    request.headers = {{"content-type", "application/json"},
                       {"user-agent", "turntable/" + std::string(library_version())},
                       {"webhook-id", id},
                       {"webhook-timestamp", std::to_string(seconds)},
                       {"turntable-attempt", attempt},
                       {"turntable-database", std::string(database)}};
    if (!to.key.empty()) {
        request.headers.add("webhook-signature", webhook_signature(to.key, id, seconds, body));
    }
    request.body = Bytes::take(std::move(body));
    return request;
}

}  // namespace turntable::inline v0::server
