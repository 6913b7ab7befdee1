#include "server/kv_calls.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "kv_connect/messages.hpp"
#include "kv_connect/metadata.hpp"
#include "kv_connect/server_facts.hpp"
#include "server/media_type.hpp"
#include "server/responses.hpp"
#include "server/watch_body.hpp"
#include "turntable/core/coroutine.hpp"
#include "turntable/core/metrics.hpp"

namespace turntable::inline v0::server {

namespace {

namespace connect = kv::connect;
using net::http::Request;
using net::http::Response;

constexpr std::string_view protobuf = "application/x-protobuf";
constexpr std::string_view frames = "application/octet-stream";

constexpr std::string_view read_name = "snapshot_read";
constexpr std::string_view write_name = "atomic_write";
constexpr std::string_view watch_name = "watch";

/// The version of the protocol that a call of the data path is made in, or the reason why not.
Result<std::uint64_t> version_of(const net::http::Headers& headers) {
    const auto version = headers.find("x-denokv-version");
    if (!version) {
        if (headers.find("x-transaction-domain-id")) {
            return 1U;
        }
        return Error(ErrorCode::invalid_argument,
                     "the header x-denokv-version is missing; send 2 or 3, with "
                     "x-denokv-database-id, as the metadata exchange says");
    }
    const std::string number = lowered(*version);
    if (number != "2" && number != "3") {
        return Error(ErrorCode::invalid_argument,
                     "x-denokv-version must be 2 or 3, the versions that have it");
    }
    return number == "2" ? 2U : 3U;
}

Result<void> check_database(const net::http::Headers& headers, std::uint64_t version,
                            std::string_view id) {
    const std::string_view name = version == 1 ? "x-transaction-domain-id" : "x-denokv-database-id";
    const auto given = headers.find(name);
    if (!given) {
        return Error(ErrorCode::invalid_argument,
                     "the header " + std::string(name) +
                         " is missing; send databaseId of the metadata exchange");
    }
    if (lowered(*given) != id) {
        return Error(ErrorCode::invalid_argument,
                     "the header " + std::string(name) + " names another database than " +
                         std::string(id) +
                         ", which is served here; make the metadata exchange again");
    }
    return {};
}

Runtime& runtime_of(const ServedDatabase& served) { return served.database.runtime(); }

Response failed(const ServedDatabase& served, std::string_view operation, const Error& error) {
    return error_response(runtime_of(served), operation, error);
}

/// Keeps the database for a watch, and counts it while it is open.
class OpenWatch {
  public:
    explicit OpenWatch(const ServedDatabase& served)
        : state_(served.database.state()),
          count_(runtime()->metrics()->gauge("turntable_http_watches", "Watches that are open.",
                                             {{"database", served.name}})) {
        count_.add(1);
    }
    OpenWatch(const OpenWatch&) = delete;
    OpenWatch& operator=(const OpenWatch&) = delete;
    ~OpenWatch() { count_.add(-1); }
    const std::shared_ptr<Runtime>& runtime() const noexcept { return state_->core.runtime; }

