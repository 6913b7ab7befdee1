#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/http/handler.hpp"
#include "net/http/limits.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::net {

/// PEM files of a server that encrypts.
struct TlsFiles {
    std::string certificate;
    std::string key;
};

/// What a server is made of.
struct ServerOptions {
    /// "127.0.0.1:4512", "[::1]:0", "unix:/run/x.sock"; port 0 takes one that is free.
    std::vector<std::string> listen;
    std::shared_ptr<http::Handler> handler;
    /// Clock and log; null: the shared one.
    std::shared_ptr<Runtime> runtime = nullptr;
    /// Threads that move bytes and call the handler; 0: one for each processor.
    unsigned threads = 0;
    /// More are closed as soon as they come.
    std::size_t connections_max = 20'000;
    http::Limits limits = {};
    /// For TCP; connections over unix sockets are plain.
    std::optional<TlsFiles> tls = std::nullopt;
    /// Answers from so many bytes on go out in gzip to those who accept it; 0: none.
    std::size_t gzip_from_bytes = 1024;
};

/// Counts since the start, and what is now.
struct ServerNumbers {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    std::uint64_t connections = 0;
};

struct ServerState;

/// Listens, and answers requests through a handler.
///
/// Purpose: HTTP/1.1 and HTTP/2 on the same port, over TCP, TLS and unix sockets.
/// Ownership: owns its threads and sockets; shares handler and runtime. Stopping waits for answers
/// that are pending: a handler must complete what it is asked to stop.
/// Threads: all functions may be called from any thread that is not the library's own; `stop` at
/// most once at a time.
/// Errors: from `start`: `invalid_config` for an address or a certificate that is none, `io` or
/// `already_exists` for an address that cannot be listened on. What goes wrong on a connection ends
/// that connection.
class TURNTABLE_EXPORT Server {
  public:
    static Result<std::unique_ptr<Server>> start(ServerOptions options);

    explicit Server(std::unique_ptr<ServerState> state);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    /// Stops without grace.
    ~Server();

    /// Where it listens, in the order of the options, with the ports that were taken.
    const std::vector<std::string>& addresses() const noexcept;
    /// New connections are shown what the files of the certificate hold now. After an error the
    /// old ones go on being used.
    Result<void> reload_certificate();
    ServerNumbers numbers() const noexcept;
    /// Accepts no more, lets requests under way be answered, and returns when all connections have
    /// ended; those that are left after `grace` are broken off. False: some were.
    bool stop(std::chrono::milliseconds grace);

  private:
    std::unique_ptr<ServerState> state_;
};

}  // namespace turntable::inline v0::net
