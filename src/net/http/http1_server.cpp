#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "net/http/http1_parser.hpp"
#include "net/http/server_protocol.hpp"

namespace turntable::inline v0::net::http {

namespace {

/// Where a request names its host: the target itself, or the field.
struct Target {
    std::string path;
    std::string authority;
};

/// Splits "http://host/path"; nothing for what is no target of ours.
std::optional<Target> split_target(std::string_view target, std::string_view host) {
    if (target.starts_with('/') || target == "*") {
        return Target{std::string(target), std::string(host)};
    }
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (target.starts_with(scheme)) {
            target.remove_prefix(scheme.size());
            const std::size_t end = std::min(target.find_first_of("/?"), target.size());
            const std::string_view rest = target.substr(end);
            return Target{(rest.starts_with('/') ? "" : "/") + std::string(rest),
                          std::string(target.substr(0, end))};
        }
    }
    return std::nullopt;
}

/// A host with a port, as far as no two readers could take it for different ones.
bool is_authority(std::string_view text) noexcept {
    return text.find_first_of(" \t/?#@,\\") == std::string_view::npos;
}

std::size_t fields_named(const Headers& headers, std::string_view name) {
    return static_cast<std::size_t>(std::ranges::count(headers, name, &Field::name));
}

void append_number(std::string& out, std::uint64_t number, int base = 10) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), number, base).ptr;
    out.append(digits.begin(), end);
}

/// One request at a time: what follows is read, up to a bound, and looked at when the answer is
/// out. So answers are in the order of the requests, and a write is done before the read behind it.
class Http1Server final : public ServerProtocol {
  public:
    Http1Server(const Limits& limits, BodyLimit body_limit, Peer peer, Instant now)
        : limits_(limits),
          body_limit_(std::move(body_limit)),
          peer_(std::move(peer)),
          since_(now),
          fresh_(true) {}

    void receive(ByteView bytes, Instant now) override {
        if (phase_ == Phase::closed) {
            return;  // dropped, so that the last answer arrives
        }
        input_.append(bytes.data(), bytes.size());
        advance(now);
    }

    void end_of_input() override {
        if (phase_ == Phase::answering || phase_ == Phase::sending) {
            tell({.kind = ServerEvent::Kind::cancel, .stream = stream_});
        }
        close(CloseReason::peer);
    }

    void respond(StreamId stream, int status, const Headers& headers, std::optional<Bytes> body,
                 Instant) override {
        if (stream != stream_ || phase_ != Phase::answering) {
            return;
        }
        phase_ = Phase::sending;
        streamed_ = !body.has_value();
        if (body) {
            rest_ = *std::move(body);
        }
        write_head(status, headers);
        if (no_body_) {
            rest_ = Bytes();
            streamed_ = false;
        }
        room_told_ = false;
    }

    void give(StreamId stream, Bytes piece, Instant) override {
        if (stream != stream_ || phase_ != Phase::sending || !streamed_ || piece.empty()) {
            return;
        }
        if (chunked_out_) {
            append_number(output_, piece.size(), 16);
            output_ += "\r\n";
        }
        rest_ = std::move(piece);
        chunk_open_ = chunked_out_;
        room_told_ = false;
    }

    void end(StreamId stream, bool complete, Instant) override {
        if (stream != stream_ || phase_ != Phase::sending || !streamed_) {
            return;
        }
        streamed_ = false;
        if (!complete) {
            keep_alive_ = false;  // without the last chunk the other end knows
        } else if (chunked_out_) {
            output_ += "0\r\n\r\n";
        }
    }

    void fill(std::string& output, Instant now) override {
        if (output.empty()) {
            output.swap(output_);
        } else {
            output += output_;
        }
        output_.clear();
        if (phase_ != Phase::sending) {
            return;
        }
        if (!rest_.empty() && output.size() < limits_.output_bytes) {
            const std::size_t now_sent =
                std::min(rest_.size(), limits_.output_bytes - output.size());
            output.append(rest_.data(), now_sent);
            rest_ = rest_.slice(now_sent);
        }
        if (!rest_.empty()) {
            return;
        }
        if (std::exchange(chunk_open_, false)) {
            output += "\r\n";
        }
        if (!streamed_) {
            finish_answer(output, now);
        } else if (!room_told_ && output.size() < limits_.output_bytes) {
            room_told_ = true;
            tell({.kind = ServerEvent::Kind::room, .stream = stream_});
        }
    }

