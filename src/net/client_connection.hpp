#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/address.hpp"
#include "net/client_call.hpp"
#include "net/tls.hpp"

namespace turntable::inline v0::net {

/// Where requests go, taken apart.
struct Origin {
    bool secure = false;
    /// Of a unix socket; else empty.
    std::string path;
    std::string host;
    std::string port;
    /// What `host` and `:authority` say.
    std::string authority;
};
Result<Origin> parse_origin(std::string_view text);

/// Moves bytes between a server and the protocol of a client.
///
/// Purpose: connects, encrypts, and gives each call what is said of it.
/// Ownership: shared by what it waits for; `changed` is called when calls can start, or when it has
/// closed, until it has.
/// Threads: all calls on the thread of the client. Errors: fail the calls.
class ClientConnection : public std::enable_shared_from_this<ClientConnection> {
  public:
    using Changed = std::function<void(ClientConnection&)>;

    ClientConnection(const Origin& origin, std::shared_ptr<IoThread> thread,
                     std::shared_ptr<const ClientOptions> options,
                     std::shared_ptr<const TlsContext> tls, Changed changed);
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;
    ~ClientConnection();

    void connect();
    bool is_open() const noexcept { return protocol_ != nullptr && !closed_; }
    bool is_closed() const noexcept { return closed_; }
    bool was_open() const noexcept { return protocol_ != nullptr; }
    bool can_start() const { return is_open() && !silent_ && protocol_->can_start(); }
    void start(const std::shared_ptr<ClientCallState>& call);
    void cancel(http::CallId call);
    void consumed(http::CallId call, std::size_t bytes);
    void close(const std::string& why);
    /// Why it never opened.
    const std::string& failure() const noexcept { return failure_; }

  private:
    using Socket = boost::asio::basic_stream_socket<Protocol>;
    using SystemError = boost::system::error_code;

    void connect_to(const Protocol::endpoint& endpoint,
                    std::function<void(const SystemError&)> then);
    void try_next(std::shared_ptr<boost::asio::ip::tcp::resolver::results_type> found,
                  boost::asio::ip::tcp::resolver::results_type::const_iterator next);
    void connected();
    void open(http::Version version);
    void update();
    void dispatch();
    void wait_readable();
    bool read_some();
    bool receive(ByteView bytes);
    bool write_some();
    bool collect_output();
    void wait_writable();

    Origin origin_;
    std::shared_ptr<IoThread> thread_;
    std::shared_ptr<const ClientOptions> options_;
    std::shared_ptr<const TlsContext> tls_context_;
    Changed changed_;
    Socket socket_;
    boost::asio::ip::tcp::resolver resolver_;
    std::unique_ptr<TlsConnection> tls_;
    std::unique_ptr<http::ClientProtocol> protocol_;
    http::Version version_ = http::Version::http_1_1;
    std::unordered_map<http::CallId, std::shared_ptr<ClientCallState>> calls_;
    std::string failure_;
    std::string output_;
    std::size_t written_ = 0;
    std::string scratch_;
    Timers::Id timer_ = 0;
    bool reading_ = false;
    bool writing_ = false;
    bool updating_ = false;
    bool again_ = false;
    /// When something came last.
    Instant heard_ = {};
    bool silent_ = false;
    bool closed_ = false;
};

}  // namespace turntable::inline v0::net
