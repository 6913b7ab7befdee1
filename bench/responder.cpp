// responder CERTIFICATE KEY FOLDER: answers over HTTP/2 with what stands in FOLDER, and does
// nothing beside: `metadata` to a metadata exchange, `read` to all else. What a client needs for
// itself is what it takes with this server. Says its address, and ends with its input.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "net/server.hpp"

namespace {

namespace http = turntable::net::http;
using namespace turntable;

Bytes read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return Bytes::take(std::string(std::istreambuf_iterator<char>(file), {}));
}

class Constant final : public http::Handler {
  public:
    explicit Constant(const std::string& folder)
        : metadata_(read_file(folder + "/metadata")), read_(read_file(folder + "/read")) {}
    std::uint64_t body_limit(const http::RequestHead&) override { return 1 << 20; }
    Async<http::Response> handle(http::Request request, const Context&) override {
        const bool exchange = request.head.path() == "/";
        return http::Response{
            .headers = {{"content-type", exchange ? "application/json" : "application/x-protobuf"}},
            .body = exchange ? metadata_ : read_};
    }

  private:
    Bytes metadata_;
    Bytes read_;
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 4) {
        return 2;
    }
    auto server = net::Server::start({.listen = {"127.0.0.1:0"},
                                      .handler = std::make_shared<Constant>(arguments[3]),
                                      .tls = net::TlsFiles{arguments[1], arguments[2]}});
    if (!server) {
        std::cerr << "responder: " << server.error().to_string() << '\n';
        return 1;
    }
    std::cout << (*server)->addresses().front() << std::endl;
    std::cin.get();
    (*server)->stop(std::chrono::seconds(1));
    return 0;
}
