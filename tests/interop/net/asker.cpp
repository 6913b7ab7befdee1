// asker [--http2] [--authorities FILE] [--times N] ORIGIN TARGET: asks a server of others, N times
// at the same time, with what is on its input as the body. Says the version, and then for each the
// status and the size of the body; the first body goes to its errors.
#include <iostream>
#include <iterator>
#include <string>

#include "net/client.hpp"

using namespace turntable;

namespace {

struct Settings {
    net::ClientOptions options;
    std::string origin;
    std::string target;
    int times = 1;
};

Settings read_arguments(int count, char** arguments) {
    Settings settings;
    for (int i = 1; i < count; ++i) {
        const std::string argument = arguments[i];
        if (argument == "--http2") {
            settings.options.plain_version = net::http::Version::http_2;
        } else if (argument == "--authorities" && i + 1 < count) {
            settings.options.authorities = arguments[++i];
        } else if (argument == "--times" && i + 1 < count) {
            settings.times = std::stoi(arguments[++i]);
        } else if (settings.origin.empty()) {
            settings.origin = argument;
        } else {
            settings.target = argument;
        }
    }
    return settings;
}

int complain(const Error& error) {
    std::cout << error.to_string() << "\n";
    return 1;
}

}  // namespace

int main(int count, char** arguments) {
    const Settings settings = read_arguments(count, arguments);
    const std::string body(std::istreambuf_iterator<char>(std::cin), {});
    auto client = net::Client::create(settings.options);
    if (!client) {
        return complain(client.error());
    }
    std::vector<Async<net::ClientResponse>> calls;
    for (int i = 0; i < settings.times; ++i) {
        calls.push_back((*client)->fetch({.method = body.empty() ? "GET" : "POST",
                                          .origin = settings.origin,
                                          .target = settings.target,
                                          .body = Bytes::copy(body)}));
    }
    bool first = true;
    for (auto& call : calls) {
        auto response = std::move(call).wait();
        if (!response) {
            return complain(response.error());
        }
        const bool http2 = response->version == net::http::Version::http_2;
        const int status = response->status;
        const auto all = net::read_all(std::move(response->body), 1 << 28).wait();
        if (!all) {
            return complain(all.error());
        }
        if (first) {
            std::cout << (http2 ? "2" : "1.1") << "\n";
            std::cerr << all->text();
        }
        first = false;
        std::cout << status << " " << all->size() << "\n";
    }
    return 0;
}
