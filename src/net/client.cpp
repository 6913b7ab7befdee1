#include "net/client.hpp"

#include <algorithm>
#include <deque>
#include <future>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "net/client_connection.hpp"
#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::net {

namespace {

/// What goes to one server.
struct Pool {
    Origin origin;
    std::vector<std::shared_ptr<ClientConnection>> connections;
    std::deque<std::shared_ptr<ClientCallState>> waiting;
};

bool is_token(std::string_view method) noexcept {
    return !method.empty() && std::ranges::all_of(method, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
    });
}

Error was_closed() { return Error(ErrorCode::closed, "the client was closed").with("sent", "no"); }

Result<void> check(const ClientRequest& request) {
    const bool bare = std::ranges::none_of(request.target, [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '\x7F' || c == '#';
    });
    if (!is_token(request.method) || request.method == "CONNECT" ||
        !request.target.starts_with('/') || !bare) {
        return Error(ErrorCode::invalid_argument,
                     "the method or the target of the request is none; a target looks like "
                     "/path?query, with what is special in it escaped");
    }
    for (const http::Field& field : request.headers) {
        if (!http::is_field_name(field.name) || !http::is_field_value(field.value)) {
            return Error(ErrorCode::invalid_argument,
                         "the request has a field that is none; names are in lower case, and no "
                         "value has a line end in it")
                .with("name", field.name);
        }
    }
    return {};
}

}  // namespace

struct ClientState : std::enable_shared_from_this<ClientState> {
    void begin(const std::shared_ptr<ClientCallState>& call, const Origin& origin);
    void stop(const std::shared_ptr<ClientCallState>& call, StopReason reason);
    void pump(const std::string& name);
    void changed(const std::string& name, ClientConnection& connection);
    void open(const std::string& name, Pool& pool);
    bool wants_another(const Pool& pool) const;
    void end();

    std::shared_ptr<const ClientOptions> options;
    std::shared_ptr<const TlsContext> tls;
    std::shared_ptr<IoThread> thread = std::make_shared<IoThread>();
    /// Nothing is given to the thread once it is closed.
    std::mutex mutex;
    bool closed = false;
    // On the thread only.
    std::unordered_map<std::string, Pool> pools;
    bool ended = false;
};

void ClientState::begin(const std::shared_ptr<ClientCallState>& call, const Origin& origin) {
    if (ended) {
        return call->fail(was_closed());
    }
    call->promise->on_stop(
        [weak = weak_from_this(), weak_call = std::weak_ptr(call), to = thread](StopReason reason) {
            to->post([weak, weak_call, reason] {
                const auto self = weak.lock();
                const auto stopped = weak_call.lock();
                if (self != nullptr && stopped != nullptr) {
                    self->stop(stopped, reason);
                }
            });
        });
    Pool& pool = pools[call->request.origin];
    pool.origin = origin;
    pool.waiting.push_back(call);
    pump(call->request.origin);
}

void ClientState::stop(const std::shared_ptr<ClientCallState>& call, StopReason reason) {
    if (std::exchange(call->over, true)) {
        return;
    }
    call->fail(stopped_error(reason).with("sent", call->started ? "maybe" : "no"));
    if (const auto connection = call->connection.lock()) {
        connection->cancel(call->id);
    }
    const auto pool = pools.find(call->request.origin);
    if (pool != pools.end()) {
        std::erase(pool->second.waiting, call);
    }
}

/// Starts what waits, as far as there is room, and makes room.
void ClientState::pump(const std::string& name) {
    Pool& pool = pools[name];
    while (!pool.waiting.empty()) {
        const auto found = std::ranges::find_if(
            pool.connections, [](const auto& connection) { return connection->can_start(); });
        if (found == pool.connections.end()) {
            break;
        }
        const std::shared_ptr<ClientCallState> call = std::move(pool.waiting.front());
        pool.waiting.pop_front();
        // It stays until it has started, also when that ends it, and it leaves the pool.
        std::shared_ptr<ClientConnection>(*found)->start(call);
    }
    while (!ended && wants_another(pool)) {
        open(name, pool);
    }
}

bool ClientState::wants_another(const Pool& pool) const {
    const auto opening = static_cast<std::size_t>(std::ranges::count_if(
        pool.connections, [](const auto& connection) { return !connection->is_open(); }));
    // Until the first has said which version it speaks, it may be one for all.
    const bool may_share = pool.origin.secure || options->plain_version == http::Version::http_2;
    const std::size_t wanted =
        may_share ? std::min<std::size_t>(1, pool.waiting.size()) : pool.waiting.size();
    return opening < wanted && pool.connections.size() < options->connections_max;
}

