#include "server/service.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/kv_calls.hpp"
#include "server/responses.hpp"

namespace turntable::inline v0::server {

namespace {

using net::http::Request;
using net::http::Response;

constexpr std::uint64_t small_body_max = 64 << 10;

Result<void> check_databases(const std::vector<ServedDatabase>& databases) {
    if (databases.empty()) {
        return Error(ErrorCode::invalid_config, "a server needs a database to serve");
    }
    for (const ServedDatabase& served : databases) {
        if (!is_database_name(served.name)) {
            return Error(ErrorCode::invalid_config,
                         "'" + served.name +
                             "' cannot be the name of a database: 1 to 64 letters, digits, '-', "
                             "'_' and '.', which is not the first");
        }
        if (std::ranges::count(databases, served.name, &ServedDatabase::name) > 1) {
            return Error(ErrorCode::invalid_config, "two databases have the name " + served.name);
        }
    }
    return {};
}

Response unknown_path(std::string_view path) {
    return text_response(404, std::string("there is nothing at ") + std::string(path) +
                                  "; a database is at / or /db/NAME, for Deno.openKv");
}

Response over_quota(std::string_view name, std::chrono::seconds wait) {
    Response response =
        text_response(429, "the quota of the database " + std::string(name) +
                               " is used up; come again in " + std::to_string(wait.count()) + " s");
    response.headers.add("retry-after", std::to_string(wait.count()));
    return response;
}

std::string below(std::string_view base, const ServedDatabase& served, bool is_default) {
    std::string url(base);
    if (!is_default) {
        url.append("/db/").append(served.name);
    }
    return url + "/kv";
}

}  // namespace

Result<std::shared_ptr<Service>> Service::create(ServiceOptions options) {
    TURNTABLE_CHECK(server_settings().validate(options.settings));
    TURNTABLE_CHECK(check_databases(options.databases));
    return std::shared_ptr<Service>(new Service(std::move(options)));
}

Service::Service(ServiceOptions options)
    : runtime_(options.runtime == nullptr ? Runtime::shared() : std::move(options.runtime)),
      settings_(std::move(options.settings)),
      access_(options.access == nullptr ? std::make_shared<LiveAccess>(std::vector<AccessToken>())
                                        : std::move(options.access)) {
    const Instant now_steady = runtime_->clock().steady_now();
    for (ServedDatabase& served : options.databases) {
        auto quota = std::make_unique<Quota>(served.quota.value_or(settings_.quota()), now_steady);
        databases_.push_back({std::move(served), std::move(quota)});
    }
}

std::uint64_t Service::body_limit(const net::http::RequestHead& head) {
    const RouteKind kind = route_of(head.path()).kind;
    return kind == RouteKind::kv_call || kind == RouteKind::queue_call ? settings_.body_max.bytes
                                                                       : small_body_max;
}

Async<Response> Service::handle(Request request, const Context& context) {
    const Route route = route_of(request.head.path());
    if (request.body.size() > body_limit(request.head)) {
        return text_response(413, "the body has " + std::to_string(request.body.size()) +
                                      " bytes; at most " +
                                      std::to_string(body_limit(request.head)) + " are taken");
    }
    switch (route.kind) {
        case RouteKind::exchange:
        case RouteKind::kv_call:
            return answer_database(request, route, context);
        default:
            return unknown_path(request.head.path());
    }
}

Async<Response> Service::answer_database(const Request& request, const Route& route,
                                         const Context& context) {
    const Hosted* hosted = find(route.database);
    const std::string_view name = hosted == nullptr ? route.database : hosted->served.name;
    if (request.head.method != "POST") {
        return method_refused("POST",
                              "a database is asked with POST; open this URL with "
                              "Deno.openKv, or see docs/protocol.md");
    }
    const std::shared_ptr<const Access> access = access_->current();
    const auto admitted = access->admit(request.head.headers.find("authorization"), name, now());
    if (const auto* refusal = std::get_if<Refusal>(&admitted)) {
        return refusal->response();
    }
    if (hosted == nullptr) {
        return text_response(404, "there is no database " + std::string(name) + " here");
    }
    if (const auto wait =
            hosted->quota->take(request.body.size(), runtime_->clock().steady_now())) {
        return over_quota(name, *wait);
    }
    const Grant& grant = std::get<Grant>(admitted);
    if (route.kind == RouteKind::exchange) {
        return exchange(request, hosted->served, grant);
    }
    const auto method = kv_method_from(route.call);
    if (!method) {
        return text_response(404, "there is no method " + std::string(route.call) +
                                      "; there are snapshot_read, atomic_write and watch");
    }
    const auto may_go_on = [live = access_, runtime = runtime_, grant] {
        return live->current()->still_holds(grant, runtime->clock().wall_now());
    };
    return answer_call(request, hosted->served,
                       {.method = *method,
                        .grant = grant,
                        .keep_alive = settings_.keep_alive,
                        .may_go_on = may_go_on},
                       context);
}

Response Service::exchange(const Request& request, const ServedDatabase& served,
                           const Grant& grant) const {
    WallTime expires = now() + settings_.token_lifetime;
    if (grant.expires) {
        expires = std::min(expires, *grant.expires);
    }
    const bool is_default = &served == &databases_.front().served;
    std::string base = settings_.public_url;
    if (base.empty()) {
        base = (request.head.peer.secure ? "https://" : "http://") + request.head.authority;
    }
    ExchangeReply reply{.absolute_url = below(base, served, is_default),
                        .relative_url = below(settings_.public_url, served, is_default),
                        .token = access_->current()->data_token(grant, served.name, expires),
                        .expires = expires};
    return answer_exchange(request, served, reply);
}

const Service::Hosted* Service::find(std::string_view name) const noexcept {
    if (name.empty()) {
        return &databases_.front();
    }
    const auto found = std::ranges::find(databases_, name, [](const Hosted& hosted) {
        return std::string_view(hosted.served.name);
    });
    return found == databases_.end() ? nullptr : &*found;
}

}  // namespace turntable::inline v0::server
