// What a server does to connections on which nothing comes, over sockets of this machine.
#include "net/server.hpp"

#include <array>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

namespace {

using namespace turntable;
namespace http = net::http;

class Hello final : public http::Handler {
  public:
    std::uint64_t body_limit(const http::RequestHead&) override { return 0; }
    Async<http::Response> handle(http::Request, const Context&) override {
        return http::Response{.body = Bytes::copy("hello")};
    }
};

/// A plain socket to an address of the form "127.0.0.1:PORT".
class RawClient {
  public:
    explicit RawClient(const std::string& address) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port =
            htons(static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1))));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
        connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
    }
    ~RawClient() { ::close(socket_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    bool is_connected() const { return connected_; }
    void send(const std::string& bytes) {
        EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    /// All that comes until the server closes the connection.
    std::string receive() {
        std::string all;
        std::array<char, 4096> piece;
        ssize_t count = 0;
        while ((count = ::recv(socket_, piece.data(), piece.size(), 0)) > 0) {
            all.append(piece.data(), static_cast<std::size_t>(count));
        }
        return all;
    }

  private:
    int socket_ = -1;
    bool connected_ = false;
};

net::ServerOptions quick() {
    net::ServerOptions options;
    options.listen = {"127.0.0.1:0"};
    options.handler = std::make_shared<Hello>();
    options.threads = 1;
    options.limits.head_time = std::chrono::milliseconds(50);
    options.limits.idle_time = std::chrono::milliseconds(50);
    return options;
}

TEST(Server, ClosesConnectionsOnWhichNothingComes) {
    const auto server = net::Server::start(quick()).value();
    RawClient silent(server->addresses()[0]);
    EXPECT_EQ(silent.receive(), "");
    RawClient idle(server->addresses()[0]);
    idle.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    EXPECT_THAT(idle.receive(), testing::EndsWith("hello"));
    RawClient slow(server->addresses()[0]);
    slow.send("GET / HT");
    EXPECT_THAT(slow.receive(), testing::StartsWith("HTTP/1.1 408"));
}

TEST(Server, ClosesConnectionsThatDoNotGetEncrypted) {
    const test::TempFolder folder;
    const auto [status, output] =
        test::run_program({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                           "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test",
                           "-out", folder.file("c"), "-keyout", folder.file("k")});
    ASSERT_EQ(status, 0) << output;
    net::ServerOptions options = quick();
    options.tls = net::TlsFiles{folder.file("c"), folder.file("k")};
    const auto server = net::Server::start(std::move(options)).value();
    RawClient silent(server->addresses()[0]);
    EXPECT_EQ(silent.receive(), "");
}

TEST(Server, ListensNoMoreOnceItHasStopped) {
    const auto server = net::Server::start(quick()).value();
    const std::string address = server->addresses()[0];
    EXPECT_TRUE(RawClient(address).is_connected());
    EXPECT_TRUE(server->stop(std::chrono::milliseconds(5000)));
    EXPECT_FALSE(RawClient(address).is_connected());
    EXPECT_EQ(server->numbers().connections, 0U);
}

TEST(Server, SaysWhatIsWrongWithItsOptions) {
    const auto code = [](net::ServerOptions options) {
        return net::Server::start(std::move(options)).error().code();
    };
    EXPECT_EQ(code({}), ErrorCode::invalid_config);
    for (const char* address : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
                                "::1:80", "[127.0.0.1]:80", "name:80", "unix:"}) {
        net::ServerOptions options = quick();
        options.listen = {address};
        EXPECT_EQ(code(std::move(options)), ErrorCode::invalid_config) << address;
    }
    net::ServerOptions no_certificate = quick();
    no_certificate.tls = net::TlsFiles{"/nowhere/c", "/nowhere/k"};
    EXPECT_EQ(code(std::move(no_certificate)), ErrorCode::invalid_config);
    const auto server = net::Server::start(quick()).value();
    net::ServerOptions taken = quick();
    taken.listen = {server->addresses()[0]};
    EXPECT_EQ(code(std::move(taken)), ErrorCode::already_exists);
    EXPECT_EQ(server->reload_certificate().error().code(), ErrorCode::invalid_config);
}

}  // namespace