void ClientState::open(const std::string& name, Pool& pool) {
    auto connection = std::make_shared<ClientConnection>(
        pool.origin, thread, options, tls,
        [weak = weak_from_this(), name](ClientConnection& which) {
            if (const auto self = weak.lock()) {
                self->changed(name, which);
            }
        });
    pool.connections.push_back(connection);
    connection->connect();
}

void ClientState::changed(const std::string& name, ClientConnection& connection) {
    Pool& pool = pools[name];
    if (connection.is_closed()) {
        std::erase_if(pool.connections, [&](const auto& one) { return one.get() == &connection; });
        // Nobody else will serve those that wait; or, if somebody may, one is told at least, so
        // that trying ends.
        const bool alone = pool.connections.empty();
        while (!connection.was_open() && !pool.waiting.empty()) {
            const auto call = std::move(pool.waiting.front());
            pool.waiting.pop_front();
            call->fail(http::connection_error(
                "no connection to " + name + ": " + connection.failure(), false));
            if (!alone) {
                break;
            }
        }
    }
    // Not from here: the connection is in the middle of something.
    thread->post([weak = weak_from_this(), name] {
        if (const auto self = weak.lock()) {
            self->pump(name);
        }
    });
}

void ClientState::end() {
    ended = true;
    for (auto& [name, pool] : pools) {
        for (const auto& call : std::exchange(pool.waiting, {})) {
            call->fail(was_closed());
        }
        const auto connections = pool.connections;
        for (const auto& connection : connections) {
            connection->close("the client was closed");
        }
    }
}

Result<std::unique_ptr<Client>> Client::create(ClientOptions options) {
    if (options.runtime == nullptr) {
        options.runtime = Runtime::shared();
    }
    auto state = std::make_shared<ClientState>();
    TURNTABLE_TRY(state->tls, TlsContext::client(options.authorities, options.verify));
    state->options = std::make_shared<const ClientOptions>(std::move(options));
    return std::make_unique<Client>(std::move(state));
}

Client::Client(std::shared_ptr<ClientState> state) : state_(std::move(state)) {}

Client::~Client() { close(); }

Async<ClientResponse> Client::fetch(ClientRequest request, const Context& context) {
    if (auto good = check(request); !good) {
        return http::never_sent(std::move(good).error());
    }
    const Result<Origin> origin = parse_origin(request.origin);
    if (!origin) {
        return http::never_sent(origin.error());
    }
    const auto& runtime = state_->options->runtime;
    Promise<ClientResponse> promise(*runtime, context);
    auto async = promise.take_async();
    auto call = std::make_shared<ClientCallState>();
    call->runtime = runtime;
    call->outgoing = {.method = request.method,
                      .target = request.target,
                      .authority = origin->authority,
                      .secure = origin->secure,
                      .headers = std::move(request.headers),
                      .body = std::move(request.body)};
    call->request = std::move(request);
    call->promise.emplace(std::move(promise));
    const std::lock_guard lock(state_->mutex);
    if (state_->closed) {
        return was_closed();
    }
    state_->thread->post([state = state_, call, origin = *origin] { state->begin(call, origin); });
    return async;
}

void Client::close() {
    {
        const std::lock_guard lock(state_->mutex);
        if (std::exchange(state_->closed, true)) {
            return;
        }
    }
    std::promise<void> ended;
    state_->thread->post([&] {
        state_->end();
        ended.set_value();
    });
    ended.get_future().wait();
    state_->thread->stop();
}

Async<Bytes> read_all(Stream<Bytes> body, std::size_t limit, Context context) {
    std::string all;
    Bytes only;
    while (true) {
        auto next = body.next(context);
        auto& piece = co_await next;
        if (!piece) {
            co_return std::move(piece.error());
        }
        if (!*piece) {
            break;
        }
        if (all.size() + only.size() + (*piece)->size() > limit) {
            co_return Error(ErrorCode::limit_exceeded, "the body is larger than allowed")
                .with("limit", std::to_string(limit));
        }
        if (all.empty() && only.empty()) {
            only = **std::move(piece);  // most are of one piece
        } else {
            all += all.empty() ? only.text() : std::string_view();
            only = Bytes();
            all += (*piece)->text();
        }
    }
    co_return all.empty() ? std::move(only) : Bytes::take(std::move(all));
}

}  // namespace turntable::inline v0::net