    void drain(Instant) override {
        draining_ = true;
        if (phase_ == Phase::idle) {
            close(CloseReason::drained);
        }
    }

    Instant next_deadline() const override {
        switch (phase_) {
            case Phase::idle:
                return since_ + (fresh_ ? limits_.head_time : limits_.idle_time);
            case Phase::head:
                return since_ + limits_.head_time;
            case Phase::body:
                return body_deadline();
            default:
                return Instant::max();
        }
    }

    void on_time(Instant now) override {
        if (now < next_deadline()) {
            return;
        }
        switch (phase_) {
            case Phase::idle:
                return close(fresh_ ? CloseReason::slow_head : CloseReason::idle);
            case Phase::head:
                return refuse(408, CloseReason::slow_head);
            case Phase::body:
                return refuse(408, CloseReason::slow_body);
            default:
                return;
        }
    }

    bool wants_input() const override {
        return phase_ == Phase::closed || input_.size() <= limits_.pipeline_bytes;
    }
    bool is_finished() const override { return phase_ == Phase::closed && output_.empty(); }

  private:
    enum class Phase : std::uint8_t {
        idle,  ///< nothing of a request has come
        head,
        body,
        answering,  ///< the answer has not begun
        sending,
        closed,
    };

    void close(CloseReason reason) {
        set_reason(reason);
        phase_ = Phase::closed;
        input_.clear();
        parser_.reset();
    }

    /// Answers a request that cannot be read to its end, which is the last then.
    void refuse(int status, CloseReason reason) {
        const std::string text = std::string(reason_phrase(status)) + "\n";
        keep_alive_ = false;
        write_head(status, {{"content-type", "text/plain; charset=utf-8"}}, text.size());
        if (!no_body_) {
            output_ += text;
        }
        close(reason);
    }

    Instant body_deadline() const {
        const auto credit =
            std::chrono::seconds(received_ / std::max<std::uint64_t>(limits_.rate_bytes, 1));
        return since_ + limits_.body_time + credit;
    }

    /// Reads what has come as far as it goes: to the next whole request.
    void advance(Instant now) {
        while (phase_ == Phase::idle || phase_ == Phase::head || phase_ == Phase::body) {
            if (phase_ == Phase::idle) {
                // Some clients send an empty line after a body (RFC 9112, 2.2).
                input_.erase(0, std::min(input_.find_first_not_of("\r\n"), input_.size()));
                if (input_.empty()) {
                    return;
                }
                begin_request(now);
            }
            const std::size_t used = parser_->feed(input_);
            input_.erase(0, used);
            if (parser_->state() == Http1Parser::State::failed) {
                return fail();
            }
            if (phase_ == Phase::head && parser_->state() != Http1Parser::State::head) {
                begin_body(now);
                if (phase_ == Phase::closed) {
                    return;
                }
            }
            if (phase_ == Phase::body && !take_body()) {
                return;
            }
            if (phase_ == Phase::body && parser_->state() == Http1Parser::State::complete) {
                return finish_request();
            }
            if (used == 0) {
                return;
            }
        }
    }

    void begin_request(Instant now) {
        parser_ = Http1Parser::of_request(limits_.head_bytes, limits_.head_fields);
        phase_ = Phase::head;
        since_ = now;
        fresh_ = false;
        http10_ = no_body_ = false;
        keep_alive_ = true;
        received_ = 0;
        body_.clear();
    }

    void fail() {
        const int status = parser_->failure();
        refuse(status, status == 431 ? CloseReason::limit : CloseReason::malformed);
    }

    /// The head is here: decides whether the body may come.
    void begin_body(Instant now) {
        Http1Message& message = parser_->message();
        phase_ = Phase::body;
        since_ = now;
        http10_ = message.version == 10;
        no_body_ = message.method == "HEAD";
        keep_alive_ = message.keep_alive;
        const std::size_t hosts = fields_named(message.headers, "host");
        auto target =
            split_target(message.target, message.headers.find("host").value_or(std::string_view()));
        if (hosts > 1 || (hosts == 0 && !http10_) || !target || !is_authority(target->authority)) {
            return refuse(message.method == "CONNECT" ? 501 : 400, CloseReason::malformed);
        }
        head_ = RequestHead{.method = std::move(message.method),
                            .target = std::move(target->path),
                            .authority = std::move(target->authority),
                            .headers = std::move(message.headers),
                            .version = Version::http_1_1,
                            .peer = peer_};
        allowed_ = body_limit_(head_);
        if (message.content_length.value_or(0) > allowed_) {
            return refuse(413, CloseReason::limit);
        }
        if (const auto expected = head_.headers.find("expect"); expected && !http10_) {
            if (*expected != "100-continue" && *expected != "100-Continue") {
                return refuse(417, CloseReason::malformed);
            }
            if (parser_->state() == Http1Parser::State::body && input_.empty()) {
                output_ += "HTTP/1.1 100 Continue\r\n\r\n";
            }
        }
    }

