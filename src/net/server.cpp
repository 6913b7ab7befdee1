#include "net/server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_map>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/error.hpp>

#include "net/server_connection.hpp"

namespace turntable::inline v0::net {

namespace {

namespace asio = boost::asio;
using SystemError = boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<Protocol>;

constexpr std::chrono::milliseconds accept_again{100};

Error cannot_listen(const std::string& address, const std::string& why) {
    return Error(ErrorCode::io, "cannot listen on " + address + ": " + why);
}

/// A socket that an ended program left behind is in the way, and nobody listens on it.
Result<void> clear_path(const Protocol::endpoint& endpoint, asio::io_context& context) {
    const std::string text = to_text(endpoint);
    const std::string path = text.substr(text.find(':') + 1);
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0) {
        return {};
    }
    if (!S_ISSOCK(found.st_mode)) {
        return Error(ErrorCode::already_exists,
                     "cannot listen on " + text + ": there is a file that is no socket");
    }
    Socket probe(context);
    SystemError error;
    probe.connect(endpoint, error);
    if (!error) {
        return Error(ErrorCode::already_exists,
                     "cannot listen on " + text + ": another program does");
    }
    if (error == asio::error::connection_refused) {
        ::unlink(path.c_str());
    }
    return {};
}

struct Listener {
    explicit Listener(asio::io_context& context) : acceptor(context) {}
    Acceptor acceptor;
    bool encrypts = false;
    /// To be removed at the end.
    std::string path;
};

/// A thread and the connections on it; the map is touched there only.
struct Worker {
    std::shared_ptr<IoThread> thread = std::make_shared<IoThread>();
    std::shared_ptr<const http::SessionOptions> session_options;
    std::unordered_map<ServerConnection*, std::shared_ptr<ServerConnection>> connections;
};

}  // namespace

struct ServerState {
    explicit ServerState(ServerOptions given) : options(std::move(given)) {}
    ~ServerState() { end_threads(); }
    ServerState(const ServerState&) = delete;
    ServerState& operator=(const ServerState&) = delete;

    void start_workers();
    Result<void> listen(const std::string& text);
    void accept(Listener& listener);
    void accepted(Listener& listener, Socket socket, Worker& worker);
    void begin(Worker& worker, Socket socket, std::shared_ptr<const TlsContext> context);
    void close_listeners();
    void for_each_connection(void (ServerConnection::*function)());
    bool wait_until_empty(Instant deadline);
    void end_threads();
    void log(LogLevel level, std::string_view message, const std::string& detail) const {
        const std::array<LogField, 1> fields = {{{"detail", std::string_view(detail)}}};
        options.runtime->log(level, "net", message, fields);
    }

    ServerOptions options;
    std::vector<std::unique_ptr<Worker>> workers;
    std::vector<std::unique_ptr<Listener>> listeners;
    std::vector<std::string> addresses;
    std::size_t next_worker = 0;
    std::atomic<bool> stopping{false};
    std::atomic<std::uint64_t> accepted_count{0};
    std::atomic<std::uint64_t> refused_count{0};

    std::mutex mutex;
    std::condition_variable changed;
    std::shared_ptr<const TlsContext> tls;
    /// Connections that have not ended.
    std::size_t open = 0;
};

void ServerState::start_workers() {
    const unsigned count =
        options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < count; ++i) {
        auto worker = std::make_unique<Worker>();
        auto own = std::make_shared<http::SessionOptions>();
        own->limits = options.limits;
        own->handler = options.handler;
        own->runtime = options.runtime;
        own->executor = worker->thread;
        own->gzip_from_bytes = options.gzip_from_bytes;
        worker->session_options = std::move(own);
        workers.push_back(std::move(worker));
    }
}

Result<void> ServerState::listen(const std::string& text) {
    TURNTABLE_TRY(Protocol::endpoint endpoint, parse_address(text));
    asio::io_context& context = workers.front()->thread->context();
    if (is_unix(endpoint)) {
        TURNTABLE_CHECK(clear_path(endpoint, context));
    }
    auto listener = std::make_unique<Listener>(context);
    listener->encrypts = options.tls && !is_unix(endpoint);
    Acceptor& acceptor = listener->acceptor;
    SystemError error;
    acceptor.open(endpoint.protocol(), error);
    if (!error && !is_unix(endpoint)) {
        acceptor.set_option(Acceptor::reuse_address(true), error);
    }
    if (!error) {
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(Acceptor::max_listen_connections, error);
    }
    if (error) {
        return error == asio::error::address_in_use
                   ? Error(ErrorCode::already_exists,
                           "cannot listen on " + text + ": another program does")
                   : cannot_listen(text, error.message());
    }
    const Protocol::endpoint taken = acceptor.local_endpoint(error);
    addresses.push_back(is_unix(endpoint) ? text : to_text(taken));
    if (is_unix(endpoint)) {
        listener->path = text.substr(text.find(':') + 1);
    }
    listeners.push_back(std::move(listener));
    return {};
}

