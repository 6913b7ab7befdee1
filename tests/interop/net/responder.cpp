// responder [--tls CERTIFICATE KEY] [--threads N] ADDRESS...: a server for the clients of others.
//   /             a short answer             /big        1 MiB
//   /echo         the body that came         /stream     pieces that become ready one by one
//   /later        an answer from a thread of another
// Says its addresses, one a line. A line on its input: "reload" the certificate, "numbers", "stop".
#include <iostream>
#include <string>

#include "net/server.hpp"

namespace http = turntable::net::http;
using namespace turntable;

namespace {

/// Ten pieces, each a little later than the one before.
class Pieces final : public StreamSource<Bytes> {
  public:
    Async<std::optional<Bytes>> next(const Context& context) override {
        if (++count_ > 10) {
            return std::optional<Bytes>();
        }
        Promise<std::optional<Bytes>> promise(*Runtime::shared(), context);
        auto async = promise.take_async();
        Runtime::shared()->blocking_pool().post(
            [held = std::move(promise), number = count_]() mutable {
                std::move(held).complete(
                    std::optional(Bytes::copy("piece " + std::to_string(number) + "\n")));
            });
        return async;
    }

  private:
    int count_ = 0;
};

class Answers final : public http::Handler {
  public:
    std::uint64_t body_limit(const http::RequestHead&) override { return 4 << 20; }
    Async<http::Response> handle(http::Request request, const Context& context) override {
        const std::string_view path = request.head.path();
        if (path == "/big") {
            return http::Response{.body = big_};
        }
        if (path == "/echo") {
            return http::Response{.body = request.body};
        }
        if (path == "/stream") {
            return http::Response{.body = Stream<Bytes>(std::make_unique<Pieces>())};
        }
        if (path == "/later") {
            Promise<http::Response> promise(*Runtime::shared(), context);
            auto async = promise.take_async();
            Runtime::shared()->blocking_pool().post([held = std::move(promise)]() mutable {
                std::move(held).complete(http::Response{.body = Bytes::copy("later\n")});
            });
            return async;
        }
        if (path == "/never") {
            auto promise = std::make_shared<Promise<http::Response>>(*Runtime::shared(), context);
            auto async = promise->take_async();
            promise->on_stop([promise](StopReason reason) mutable {
                if (promise->is_open()) {
                    std::move(*promise).complete(stopped_error(reason));
                }
            });
            return async;
        }
        const bool known = path == "/";
        return http::Response{.status = known ? 200 : 404,
                              .headers = {{"content-type", "text/plain"}},
                              .body = known ? short_ : Bytes::copy("nothing here\n")};
    }

  private:
    Bytes short_ = Bytes::copy("hello\n");
    Bytes big_ = Bytes::copy(std::string(1 << 20, 'x'));
};

void print_numbers(const net::Server& server) {
    const net::ServerNumbers numbers = server.numbers();
    std::cout << "accepted " << numbers.accepted << " connections " << numbers.connections
              << " refused " << numbers.refused << std::endl;
}

int serve(net::ServerOptions options) {
    auto server = net::Server::start(std::move(options));
    if (!server) {
        std::cerr << server.error().to_string() << "\n";
        return 1;
    }
    for (const std::string& address : (*server)->addresses()) {
        std::cout << address << std::endl;
    }
    std::string line;
    while (std::getline(std::cin, line) && line != "stop") {
        if (line == "reload") {
            const auto reloaded = (*server)->reload_certificate();
            std::cout << (reloaded ? "reloaded" : reloaded.error().to_string()) << std::endl;
        } else {
            print_numbers(**server);
        }
    }
    const bool in_time = (*server)->stop(std::chrono::milliseconds(3000));
    std::cout << (in_time ? "stopped" : "broken off") << std::endl;
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    net::ServerOptions options;
    options.handler = std::make_shared<Answers>();
    for (int i = 1; i < count; ++i) {
        const std::string argument = arguments[i];
        if (argument == "--tls" && i + 2 < count) {
            options.tls = net::TlsFiles{arguments[i + 1], arguments[i + 2]};
            i += 2;
        } else if (argument == "--threads" && i + 1 < count) {
            options.threads = static_cast<unsigned>(std::stoul(arguments[++i]));
        } else if (argument == "--connections" && i + 1 < count) {
            options.connections_max = std::stoul(arguments[++i]);
        } else {
            options.listen.push_back(argument);
        }
    }
    return serve(std::move(options));
}