  private:
    std::shared_ptr<kv::detail::DatabaseState<kv::AnyBackend>> state_;
    Gauge& count_;
};

Async<Response> read(const Request& request, const ServedDatabase& served, const Context& context) {
    const auto ranges = connect::decode_read(request.body);
    if (!ranges) {
        return failed(served, read_name, ranges.error());
    }
    if (const auto fits = kv::check_read(*ranges, served_limits()); !fits) {
        return failed(served, read_name, fits.error());
    }
    return then(served.database.backend().snapshot_read(context, *ranges, {}),
                [served](Result<kv::ReadOutput>&& output) -> Result<Response> {
                    return output ? bytes_response(connect::encode_read_output(*output), protobuf)
                                  : failed(served, read_name, output.error());
                });
}

/// Makes a write that was found to be well formed.
Async<Response> make_write(const ServedDatabase& served, const kv::AtomicWrite& write,
                           const Context& context) {
    return then(served.database.backend().atomic_write(context, write),
                [served](Result<kv::CommitResult>&& result) -> Result<Response> {
                    return result ? bytes_response(connect::encode_write_output(*result), protobuf)
                                  : failed(served, write_name, result.error());
                });
}

Async<Response> write(const Request& request, const ServedDatabase& served, const KvCall& call,
                      const Context& context) {
    const Grant& grant = call.grant;
    if (grant.read_only || served.read_only) {
        return text_response(403, grant.read_only
                                      ? "atomic_write: the access token is for reading only"
                                      : "atomic_write: this database is served for reading only");
    }
    const auto decoded = connect::decode_write(request.body);
    if (!decoded) {
        return failed(served, write_name, decoded.error());
    }
    const std::int64_t now_ms = runtime_of(served).clock().wall_now().time_since_epoch().count();
    if (const auto fits = kv::check_write(decoded->view(), served_limits(), now_ms); !fits) {
        return failed(served, write_name, fits.error());
    }
    const auto key = request.head.headers.find(connect::write_key_header);
    if (!key) {
        return make_write(served, decoded->view(), context);
    }
    // Made to its end, whoever waits for it: what is stopped half way has no outcome to remember.
    return call.memory->answer(
        *key, grant.token_name,
        [&served, &decoded] { return make_write(served, decoded->view(), {}); }, context);
}

Result<Response> watch(const Request& request, const ServedDatabase& served, KvCall call,
                       const Context& context) {
    const auto targets = connect::decode_watch(request.body);
    if (!targets) {
        return failed(served, watch_name, targets.error());
    }
    if (const auto fits = kv::check_watch(*targets, served_limits()); !fits) {
        return failed(served, watch_name, fits.error());
    }
    Response response;
    response.headers.add("content-type", frames);
    response.headers.add("cache-control", "no-store");
    if (targets->empty()) {
        response.body = empty_watch_body();
        return response;
    }
    auto stream = served.database.backend().watch(context, *targets);
    if (!stream) {
        return failed(served, watch_name, stream.error());
    }
    const auto open = std::make_shared<OpenWatch>(served);
    response.body = watch_body(*std::move(stream), open,
                               {.runtime = open->runtime(),
                                .keys = targets->size(),
                                .keep_alive = call.keep_alive,
                                .may_go_on = std::move(call.may_go_on)});
    return response;
}

}  // namespace

const kv::Limits& served_limits() noexcept {
    static const kv::Limits limits = kv::deno_limits();
    return limits;
}

namespace {

connect::ServerFacts facts_of(const ServedDatabase& served, const WriteMemory& memory,
                              bool read_only) {
    const kv::Capabilities can = served.database.backend().capabilities();
    const bool may_write = !can.read_only && !served.read_only && !read_only;
    return {.instance = memory.instance(),
            .tick_ms = memory.tick_ms(),
            .checks = static_cast<std::uint32_t>(served_limits().checks),
            .durability = can.durability,
            .read_only = !may_write,
            .queue = can.queue && may_write,
            .stale_reads_ms = static_cast<std::uint32_t>(can.stale_reads_within.count()),
            .one_snapshot = can.one_snapshot,
            .one_commit = can.one_commit};
}

}  // namespace

Response answer_exchange(const Request& request, const ServedDatabase& served,
                         const WriteMemory& memory, const ExchangeReply& reply) {
    const auto version = connect::choose_version(request.body.text());
    if (!version) {
        return text_response(400, "metadata exchange: " + version.error().message());
    }
    const std::string& url = *version == 1 ? reply.absolute_url : reply.relative_url;
    const connect::DatabaseMetadata metadata{
        .version = *version,
        .database_id = database_id(served.name),
        .endpoints = {{url, kv::Consistency::strong}, {url, kv::Consistency::eventual}},
        .token = reply.token,
        .expires_at = reply.expires};
    Response response = bytes_response(connect::encode_metadata(metadata), "application/json");
    response.headers.add("cache-control", "no-store");
    response.headers.add(connect::facts_header,
                         connect::encode_server_facts(facts_of(served, memory, reply.read_only)));
    return response;
}

std::optional<KvMethod> kv_method_from(std::string_view name) noexcept {
    constexpr std::string_view names[] = {read_name, write_name, watch_name};
    const auto found = std::ranges::find(names, name);
    return found == std::end(names)
               ? std::nullopt
               : std::optional(static_cast<KvMethod>(found - std::begin(names)));
}

Async<Response> answer_call(const Request& request, ServedDatabase served, KvCall call,
                            const Context& context) {
    const auto version = version_of(request.head.headers);
    if (!version) {
        return text_response(400, version.error().message());
    }
    if (const auto right = check_database(request.head.headers, *version, call.database_id);
        !right) {
        return text_response(400, right.error().message());
    }
    if (request.head.headers.find("content-type") &&
        !has_media_type(request.head.headers, protobuf)) {
        return text_response(415,
                             "the body must be protobuf: send the header 'content-type: "
                             "application/x-protobuf'");
    }
    switch (call.method) {
        case KvMethod::snapshot_read:
            return read(request, served, context);
        case KvMethod::atomic_write:
            return write(request, served, call, context);
        case KvMethod::watch:
            break;
    }
    if (*version < 3) {
        return text_response(400, "watch needs version 3 of the protocol; this call was made in " +
                                      std::to_string(*version));
    }
    return watch(request, served, std::move(call), context);
}

}  // namespace turntable::inline v0::server
