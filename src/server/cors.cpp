#include "server/cors.hpp"

#include <algorithm>

#include "server/responses.hpp"

namespace turntable::inline v0::server {

namespace {

/// `scheme://host` or `scheme://host:port`, as browsers send it.
bool is_origin(std::string_view text) noexcept {
    const std::size_t scheme = text.find("://");
    if (scheme == 0 || scheme == std::string_view::npos) {
        return false;
    }
    const std::string_view host = text.substr(scheme + 3);
    return !host.empty() && host.find_first_of("/?#@* \t") == std::string_view::npos;
}

}  // namespace

Result<Cors> Cors::parse(std::string_view origins) {
    Cors cors;
    while (!origins.empty()) {
        std::string_view one = origins.substr(0, origins.find(','));
        origins.remove_prefix(std::min(one.size() + 1, origins.size()));
        one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
        one = one.substr(0, one.find_last_not_of(' ') + 1);
        if (one == "*") {
            cors.any_ = true;
        } else if (is_origin(one)) {
            cors.origins_.emplace_back(one);
        } else {
            return Error(ErrorCode::invalid_config,
                         "'" + std::string(one) +
                             "' is no origin; write https://host or https://host:port, without "
                             "a slash at the end, or *");
        }
    }
    return cors;
}

std::optional<net::http::Response> Cors::preflight(const net::http::RequestHead& head) const {
    if (is_off() || head.method != "OPTIONS" ||
        !head.headers.find("access-control-request-method")) {
        return std::nullopt;
    }
    if (!allowed(head.headers)) {
        return text_response(403,
                             "pages of this origin may not ask this server; name it in "
                             "cors_origins");
    }
    net::http::Response response;
    response.status = 204;
    response.headers.add("access-control-allow-methods", "GET, POST");
    response.headers.add("access-control-allow-headers",
                         "authorization, content-type, x-denokv-database-id, x-denokv-version, "
                         "x-transaction-domain-id");
    response.headers.add("access-control-max-age", "3600");
    return response;
}

std::optional<std::string> Cors::allowed(const net::http::Headers& request) const {
    const auto origin = request.find("origin");
    if (is_off() || !origin) {
        return std::nullopt;
    }
    if (any_) {
        return "*";
    }
    const auto found = std::ranges::find(origins_, *origin);
    return found == origins_.end() ? std::nullopt : std::optional(*found);
}

void Cors::add_headers(const std::optional<std::string>& allowed,
                       net::http::Headers& response) const {
    if (is_off()) {
        return;
    }
    if (!any_) {
        response.add("vary", "origin");
    }
    if (allowed) {
        response.add("access-control-allow-origin", *allowed);
        response.add("access-control-expose-headers", "retry-after");
    }
}

}  // namespace turntable::inline v0::server