    /// False when there was too much.
    bool take_body() {
        std::string& piece = parser_->body();
        received_ += piece.size();
        if (received_ > allowed_) {
            refuse(413, CloseReason::limit);
            return false;
        }
        if (body_.empty()) {
            body_.swap(piece);
        } else {
            body_ += piece;
        }
        piece.clear();
        return true;
    }

    void finish_request() {
        phase_ = Phase::answering;
        ++stream_;
        parser_.reset();
        tell({.kind = ServerEvent::Kind::request,
              .stream = stream_,
              .request = {.head = std::move(head_), .body = Bytes::take(std::move(body_))}});
        body_ = std::string();
    }

    /// Writes the head of an answer; `length` when its body does not stand in `rest_`.
    void write_head(int status, const Headers& headers, std::optional<std::size_t> length = {}) {
        const bool never_a_body = status == 204 || status == 304 || status < 200;
        keep_alive_ = keep_alive_ && !draining_;
        chunked_out_ = streamed_ && !http10_ && !no_body_ && !never_a_body;
        if (streamed_ && http10_) {
            keep_alive_ = false;  // the end of the connection is the end of the body
        }
        output_ += "HTTP/1.1 ";
        append_number(output_, static_cast<std::uint64_t>(status));
        output_ += ' ';
        output_ += reason_phrase(status);
        output_ += "\r\n";
        for (const Field& field : headers) {
            if (may_send(field)) {
                output_ += field.name;
                output_ += ": ";
                output_ += field.value;
                output_ += "\r\n";
            }
        }
        if (chunked_out_) {
            output_ += "transfer-encoding: chunked\r\n";
        } else if (!streamed_ && !never_a_body) {
            output_ += "content-length: ";
            append_number(output_, length.value_or(rest_.size()));
            output_ += "\r\n";
        }
        if (!keep_alive_) {
            output_ += "connection: close\r\n";
        } else if (http10_) {
            output_ += "connection: keep-alive\r\n";
        }
        output_ += "\r\n";
        no_body_ = no_body_ || never_a_body;
    }

    void finish_answer(std::string& output, Instant now) {
        output += output_;
        output_.clear();
        if (!keep_alive_) {
            return close(draining_ ? CloseReason::drained : CloseReason::complete);
        }
        phase_ = Phase::idle;
        since_ = now;
        if (draining_) {
            return close(CloseReason::drained);
        }
        advance(now);
        output += output_;  // a refusal, or the word to continue
        output_.clear();
    }

    const Limits limits_;
    const BodyLimit body_limit_;
    const Peer peer_;
    Phase phase_ = Phase::idle;
    Instant since_;
    /// No request has come yet.
    bool fresh_;
    bool draining_ = false;
    std::string input_;
    std::string output_;

    // The request that comes or is answered.
    StreamId stream_ = 0;
    std::unique_ptr<Http1Parser> parser_;
    RequestHead head_;
    std::string body_;
    std::uint64_t received_ = 0;
    std::uint64_t allowed_ = 0;
    bool http10_ = false;
    bool keep_alive_ = true;

    // Its answer.
    /// No body is sent, whatever the answer has: to a HEAD, and for some statuses.
    bool no_body_ = false;
    /// More pieces come.
    bool streamed_ = false;
    bool chunked_out_ = false;
    bool chunk_open_ = false;
    bool room_told_ = false;
    /// What is not in the output yet.
    Bytes rest_;
};

}  // namespace

std::unique_ptr<ServerProtocol> make_http1_server(const Limits& limits,
                                                  ServerProtocol::BodyLimit body_limit, Peer peer,
                                                  Instant now) {
    return std::make_unique<Http1Server>(limits, std::move(body_limit), std::move(peer), now);
}

}  // namespace turntable::inline v0::net::http
