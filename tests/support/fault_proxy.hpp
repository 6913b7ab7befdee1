#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace turntable::test {

/// What befalls one connection; nothing by default.
struct Fault {
    /// So many bytes of the server's answers pass, and then the connection ends on both sides.
    std::optional<std::size_t> cut_replies_after = {};
    /// So many bytes of the client's requests pass, and then likewise.
    std::optional<std::size_t> cut_requests_after = {};
    /// As cut_requests_after, but only the way to the server ends: it has read a whole stream.
    std::optional<std::size_t> half_close_after = {};
    /// So many bytes of the requests pass, and the rest waits until FaultProxy::release, even if
    /// the client has gone meanwhile.
    std::optional<std::size_t> hold_requests_after = {};
    /// The same for the answers.
    std::optional<std::size_t> hold_replies_after = {};
};

/// Stands between a client and a server, over sockets of this machine, and breaks connections.
///
/// Purpose: trouble that a peer cannot make on demand. Each connection has a thread for each way.
/// Ownership: owns sockets and threads. Threads: all functions from the test's thread; `plan` is
/// called from the proxy's, before it connects to the server. Errors: a proxy that cannot listen
/// ends the test.
class FaultProxy {
  public:
    using Plan = std::function<Fault(int connection)>;

    /// To 127.0.0.1:`port`. `plan` says what befalls each connection, counted from 0.
    FaultProxy(std::uint16_t port, Plan plan);
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;
    ~FaultProxy();

    std::uint16_t port() const noexcept { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    int connections() const;
    /// Lets go of everything that is held now, and holds nothing more.
    void release();
    /// Waits until bytes of some connection are held.
    void wait_until_it_holds();

  private:
    struct Connection;
    enum class Way : std::uint8_t { requests, replies };

    void accept_all();
    void pump(const std::shared_ptr<Connection>& connection, Way way);
    void wait_released();

    Plan plan_;
    std::uint16_t server_port_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool released_ = false;
    int held_ = 0;
    std::vector<std::shared_ptr<Connection>> connections_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

}  // namespace turntable::test