void ServerState::accept(Listener& listener) {
    Worker& worker = *workers[next_worker++ % workers.size()];
    listener.acceptor.async_accept(
        worker.thread->context(),
        [this, &listener, &worker](const SystemError& error, Socket socket) {
            if (error == asio::error::operation_aborted || stopping) {
                return;
            }
            if (!error) {
                accepted(listener, std::move(socket), worker);
                return accept(listener);
            }
            // Out of descriptors or memory: others may end meanwhile.
            log(LogLevel::warning, "a connection could not be accepted", error.message());
            const std::shared_ptr<IoThread> thread = workers.front()->thread;
            options.runtime->timers().call_at(options.runtime->clock().steady_now() + accept_again,
                                              [this, &listener, thread] {
                                                  thread->post([this, &listener] {
                                                      if (!stopping) {
                                                          accept(listener);
                                                      }
                                                  });
                                              });
        });
}

void ServerState::accepted(Listener& listener, Socket socket, Worker& worker) {
    std::shared_ptr<const TlsContext> context;
    {
        const std::lock_guard lock(mutex);
        if (open >= options.connections_max) {
            ++refused_count;
            return;  // closed with the socket
        }
        ++open;
        context = listener.encrypts ? tls : nullptr;
    }
    ++accepted_count;
    auto held = std::make_shared<Socket>(std::move(socket));
    worker.thread->post([this, &worker, held, context = std::move(context)]() mutable {
        begin(worker, std::move(*held), std::move(context));
    });
}

void ServerState::begin(Worker& worker, Socket socket, std::shared_ptr<const TlsContext> context) {
    auto ended = [this, &worker](ServerConnection& connection) {
        worker.connections.erase(&connection);
        const std::lock_guard lock(mutex);
        --open;
        changed.notify_all();
    };
    auto connection = std::make_shared<ServerConnection>(std::move(socket), worker.thread,
                                                         worker.session_options, std::move(ended));
    worker.connections.emplace(connection.get(), connection);
    connection->start(context);
    if (stopping) {
        connection->drain();
    }
}

void ServerState::close_listeners() {
    if (listeners.empty()) {
        return;
    }
    std::promise<void> closed;
    workers.front()->thread->post([this, &closed] {
        for (const auto& listener : listeners) {
            SystemError ignored;
            listener->acceptor.close(ignored);
            if (!listener->path.empty()) {
                ::unlink(listener->path.c_str());
            }
        }
        closed.set_value();
    });
    closed.get_future().wait();
}

void ServerState::for_each_connection(void (ServerConnection::*function)()) {
    for (const auto& worker : workers) {
        worker->thread->post([&connections = worker->connections, function] {
            std::vector<std::shared_ptr<ServerConnection>> all;
            for (const auto& [key, connection] : connections) {
                all.push_back(connection);
            }
            for (const auto& connection : all) {
                (connection.get()->*function)();
            }
        });
    }
}

bool ServerState::wait_until_empty(Instant deadline) {
    std::unique_lock lock(mutex);
    Clock& clock = options.runtime->clock();
    while (open != 0 && clock.steady_now() < deadline) {
        clock.wait_until(lock, changed, deadline);
    }
    return open == 0;
}

void ServerState::end_threads() {
    for (const auto& worker : workers) {
        worker->thread->stop();
    }
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
    if (options.listen.empty() || options.handler == nullptr) {
        return Error(ErrorCode::invalid_config,
                     "a server needs an address to listen on and a handler");
    }
    if (options.runtime == nullptr) {
        options.runtime = Runtime::shared();
    }
    auto state = std::make_unique<ServerState>(std::move(options));
    if (const auto& files = state->options.tls) {
        TURNTABLE_TRY(state->tls, TlsContext::server(files->certificate, files->key));
    }
    state->start_workers();
    for (const std::string& address : state->options.listen) {
        if (auto listening = state->listen(address); !listening) {
            state->close_listeners();
            return listening.error();
        }
    }
    ServerState& started = *state;
    started.workers.front()->thread->post([&started] {
        for (const auto& listener : started.listeners) {
            started.accept(*listener);
        }
    });
    return std::make_unique<Server>(std::move(state));
}

Server::Server(std::unique_ptr<ServerState> state) : state_(std::move(state)) {}

Server::~Server() { stop(std::chrono::milliseconds(0)); }

const std::vector<std::string>& Server::addresses() const noexcept { return state_->addresses; }

Result<void> Server::reload_certificate() {
    const auto& files = state_->options.tls;
    if (!files) {
        return Error(ErrorCode::invalid_config, "this server has no certificate");
    }
    TURNTABLE_TRY(auto context, TlsContext::server(files->certificate, files->key));
    const std::lock_guard lock(state_->mutex);
    state_->tls = std::move(context);
    return {};
}

ServerNumbers Server::numbers() const noexcept {
    const std::lock_guard lock(state_->mutex);
    return {.accepted = state_->accepted_count,
            .refused = state_->refused_count,
            .connections = state_->open};
}

bool Server::stop(std::chrono::milliseconds grace) {
    if (state_->stopping.exchange(true)) {
        return true;
    }
    state_->close_listeners();
    state_->for_each_connection(&ServerConnection::drain);
    const bool in_time =
        state_->wait_until_empty(state_->options.runtime->clock().steady_now() + grace);
    if (!in_time) {
        state_->for_each_connection(&ServerConnection::close_now);
        state_->wait_until_empty(Instant::max());
    }
    state_->end_threads();
    return in_time;
}

}  // namespace turntable::inline v0::net
