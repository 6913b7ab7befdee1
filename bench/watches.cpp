// watches ORIGIN TOKEN DATABASE-ID STREAMS CONNECTIONS: opens so many watch streams of one key over
// so many connections of HTTP/2, reads the first frame of each, says "open", and holds them until
// its input ends.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "kv_connect/messages.hpp"
#include "net/client.hpp"
#include "turntable/kv/key.hpp"

namespace {

using namespace turntable;

std::vector<Stream<Bytes>> open_streams(net::Client& client, const net::ClientRequest& request,
                                        std::size_t count) {
    std::vector<Async<net::ClientResponse>> asked;
    for (std::size_t i = 0; i < count; ++i) {
        asked.push_back(client.fetch(request));
    }
    std::vector<Stream<Bytes>> streams;
    for (auto& one : asked) {
        auto response = std::move(one).wait();
        if (!response || response->status != 200 || !response->body.next().wait()) {
            std::cerr << "watches: a stream did not open\n";
            std::exit(1);
        }
        streams.push_back(std::move(response->body));
    }
    return streams;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 6) {
        return 2;
    }
    const kv::Key key{"watched"};
    const kv::WatchTarget target{key.encoded()};
    net::ClientRequest request;
    request.method = "POST";
    request.origin = arguments[1];
    request.target = "/kv/watch";
    request.headers = {{"authorization", std::string("Bearer ") + arguments[2]},
                       {"x-denokv-database-id", arguments[3]},
                       {"x-denokv-version", "3"},
                       {"content-type", "application/x-protobuf"}};
    request.body = Bytes::take(kv::connect::encode_watch(std::span(&target, 1)).value());
    const std::size_t connections = std::stoul(arguments[5]);
    std::vector<std::unique_ptr<net::Client>> clients;
    std::vector<std::vector<Stream<Bytes>>> streams;
    for (std::size_t i = 0; i < connections; ++i) {
        clients.push_back(
            net::Client::create({.plain_version = net::http::Version::http_2}).value());
        streams.push_back(
            open_streams(*clients.back(), request, std::stoul(arguments[4]) / connections));
    }
    std::cout << "open" << std::endl;
    std::cin.get();
    return 0;
}
