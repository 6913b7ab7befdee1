#include "support/fault_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace turntable::test {

namespace {

sockaddr_in local(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

}  // namespace

/// Two sockets, closed with the last of its threads.
struct FaultProxy::Connection {
    Connection(int to_client, int to_server, Fault what)
        : client(to_client), server(to_server), fault(what) {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() {
        ::close(client);
        ::close(server);
    }
    void end() const {
        ::shutdown(client, SHUT_RDWR);
        ::shutdown(server, SHUT_RDWR);
    }

    int client;
    int server;
    Fault fault;
};

FaultProxy::FaultProxy(std::uint16_t port, Plan plan) : plan_(std::move(plan)), server_port_(port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        std::abort();
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

FaultProxy::~FaultProxy() {
    release();
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
        const std::scoped_lock guard(mutex_);
        for (const auto& connection : connections_) {
            connection->end();
        }
    }
    for (std::thread& thread : threads_) {
        thread.join();
    }
    ::close(listener_);
}

void FaultProxy::accept_all() {
    while (true) {
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) {
            return;
        }
        const Fault fault = plan_(connections());
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = local(server_port_);
        if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            ::close(server);
            ::close(client);
            continue;
        }
        const int on = 1;
        ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const std::scoped_lock guard(mutex_);
        const auto connection = std::make_shared<Connection>(client, server, fault);
        connections_.push_back(connection);
        for (const Way way : {Way::requests, Way::replies}) {
            threads_.emplace_back([this, connection, way] { pump(connection, way); });
        }
    }
}

void FaultProxy::wait_released() {
    std::unique_lock lock(mutex_);
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return released_; });
    --held_;
    changed_.notify_all();
}

void FaultProxy::pump(const std::shared_ptr<Connection>& connection, Way way) {
    const bool is_request = way == Way::requests;
    const int from = is_request ? connection->client : connection->server;
    const int to = is_request ? connection->server : connection->client;
    const Fault& fault = connection->fault;
    const auto cut = is_request ? fault.cut_requests_after : fault.cut_replies_after;
    const auto hold = is_request ? fault.hold_requests_after : fault.hold_replies_after;
    const auto half = is_request ? fault.half_close_after : std::nullopt;
    std::array<char, 16384> buffer{};
    std::size_t passed = 0;
    while (true) {
        const ssize_t count = ::recv(from, buffer.data(), buffer.size(), 0);
        if (count <= 0) {
            break;
        }
        std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
        const auto left = [&](std::size_t after) {
            return std::min(bytes.size(), after > passed ? after - passed : 0);
        };
        if (hold && left(*hold) < bytes.size()) {
            send_all(to, bytes.substr(0, left(*hold)));
            bytes.remove_prefix(left(*hold));
            wait_released();
        }
        const auto end = cut ? cut : half;
        const std::string_view passing = end ? bytes.substr(0, left(*end)) : bytes;
        if (!send_all(to, passing)) {
            break;
        }
        passed += static_cast<std::size_t>(count);
        if (end && passing.size() < bytes.size()) {
            if (half) {
                ::shutdown(to, SHUT_WR);
                return;  // the answers still pass
            }
            connection->end();
            return;
        }
    }
    ::shutdown(to, SHUT_WR);
    if (!is_request) {
        ::shutdown(from, SHUT_RD);
    }
}

int FaultProxy::connections() const {
    const std::scoped_lock guard(mutex_);
    return static_cast<int>(connections_.size());
}

void FaultProxy::release() {
    const std::scoped_lock guard(mutex_);
    released_ = true;
    changed_.notify_all();
}

void FaultProxy::wait_until_it_holds() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return held_ > 0; });
}

}  // namespace turntable::test
