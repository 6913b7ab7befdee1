// load ORIGIN TARGET IN-FLIGHT COUNT BODY [HEADER...]: sends COUNT requests over one connection of
// HTTP/2, so many at a time, and prints how many were answered a second. BODY is a file; where it
// has eight zeros each request has its number, so that no two are equal.
#include <chrono>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "net/client.hpp"

namespace {

using namespace turntable;

constexpr std::string_view placeholder = "00000000";

std::string numbered(std::string body, std::size_t number) {
    std::string digits = std::to_string(number);
    digits.insert(0, placeholder.size() - digits.size(), '0');
    for (std::size_t at = 0; (at = body.find(placeholder, at)) != std::string::npos;) {
        body.replace(at, placeholder.size(), digits);
        at += placeholder.size();
    }
    return body;
}

void finish(Async<net::ClientResponse> asked) {
    auto response = std::move(asked).wait();
    const auto body = response ? net::read_all(std::move(response->body), 1 << 20).wait()
                               : Result<Bytes>(response.error());
    if (!body || response->status != 200 || body->empty()) {
        std::cerr << "load: a request was not answered: "
                  << (body ? std::to_string(response->status) : body.error().to_string()) << '\n';
        std::exit(1);
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 6) {
        return 2;
    }
    net::ClientRequest request{.method = "POST", .origin = arguments[1], .target = arguments[2]};
    for (int i = 6; i < count; ++i) {
        const std::string_view line = arguments[i];
        const std::size_t colon = line.find(": ");
        request.headers.add(line.substr(0, colon), line.substr(colon + 2));
    }
    std::ifstream file(arguments[5], std::ios::binary);
    const std::string body{std::istreambuf_iterator<char>(file), {}};
    const std::size_t in_flight = std::stoul(arguments[3]);
    const std::size_t requests = std::stoul(arguments[4]);
    auto client = net::Client::create({.plain_version = net::http::Version::http_2}).value();
    std::deque<Async<net::ClientResponse>> asked;
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t number = 1; number <= requests; ++number) {
        if (asked.size() == in_flight) {
            finish(std::move(asked.front()));
            asked.pop_front();
        }
        request.body = Bytes::take(numbered(body, number));
        asked.push_back(client->fetch(request));
    }
    for (auto& one : asked) {
        finish(std::move(one));
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::cout << static_cast<double>(requests) / took.count() << '\n';
    return 0;
}
