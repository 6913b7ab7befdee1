// What arrives at a server: any bytes, cut anywhere, in both versions of HTTP.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/http/server_protocol.hpp"

namespace http = turntable::net::http;
using namespace turntable;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// Answers all requests, some at once, some in pieces, and lets time pass.
class Driver {
  public:
    explicit Driver(bool is_http2) {
        limits_.output_bytes = 4096;
        const auto limit = [](const http::RequestHead& head) {
            return head.path() == "/big" ? 4096U : 64U;
        };
        const auto make = is_http2 ? &http::make_http2_server : &http::make_http1_server;
        protocol_ = make(limits_, limit, http::Peer{}, now_);
    }

    void feed(ByteView bytes) {
        now_ += std::chrono::milliseconds(50);
        protocol_->receive(bytes, now_);
        answer();
        if (protocol_->next_deadline() <= now_) {
            protocol_->on_time(now_);
            answer();
        }
    }
    void end() {
        protocol_->drain(now_);
        answer();
        now_ += std::chrono::hours(1);
        protocol_->on_time(now_);
        answer();
        protocol_->end_of_input();
        answer();
        require(protocol_->is_finished());
    }

  private:
    void answer() {
        bool again = true;
        while (again) {
            for (const http::ServerEvent& event : protocol_->take_events()) {
                react(event);
            }
            output_.clear();
            protocol_->fill(output_, now_);
            require(output_.size() < limits_.output_bytes + 40'000);
            again = protocol_->has_events();
        }
    }
    void react(const http::ServerEvent& event) {
        const http::Request& request = event.request;
        if (event.kind == http::ServerEvent::Kind::room) {
            if (event.stream % 2 == 0) {
                protocol_->give(event.stream, Bytes::copy("piece"), now_);
            }
            protocol_->end(event.stream, event.stream % 3 != 0, now_);
        } else if (event.kind == http::ServerEvent::Kind::request) {
            require(request.body.size() <= 4096 && !request.head.method.empty());
            for (const http::Field& field : request.head.headers) {
                require(http::is_field_name(field.name) && http::is_field_value(field.value));
            }
            const bool streamed = request.head.target.size() % 2 == 0;
            protocol_->respond(
                event.stream, 200, request.head.headers,
                streamed ? std::nullopt : std::optional(Bytes::copy(std::string(9000, 'x'))), now_);
        }
    }

    http::Limits limits_;
    Instant now_{std::chrono::hours(1)};
    std::unique_ptr<http::ServerProtocol> protocol_;
    std::string output_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    // The first byte chooses the version, the second how the rest is cut.
    const std::string input(reinterpret_cast<const char*>(data) + 2, size - 2);
    Driver driver(data[0] % 2 != 0);
    const std::size_t step = data[1] == 0 ? input.size() + 1 : data[1];
    for (std::size_t at = 0; at < input.size(); at += step) {
        driver.feed(ByteView(input).substr(at, step));
    }
    driver.end();
    return 0;
}
