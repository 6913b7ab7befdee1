#include "server/service.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "kv_connect/rfc3339.hpp"
#include "server/kv_calls.hpp"
#include "server/operations.hpp"
#include "server/queue_calls.hpp"
#include "server/responses.hpp"
#include "turntable/core/tap.hpp"

namespace turntable::inline v0::server {

namespace {

using net::http::Request;
using net::http::Response;

constexpr std::uint64_t small_body_max = 64 << 10;
constexpr std::chrono::seconds health_time_max{5};

/// A method that somebody made up is not repeated in logs.
std::string known_method(std::string_view method) {
    constexpr std::string_view methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"};
    return std::string(std::ranges::find(methods, method) == std::end(methods) ? "other" : method);
}

Endpoint endpoint_of(std::optional<KvMethod> method) noexcept {
    if (!method) {
        return Endpoint::other;
    }
    switch (*method) {
        case KvMethod::snapshot_read:
            return Endpoint::snapshot_read;
        case KvMethod::atomic_write:
            return Endpoint::atomic_write;
        case KvMethod::watch:
            break;
    }
    return Endpoint::watch;
}

Endpoint endpoint_of(const Route& route) noexcept {
    switch (route.kind) {
        case RouteKind::exchange:
            return Endpoint::exchange;
        case RouteKind::kv_call:
            return endpoint_of(kv_method_from(route.call));
        case RouteKind::queue_call:
            return Endpoint::queue;
        case RouteKind::live:
            return Endpoint::healthz;
        case RouteKind::ready:
            return Endpoint::readyz;
        case RouteKind::metrics:
            return Endpoint::metrics;
        case RouteKind::unknown:
            break;
    }
    return Endpoint::other;
}

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

Response unknown_call(std::string_view call, std::string_view known) {
    return text_response(
        404, "there is no call " + std::string(call) + "; there are " + std::string(known));
}

Response over_quota(std::string_view name, std::chrono::seconds wait) {
    Response response =
        text_response(429, "the quota of the database " + std::string(name) +
                               " is used up; come again in " + std::to_string(wait.count()) + " s");
    response.headers.add("retry-after", std::to_string(wait.count()));
    return response;
}

std::string backup_line(const BackupState& state) {
    return "backup of " + state.database_name + ": " +
           (state.last_success ? kv::connect::to_rfc3339(*state.last_success) : "none yet") +
           (state.failures > 0 ? ", failed " + std::to_string(state.failures) + " times since"
                               : "") +
           (state.late ? ", late" : "") + "\n";
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
    : runtime_(options.runtime == nullptr ? Runtime::shared() : options.runtime),
      settings_(std::move(options.settings)),
      backups_(std::move(options.backups)),
      access_(options.access == nullptr ? std::make_shared<LiveAccess>(std::vector<AccessToken>())
                                        : std::move(options.access)),
      cors_(std::make_shared<const Cors>(Cors::parse(settings_.cors_origins).value_or(Cors()))),
      telemetry_(std::make_shared<Telemetry>(runtime_, settings_.access_log)) {
    const Instant now_steady = runtime_->clock().steady_now();
    for (ServedDatabase& served : options.databases) {
        auto quota = std::make_unique<Quota>(served.quota.value_or(settings_.quota()), now_steady);
        std::string id = database_id(served.name);
        databases_.push_back({std::move(served), std::move(id), std::move(quota),
                              std::make_shared<WriteMemory>(runtime_)});
    }
}

std::uint64_t Service::body_limit(const net::http::RequestHead& head) {
    const RouteKind kind = route_of(head.path()).kind;
    return kind == RouteKind::kv_call || kind == RouteKind::queue_call ? settings_.body_max.bytes
                                                                       : small_body_max;
}

Async<Response> Service::handle(Request request, const Context& context) {
    RequestNote note{.method = known_method(request.head.method),
                     .peer = request.head.peer.address,
                     .request_bytes = request.body.size(),
                     .started = runtime_->clock().steady_now()};
    auto allowed = cors_->allowed(request.head.headers);
    auto answered = answer(request, context, note);
    return tap(std::move(answered), [cors = cors_, telemetry = telemetry_, note = std::move(note),
                                     allowed = std::move(allowed)](Result<Response>& response) {
        if (response) {
            cors->add_headers(allowed, response->headers);
        }
        telemetry->answered(note, response ? response->status : 500);
    });
}

Async<Response> Service::answer(const Request& request, const Context& context, RequestNote& note) {
    if (auto preflight = cors_->preflight(request.head)) {
        note.endpoint = Endpoint::preflight;
        return *std::move(preflight);
    }
    const Route route = route_of(request.head.path());
    note.endpoint = endpoint_of(route);
    if (request.body.size() > body_limit(request.head)) {
        return text_response(413, "the body has " + std::to_string(request.body.size()) +
                                      " bytes; at most " +
                                      std::to_string(body_limit(request.head)) + " are taken");
    }
    switch (route.kind) {
        case RouteKind::exchange:
        case RouteKind::kv_call:
        case RouteKind::queue_call:
            return answer_database(request, route, context, note);
        case RouteKind::live:
        case RouteKind::ready:
        case RouteKind::metrics:
            return answer_operator(request.head, route.kind, true, context);
        case RouteKind::unknown:
            break;
    }
    return unknown_path(request.head.path());
}

Async<Response> Service::answer_operator(const net::http::RequestHead& head, RouteKind kind,
                                         bool needs_token, const Context& context) const {
    if (head.method != "GET" && head.method != "HEAD") {
        return method_refused("GET, HEAD", "this is asked with GET");
    }
    if (kind == RouteKind::live) {
        return live_answer();
    }
    if (kind == RouteKind::ready) {
        return ready(context);
    }
    if (needs_token) {
        const auto admitted =
            access_->current()->admit(head.headers.find("authorization"), "", now());
        if (const auto* refusal = std::get_if<Refusal>(&admitted)) {
            return refusal->status == 403
                       ? text_response(403,
                                       "metrics are of all databases; use an access token "
                                       "that is for all of them")
                       : refusal->response();
        }
    }
    return metrics_answer(*runtime_);
}

/// A backup that is late does not make a server one that cannot answer.
Async<Response> Service::ready(const Context& context) const {
    std::vector<NamedDatabase> databases;
    for (const Hosted& hosted : databases_) {
        databases.push_back({hosted.served.name, hosted.served.database});
    }
    Context limited = context;
    limited.deadline = std::min(context.deadline, runtime_->clock().steady_now() + health_time_max);
    auto answered = ready_answer(std::move(databases), limited);
    if (!backups_) {
        return answered;
    }
    return tap(std::move(answered), [backups = backups_](Result<Response>& response) {
        if (response) {
            std::string text = std::get<Bytes>(response->body).to_string();
            for (const BackupState& state : backups()) {
                text += backup_line(state);
            }
            response->body = Bytes::take(std::move(text));
        }
    });
}

/// The handler of the other address.
class Service::Operations final : public net::http::Handler {
  public:
    explicit Operations(std::shared_ptr<Service> service) : service_(std::move(service)) {}

    std::uint64_t body_limit(const net::http::RequestHead& /*head*/) override { return 0; }
    Async<Response> handle(Request request, const Context& context) override {
        const RouteKind kind = route_of(request.head.path()).kind;
        if (kind != RouteKind::live && kind != RouteKind::ready && kind != RouteKind::metrics) {
            return text_response(404, "there are /metrics, /healthz and /readyz here");
        }
        return service_->answer_operator(request.head, kind, false, context);
    }

  private:
    std::shared_ptr<Service> service_;
};

std::shared_ptr<net::http::Handler> Service::operations(std::shared_ptr<Service> service) {
    return std::make_shared<Operations>(std::move(service));
}

Async<Response> Service::answer_database(const Request& request, const Route& route,
                                         const Context& context, RequestNote& note) {
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
    const Grant& grant = std::get<Grant>(admitted);
    note.token_name = grant.token_name;
    if (hosted == nullptr) {
        return text_response(404, "there is no database " + std::string(name) + " here");
    }
    note.database = hosted->served.name;
    if (const auto wait =
            hosted->quota->take(request.body.size(), runtime_->clock().steady_now())) {
        return over_quota(name, *wait);
    }
    if (route.kind == RouteKind::exchange) {
        return exchange(request, *hosted, grant);
    }
    if (route.kind == RouteKind::queue_call) {
        const auto method = queue_method_from(route.call);
        return method ? answer_queue_call(request, hosted->served,
                                          {.method = *method,
                                           .grant = grant,
                                           .look_every = settings_.keep_alive,
                                           .may_go_on = still_holds(grant)},
                                          context)
                      : unknown_call(route.call, "enqueue, take, finish and extend");
    }
    const auto method = kv_method_from(route.call);
    if (!method) {
        return unknown_call(route.call, "snapshot_read, atomic_write and watch");
    }
    KvCall call{.method = *method,
                .database_id = hosted->id,
                .grant = grant,
                .keep_alive = settings_.keep_alive,
                .memory = hosted->memory};
    if (*method == KvMethod::watch) {
        call.may_go_on = still_holds(grant);
    }
    return answer_call(request, hosted->served, std::move(call), context);
}

std::function<bool()> Service::still_holds(const Grant& grant) const {
    return [live = access_, runtime = runtime_, grant] {
        return live->current()->still_holds(grant, runtime->clock().wall_now());
    };
}

Response Service::exchange(const Request& request, const Hosted& hosted, const Grant& grant) const {
    const ServedDatabase& served = hosted.served;
    WallTime expires = now() + settings_.token_lifetime;
    if (grant.expires) {
        expires = std::min(expires, *grant.expires);
    }
    const bool is_default = &hosted == &databases_.front();
    std::string base = settings_.public_url;
    if (base.empty()) {
        base = (request.head.peer.secure ? "https://" : "http://") + request.head.authority;
    }
    ExchangeReply reply{.absolute_url = below(base, served, is_default),
                        .relative_url = below(settings_.public_url, served, is_default),
                        .token = access_->current()->data_token(grant, served.name, expires),
                        .expires = expires,
                        .read_only = grant.read_only};
    return answer_exchange(request, served, *hosted.memory, reply);
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
