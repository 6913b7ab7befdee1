// What a server says to a client: any bytes, cut anywhere, in both versions of HTTP.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "net/http/client_protocol.hpp"

namespace http = turntable::net::http;
using namespace turntable;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// Makes three calls, and checks that each is told of in order and to one end.
class Asker {
  public:
    explicit Asker(bool is_http2)
        : client_(is_http2 ? http::make_http2_client({}) : http::make_http1_client({})) {}

    void feed(ByteView bytes) {
        if (started_ < 3 && client_->can_start()) {
            const bool first = started_++ == 0;
            open_.insert(client_->start({.method = first ? "GET" : "POST",
                                         .authority = "h",
                                         .body = Bytes::copy(std::string(first ? 0 : 100, 'b'))}));
        }
        std::string sent;
        client_->fill(sent);
        if (client_->wants_input()) {
            client_->receive(bytes);
        }
        note();
    }
    void end() {
        client_->end_of_input("end");
        note();
        require(open_.empty() && client_->is_finished() && client_->active() == 0);
    }

  private:
    void note() {
        for (const http::ClientEvent& event : client_->take_events()) {
            require(open_.contains(event.call));
            switch (event.kind) {
                case http::ClientEvent::Kind::head:
                    require(heads_.insert(event.call).second);
                    break;
                case http::ClientEvent::Kind::data:
                    require(heads_.contains(event.call));
                    client_->consumed(event.call, event.data.size());
                    break;
                case http::ClientEvent::Kind::end:
                    require(heads_.contains(event.call));
                    open_.erase(event.call);
                    break;
                case http::ClientEvent::Kind::failed:
                    require(event.error.has_value());
                    open_.erase(event.call);
                    break;
            }
        }
    }

    std::unique_ptr<http::ClientProtocol> client_;
    int started_ = 0;
    std::set<http::CallId> open_;
    std::set<http::CallId> heads_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    // The first byte chooses the version, the second how the rest is cut.
    const std::string input(reinterpret_cast<const char*>(data) + 2, size - 2);
    Asker asker(data[0] % 2 != 0);
    const std::size_t step = data[1] == 0 ? input.size() + 1 : data[1];
    for (std::size_t at = 0; at < input.size(); at += step) {
        asker.feed(ByteView(input).substr(at, step));
    }
    asker.end();
    return 0;
}
