#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/server.hpp"
#include "server/service.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/kv/http.hpp"
#include "turntable/kv/lmdb.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/kv/sqlite.hpp"

namespace http_test {

using namespace turntable;

inline constexpr std::string_view secret = "correct-horse-battery";

/// What a database is made of that is served: the engine, in a folder of its own.
inline Result<kv::AnyBackend> open_engine(const std::string& engine, const std::string& path,
                                          const std::shared_ptr<Runtime>& runtime) {
    if (engine == "memory") {
        kv::MemoryOptions options;
        options.runtime = runtime;
        return kv::AnyBackend(kv::MemoryBackend(options));
    }
    if (engine == "sqlite") {
        TURNTABLE_TRY(kv::SqliteBackend backend, kv::open_sqlite({.path = path}, runtime));
        return kv::AnyBackend(std::move(backend));
    }
    TURNTABLE_TRY(kv::LmdbBackend backend, kv::open_lmdb({.path = path}, runtime));
    return kv::AnyBackend(std::move(backend));
}

/// A database and a server for it on this machine.
///
/// `stop` ends the server and leaves the database; `start` serves it again, at the same port and
/// with a memory of its own, as after a restart.
class Served {
  public:
    Served(kv::AnyBackend backend, std::shared_ptr<Runtime> runtime, net::ServerOptions how = {})
        : runtime_(std::move(runtime)),
          database_(std::move(backend), runtime_, "served:"),
          how_(std::move(how)) {
        how_.listen = {"127.0.0.1:0"};
        how_.runtime = runtime_;
        how_.threads = 2;
        start();
        how_.listen = server_->addresses();
    }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;
    ~Served() {
        stop();
        (void)database_.close();
    }

    void start() {
        auto service = server::Service::create(
            {.runtime = runtime_,
             .settings = settings,
             .databases = {{.name = "main", .database = database_}},
             .access = std::make_shared<server::LiveAccess>(std::vector<server::AccessToken>{
                 {.name = "all", .secret = std::string(secret)}})});
        how_.handler = wrap ? wrap(*service) : *service;
        server_ = net::Server::start(how_).value();
    }
    void stop() {
        if (server_ != nullptr) {
            server_->stop(std::chrono::milliseconds(0));
            server_.reset();
        }
    }
    const kv::Database& database() const { return database_; }
    net::Server& server() { return *server_; }
    /// "127.0.0.1:PORT"
    const std::string& address() const { return how_.listen.at(0); }
    std::uint16_t port() const {
        return static_cast<std::uint16_t>(std::stoi(address().substr(address().rfind(':') + 1)));
    }
    std::string url() const { return (how_.tls ? "https://" : "http://") + address(); }
    kv::HttpOptions options() const {
        kv::HttpOptions options;
        options.url = url();
        options.access_token = secret;
        return options;
    }

    server::Settings settings = {};
    /// What stands before the service, from the next start on.
    std::function<std::shared_ptr<net::http::Handler>(std::shared_ptr<server::Service>)> wrap = {};

  private:
    std::shared_ptr<Runtime> runtime_;
    kv::Database database_;
    net::ServerOptions how_;
    std::unique_ptr<net::Server> server_;
};

/// An open client, which has made its exchange.
inline Result<kv::AnyBackend> connected(kv::HttpOptions options,
                                        const std::shared_ptr<Runtime>& runtime) {
    TURNTABLE_TRY(kv::HttpBackend backend, kv::open_http(std::move(options), runtime));
    TURNTABLE_CHECK(backend.connect().wait());
    return kv::AnyBackend(std::move(backend));
}

}  // namespace http_test
