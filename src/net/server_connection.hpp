#pragma once

#include <memory>
#include <string>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/system/error_code.hpp>

#include "net/address.hpp"
#include "net/http/server_session.hpp"
#include "net/io_thread.hpp"
#include "net/tls.hpp"

namespace turntable::inline v0::net {

using Socket = boost::asio::basic_stream_socket<Protocol>;

/// Moves bytes between a socket and a session.
///
/// Purpose: the only part of a connection that does input and output.
/// Ownership: shared by what it waits for; `ended` is called once, when nothing of it goes on: the
/// socket is closed and the handler has answered all.
/// Threads: all calls on its I/O thread. Errors: end the connection.
class ServerConnection : public std::enable_shared_from_this<ServerConnection> {
  public:
    using Ended = std::function<void(ServerConnection&)>;

    ServerConnection(Socket socket, std::shared_ptr<IoThread> thread,
                     std::shared_ptr<const http::SessionOptions> options, Ended ended);
    ServerConnection(const ServerConnection&) = delete;
    ServerConnection& operator=(const ServerConnection&) = delete;
    ~ServerConnection();

    /// `tls` is null for a plain connection.
    void start(const std::shared_ptr<const TlsContext>& tls);
    void drain();
    /// Without a word to the other end.
    void close_now();

  private:
    void begin_session(std::optional<http::Version> version);
    void update();
    void wait_readable();
    void on_readable(const boost::system::error_code& error);
    /// Reads what is there; false: the connection is over.
    bool read_some();
    bool receive(ByteView bytes);
    /// Moves output from the session to the socket; false: the connection is over.
    bool write_some();
    bool collect_output();
    void wait_writable();
    void begin_linger();
    void arm_timer();
    void on_timer();
    void end(http::CloseReason reason);
    void tell_when_ended();
    Instant now() const { return options_->runtime->clock().steady_now(); }

    Socket socket_;
    std::shared_ptr<IoThread> thread_;
    std::shared_ptr<const http::SessionOptions> options_;
    Ended ended_;
    http::Peer peer_;
    std::unique_ptr<TlsConnection> tls_;
    std::shared_ptr<http::ServerSession> session_;
    /// Goes over the wire next, from `written_` on.
    std::string output_;
    std::size_t written_ = 0;
    /// How much of the session's output that is.
    std::size_t of_session_ = 0;
    std::string scratch_;
    Instant linger_until_ = Instant::max();
    Instant handshake_until_ = Instant::max();
    Instant armed_ = Instant::max();
    Timers::Id timer_ = 0;
    bool reading_ = false;
    bool writing_ = false;
    bool updating_ = false;
    bool lingering_ = false;
    bool closed_ = false;
};

}  // namespace turntable::inline v0::net
