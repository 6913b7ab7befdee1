#include <utility>

#include "backends/http/attempts.hpp"
#include "backends/http/calls.hpp"
#include "kv_connect/messages.hpp"
#include "turntable/core/coroutine.hpp"
#include "turntable/kv/http.hpp"
#include "turntable/kv/limits.hpp"

namespace turntable::inline v0::kv {

static_assert(Backend<HttpBackend>);

struct HttpBackend::State {
    explicit State(std::shared_ptr<http::Session> made) : session(std::move(made)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        session->host()->end();
        session->calls().close([] {});
        session->client().close();
    }

    std::shared_ptr<http::Session> session;
};

namespace {

using http::Session;

std::int64_t now_ms(Session& session) {
    return session.runtime().clock().wall_now().time_since_epoch().count();
}

Async<void> close_session(std::shared_ptr<Session> session) {
    auto [promise, empty] = SharedPromise<void>::make(session->runtime(), {});
    session->calls().close([told = promise] { told->complete({}); });
    const auto& host = session->host();
    return then(turntable::detail::LoopHost::close(host, std::move(empty)),
                [session](Result<void>&& result) {
                    session->client().close();
                    return std::move(result);
                });
}

}  // namespace

HttpBackend::HttpBackend(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
HttpBackend::HttpBackend(HttpBackend&& other) noexcept = default;
HttpBackend& HttpBackend::operator=(HttpBackend&& other) noexcept = default;
HttpBackend::~HttpBackend() = default;

Async<void> HttpBackend::connect(const Context& context) {
    return http::connect_call(state_->session, context);
}

Capabilities HttpBackend::capabilities() const { return state_->session->capabilities(); }

Async<ReadOutput> HttpBackend::snapshot_read(const Context& context,
                                             std::span<const ReadRange> ranges,
                                             const ReadOptions& options) {
    if (state_->session->calls().is_closed()) {
        return http::closed_error();
    }
    TURNTABLE_CHECK(check_read(ranges, capabilities().limits));
    return http::read_call(state_->session, context, connect::encode_read(ranges), ranges.size(),
                           options.consistency);
}

Async<CommitResult> HttpBackend::atomic_write(const Context& context, const AtomicWrite& write) {
    Session& session = *state_->session;
    if (session.calls().is_closed()) {
        return http::closed_error();
    }
    // What only this server refuses, it says itself: it may be another one by now.
    TURNTABLE_CHECK(check_write(write, http::capabilities_at_most().limits, now_ms(session)));
    TURNTABLE_TRY(std::string bytes, connect::encode_write(write));
    return http::write_call(
        state_->session, context,
        {std::move(bytes), write.checks.size(), connect::needs_our_server(write)});
}

Result<Stream<WatchOutput>> HttpBackend::watch(const Context& /*context*/,
                                               std::span<const WatchTarget> targets) {
    if (state_->session->calls().is_closed()) {
        return http::closed_error();
    }
    const Capabilities can = capabilities();
    TURNTABLE_CHECK(check_watch(targets, can.limits));
    TURNTABLE_TRY(std::string message, connect::encode_watch(targets));
    return http::watch_call(state_->session, targets, std::move(message));
}

Async<QueueMessage> HttpBackend::queue_take(const Context& context) {
    return http::take_call(state_->session, context);
}

Async<void> HttpBackend::queue_finish(const Context& context, std::string_view id,
                                      Delivery delivery) {
    return http::finish_call(state_->session, context, std::string(id), delivery);
}

Async<void> HttpBackend::queue_extend(const Context& context, std::string_view id) {
    return http::extend_call(state_->session, context, std::string(id));
}

Async<Health> HttpBackend::health(const Context& context) {
    return http::health_call(state_->session, context);
}

Async<void> HttpBackend::close(const Context& /*context*/) {
    state_->session->host()->end();
    return close_session(state_->session);
}

Result<HttpBackend> open_http(HttpOptions options, std::shared_ptr<Runtime> runtime) {
    TURNTABLE_CHECK(http_settings().validate(options));
    if (runtime == nullptr) {
        runtime = Runtime::shared();
    }
    TURNTABLE_TRY(http::Location base, http::parse_location(options.url));
    TURNTABLE_TRY(auto client,
                  net::Client::create({.runtime = runtime,
                                       .authorities = options.authorities,
                                       .verify = options.verify,
                                       .plain_version = options.http == HttpVersion::http_2
                                                            ? net::http::Version::http_2
                                                            : net::http::Version::http_1_1,
                                       .connections_max = options.connections,
                                       .connect_time = options.connect_timeout,
                                       .silence = options.request_timeout / 2}));
    return HttpBackend(std::make_unique<HttpBackend::State>(std::make_shared<Session>(
        std::move(options), std::move(base), std::move(runtime), std::move(client))));
}

}  // namespace turntable::inline v0::kv
