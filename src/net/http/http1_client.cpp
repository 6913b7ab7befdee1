#include <algorithm>
#include <string>

#include "net/http/client_protocol.hpp"
#include "net/http/http1_parser.hpp"
#include "net/http/server_protocol.hpp"

namespace turntable::inline v0::net::http {

namespace {

bool has_body_by_nature(std::string_view method) noexcept {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

/// One call at a time.
class Http1Client final : public ClientProtocol {
  public:
    explicit Http1Client(const Limits& limits) : limits_(limits) {}

    bool can_start() const override { return !active_ && !closed_; }

    CallId start(const OutgoingRequest& request) override {
        active_ = true;
        told_head_ = false;
        sent_some_ = false;
        unused_ = 0;
        to_head_ = request.method == "HEAD";
        ++call_;
        new_parser();
        output_ = request.method + " " + request.target +
                  " HTTP/1.1\r\nhost: " + request.authority + "\r\n";
        for (const Field& field : request.headers) {
            if (may_send(field) && field.name != "host") {
                output_ += field.name + ": " + field.value + "\r\n";
            }
        }
        if (!request.body.empty() || has_body_by_nature(request.method)) {
            output_ += "content-length: " + std::to_string(request.body.size()) + "\r\n";
        }
        output_ += "\r\n";
        rest_ = request.body;
        return call_;
    }

    void cancel(CallId call) override {
        if (active_ && call == call_) {
            active_ = false;
            close();  // what is still to come cannot be told from the next answer
        }
    }

    void consumed(CallId call, std::size_t bytes) override {
        if (call == call_) {
            unused_ -= std::min(bytes, unused_);
        }
    }

    void receive(ByteView bytes) override {
        input_.append(bytes.data(), bytes.size());
        while (active_ && !input_.empty()) {
            const std::size_t used = parser_->feed(input_);
            input_.erase(0, used);
            const Http1Parser::State state = parser_->state();
            if (state == Http1Parser::State::failed) {
                return fail("what came is no answer of HTTP/1.1");
            }
            if (state != Http1Parser::State::head && !take_head()) {
                continue;  // one of those before the answer
            }
            if (!active_) {
                return;
            }
            take_body();
            if (state == Http1Parser::State::complete) {
                finish();
            } else if (used == 0) {
                return;
            }
        }
        if (!active_ && !input_.empty()) {
            close();  // nobody asked for this
        }
    }

    void end_of_input(const std::string& why) override {
        if (active_) {
            parser_->end_of_input();
            if (told_head_ && parser_->state() == Http1Parser::State::complete) {
                take_body();
                finish();
            } else {
                fail(why);
            }
        }
        close();
    }

    void fill(std::string& output) override {
        if (closed_ && !active_) {
            return;
        }
        sent_some_ = sent_some_ || !output_.empty();
        output += output_;
        output_.clear();
        if (output.size() < limits_.output_bytes) {
            const std::size_t count = std::min(rest_.size(), limits_.output_bytes - output.size());
            output.append(rest_.data(), count);
            rest_ = rest_.slice(count);
        }
    }

    bool wants_input() const override { return unused_ < limits_.stream_window_bytes; }
    bool is_finished() const override { return closed_ && !active_; }
    std::size_t active() const override { return active_ ? 1 : 0; }

  private:
    void new_parser() {
        parser_ = Http1Parser::of_response(limits_.head_bytes, limits_.head_fields, to_head_);
    }
    void close() {
        closed_ = true;
        input_.clear();
        rest_ = Bytes();
    }
    void fail(const std::string& why) {
        active_ = false;
        tell_failed(call_, connection_error(why, sent_some_));
        close();
    }
    void finish() {
        active_ = false;
        tell({.kind = ClientEvent::Kind::end, .call = call_});
        // A request whose answer came before all of it was sent would be taken for the next one.
        if (!parser_->message().keep_alive || !rest_.empty()) {
            close();
        }
    }

    /// False when it says only that the answer comes (1xx).
    bool take_head() {
        if (told_head_) {
            return true;
        }
        Http1Message& message = parser_->message();
        if (message.status < 200) {
            if (message.status == 101 || message.status < 100) {
                fail("the server answers with a status that none asked for");
                return true;
            }
            new_parser();
            return false;
        }
        told_head_ = true;
        tell({.kind = ClientEvent::Kind::head,
              .call = call_,
              .status = message.status,
              .headers = std::move(message.headers)});
        return true;
    }
    void take_body() {
        if (active_ && !parser_->body().empty()) {
            unused_ += parser_->body().size();
            tell({.kind = ClientEvent::Kind::data,
                  .call = call_,
                  .data = Bytes::take(std::exchange(parser_->body(), {}))});
        }
    }

    const Limits limits_;
    std::unique_ptr<Http1Parser> parser_;
    std::string input_;
    std::string output_;
    Bytes rest_;
    CallId call_ = 0;
    std::size_t unused_ = 0;
    bool active_ = false;
    bool closed_ = false;
    bool to_head_ = false;
    bool told_head_ = false;
    bool sent_some_ = false;
};

}  // namespace

std::unique_ptr<ClientProtocol> make_http1_client(const Limits& limits) {
    return std::make_unique<Http1Client>(limits);
}

}  // namespace turntable::inline v0::net::http
