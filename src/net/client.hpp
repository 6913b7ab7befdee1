#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "net/http/client_protocol.hpp"
#include "turntable/core/async.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/stream.hpp"

namespace turntable::inline v0::net {

/// How a client connects.
struct ClientOptions {
    /// Clock, timers and where continuations go on; null: the shared one.
    std::shared_ptr<Runtime> runtime = nullptr;
    /// PEM file with the authorities that are believed; empty: those of the system.
    std::string authorities = {};
    /// Believe a server only if its certificate is good and has its name.
    bool verify = true;
    /// Over plain connections: HTTP/2 without asking (prior knowledge), else HTTP/1.1. Over TLS
    /// both ends agree.
    http::Version plain_version = http::Version::http_1_1;
    /// Connections of HTTP/1.1 to one server; calls beyond wait.
    std::size_t connections_max = 16;
    /// Until a connection is there, and encrypted if it is to be.
    std::chrono::milliseconds connect_time{10'000};
    /// A connection on which a call was given up gets no further ones if nothing at all has come
    /// over it for so long: it may be dead, and only the system would notice, much later.
    std::chrono::milliseconds silence{10'000};
    http::Limits limits = {};
};

/// A request to a server.
struct ClientRequest {
    std::string method = "GET";
    /// "http://host:port", "https://host" or "unix:/path/of/socket".
    std::string origin = {};
    /// Path and query.
    std::string target = "/";
    http::Headers headers = {};
    Bytes body = {};
};

/// What the server answers; the body comes as it is read.
struct ClientResponse {
    int status = 0;
    http::Headers headers;
    Stream<Bytes> body;
    http::Version version = http::Version::http_1_1;
};

struct ClientState;

/// Asks servers over HTTP.
///
/// Purpose: connections that are made when needed, used again, and shared: one connection of HTTP/2
/// carries many calls. Redirects are answers like any other.
/// Ownership: owns a thread and its connections. Closing, or the end of the client, fails what is
/// under way. Answers and bodies may outlive it.
/// Threads: all functions may be called from any thread; a body as a Stream.
/// Errors: `invalid_argument` for a request that cannot be sent; `timeout` and `cancelled` by the
/// context; `closed`; `io`, temporary, for a connection that fails. `http::may_have_been_sent` says
/// whether the server may have seen the request; an error in the body comes after that anyway.
class TURNTABLE_EXPORT Client {
  public:
    static Result<std::unique_ptr<Client>> create(ClientOptions options = {});

    explicit Client(std::shared_ptr<ClientState> state);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    /// Ready when the head of the answer is there. Dropping the body ends the call.
    Async<ClientResponse> fetch(ClientRequest request, const Context& context = {});
    void close();

  private:
    std::shared_ptr<ClientState> state_;
};

/// The whole body, if it has at most `limit` bytes.
TURNTABLE_EXPORT Async<Bytes> read_all(Stream<Bytes> body, std::size_t limit, Context context = {});

}  // namespace turntable::inline v0::net
