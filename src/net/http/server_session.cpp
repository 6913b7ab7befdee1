#include "net/http/server_session.hpp"

#include <algorithm>
#include <array>

#include "net/http/content_coding.hpp"
#include "net/http/date.hpp"
#include "net/http/when_ready.hpp"

namespace turntable::inline v0::net::http {

namespace {

bool never_has_body(int status) noexcept { return status == 204 || status == 304; }

Response plain_text(int status) {
    return {.status = status,
            .headers = {{"content-type", "text/plain; charset=utf-8"}},
            .body = Bytes::copy(std::string(reason_phrase(status)) + "\n")};
}

}  // namespace

/// A request that the handler answers, until the last byte of the answer was given on.
struct ServerSession::Running {
    StreamId stream;
    std::string method;
    std::string path;
    bool accepts_gzip = false;
    std::stop_source stop;
    std::optional<Stream<Bytes>> source;
    bool pulling = false;
    /// Nobody wants the answer any more.
    bool cancelled = false;
};

ServerSession::ServerSession(std::shared_ptr<const SessionOptions> options, Peer peer,
                             std::optional<Version> version, Driver driver)
    : options_(std::move(options)),
      peer_(std::move(peer)),
      driver_(std::move(driver)),
      begun_(options_->runtime->clock().steady_now()),
      slow_since_(begun_) {
    if (version) {
        choose(*version);
        pump();
    }
}

ServerSession::~ServerSession() = default;

void ServerSession::choose(Version version) {
    auto limit = [handler = options_->handler](const RequestHead& head) {
        return handler->body_limit(head);
    };
    auto make = version == Version::http_2 ? &make_http2_server : &make_http1_server;
    const Instant now = options_->runtime->clock().steady_now();
    protocol_ = make(options_->limits, std::move(limit), peer_, now);
    if (draining_) {
        protocol_->drain(now);
    }
}

void ServerSession::look_at_first_bytes(ByteView bytes) {
    first_bytes_.append(bytes.data(), bytes.size());
    const std::size_t common = std::min(first_bytes_.size(), http2_preface.size());
    const bool is_http2 = http2_preface.starts_with(first_bytes_.substr(0, common));
    if (is_http2 && common < http2_preface.size()) {
        return;
    }
    choose(is_http2 ? Version::http_2 : Version::http_1_1);
    const std::string first = std::exchange(first_bytes_, {});
    protocol_->receive(first, options_->runtime->clock().steady_now());
}

void ServerSession::receive(ByteView bytes) {
    if (reason_ != CloseReason::open) {
        return;
    }
    if (protocol_ == nullptr) {
        look_at_first_bytes(bytes);
    } else {
        protocol_->receive(bytes, options_->runtime->clock().steady_now());
    }
    pump();
}

void ServerSession::end_of_input() {
    if (protocol_ == nullptr) {
        reason_ = CloseReason::peer;
        return;
    }
    protocol_->end_of_input();
    pump();
}

void ServerSession::abandon(CloseReason reason) {
    if (reason_ == CloseReason::open) {
        reason_ = protocol_ != nullptr && protocol_->reason() != CloseReason::open
                      ? protocol_->reason()
                      : reason;
    }
    output_.clear();
    while (!running_.empty()) {
        cancel(running_.begin()->first);
    }
}

void ServerSession::drain() {
    if (std::exchange(draining_, true)) {
        return;
    }
    if (protocol_ == nullptr) {
        if (first_bytes_.empty() && reason_ == CloseReason::open) {
            reason_ = CloseReason::drained;
        }
        return;
    }
    protocol_->drain(options_->runtime->clock().steady_now());
    pump();
}

void ServerSession::pump() {
    if (protocol_ == nullptr || std::exchange(pumping_, true)) {
        return;
    }
    const Instant now = options_->runtime->clock().steady_now();
    bool again = true;
    while (again) {
        for (ServerEvent& event : protocol_->take_events()) {
            switch (event.kind) {
                case ServerEvent::Kind::request:
                    start(event.stream, std::move(event.request));
                    break;
                case ServerEvent::Kind::cancel:
                    cancel(event.stream);
                    break;
                case ServerEvent::Kind::room:
                    if (const auto found = running_.find(event.stream); found != running_.end()) {
                        pull(std::shared_ptr<Running>(found->second));
                    }
                    break;
            }
        }
        if (output_.size() + in_flight_ < options_->limits.output_bytes) {
            protocol_->fill(output_, now);
        }
        again = protocol_->has_events();
    }
    pumping_ = false;
}

void ServerSession::start(StreamId stream, Request request) {
    if (reason_ != CloseReason::open) {
        return;
    }
    if (running_count_ >= std::size_t{options_->limits.concurrent_streams} * 2) {
        return refuse(stream, 503);  // those that were cancelled still go on
    }
    auto running = std::make_shared<Running>();
    running->stream = stream;
    running->method = request.head.method;
    running->path = request.head.path();
    running->accepts_gzip =
        options_->gzip_from_bytes != 0 &&
        accepts_gzip(request.head.headers.find("accept-encoding").value_or(std::string_view()));
    if (!decode(request, stream)) {
        return;
    }
    running_.emplace(stream, running);
    ++running_count_;
    const Context context{.stop = running->stop.get_token()};
    auto answer = options_->handler->handle(std::move(request), context);
    when_ready(std::move(answer), options_->executor,
               [self = shared_from_this(), running](Result<Response> result) {
                   if (result && result->take_back) {
                       self->give_or_take_back(running, *std::move(result));
                   } else {
                       self->answered(running, std::move(result));
                   }
               });
}

/// Unpacks the body; false when the request was refused for it.
bool ServerSession::decode(Request& request, StreamId stream) {
    const std::string coding = request.head.headers.joined("content-encoding");
    if (coding.empty() || coding == "identity") {
        return true;
    }
    if (coding != "gzip" && coding != "x-gzip") {
        protocol_->respond(stream, 415, {{"accept-encoding", "gzip"}, {"date", date()}}, Bytes(),
                           options_->runtime->clock().steady_now());
        return false;
    }
    auto body = gunzip(request.body, options_->handler->body_limit(request.head));
    if (!body) {
        refuse(stream, body.error().code() == ErrorCode::limit_exceeded ? 413 : 400);
        return false;
    }
    request.body = Bytes::take(*std::move(body));
    request.head.headers.remove("content-encoding");
    request.head.headers.remove("content-length");
    return true;
}

void ServerSession::refuse(StreamId stream, int status) {
    const Response response = plain_text(status);
    Headers headers = response.headers;
    headers.add("date", date());
    protocol_->respond(stream, status, headers, std::get<Bytes>(response.body),
                       options_->runtime->clock().steady_now());
}

void ServerSession::answered(const std::shared_ptr<Running>& running, Result<Response> result) {
    if (running->cancelled) {
        return finish_cancelled(*running);
    }
    const bool valid = result && result->status >= 200 && result->status <= 599;
    if (valid) {
        send(*running, *std::move(result));
    } else {
        log_failure(*running, result ? Error(ErrorCode::invalid_argument,
                                             "the handler answered with a status that is none")
                                     : result.error());
        send(*running, plain_text(500));
    }
    tell_driver();
}

/// Sends the answer if its asker is there by all that has come.
void ServerSession::give_or_take_back(const std::shared_ptr<Running>& running, Response response) {
    if (pumping_) {  // amid what has come
        options_->executor->post(
            [self = shared_from_this(), running, response = std::move(response)]() mutable {
                self->give_or_take_back(running, std::move(response));
            });
        return;
    }
    if (!running->cancelled) {
        driver_.read();
    }
    if (!running->cancelled) {
        return answered(running, std::move(response));
    }
    when_ready(response.take_back(), options_->executor,
               [self = shared_from_this(), running](const Result<void>& result) {
                   if (!result) {
                       self->log_failure(*running, result.error());
                   }
                   self->finish_cancelled(*running);
               });
}

void ServerSession::send(Running& running, Response response) {
    const Instant now = options_->runtime->clock().steady_now();
    response.headers.set("date", date());
    if (auto* source = std::get_if<Stream<Bytes>>(&response.body)) {
        protocol_->respond(running.stream, response.status, response.headers, std::nullopt, now);
        if (running.method == "HEAD" || never_has_body(response.status)) {
            return finish(running);
        }
        running.source.emplace(std::move(*source));
        return;
    }
    Bytes body = std::get<Bytes>(std::move(response.body));
    const SessionOptions& options = *options_;
    if (running.accepts_gzip && body.size() >= options.gzip_from_bytes &&
        body.size() <= options.gzip_to_bytes && !response.headers.find("content-encoding")) {
        if (auto packed = gzip(body)) {
            body = Bytes::take(*std::move(packed));
            response.headers.add("content-encoding", "gzip");
            response.headers.add("vary", "accept-encoding");
        }
    }
    protocol_->respond(running.stream, response.status, response.headers, std::move(body), now);
    finish(running);
}

/// After something was given to the protocol outside a call of the driver.
void ServerSession::tell_driver() {
    if (pumping_) {
        return;
    }
    pump();
    if (reason_ == CloseReason::open) {
        driver_.changed();
    }
}

void ServerSession::pull(const std::shared_ptr<Running>& running) {
    if (running->pulling || !running->source) {
        return;
    }
    running->pulling = true;
    const Context context{.stop = running->stop.get_token()};
    auto next = running->source->next(context);
    when_ready(std::move(next), options_->executor,
               [self = shared_from_this(), running](Result<std::optional<Bytes>> piece) {
                   self->pulled(running, std::move(piece));
               });
}

void ServerSession::pulled(const std::shared_ptr<Running>& running,
                           Result<std::optional<Bytes>> piece) {
    running->pulling = false;
    if (running->cancelled) {
        running->source.reset();
        return finish_cancelled(*running);
    }
    const Instant now = options_->runtime->clock().steady_now();
    if (!piece) {
        log_failure(*running, piece.error());
        protocol_->end(running->stream, false, now);
        finish(*running);
    } else if (!*piece) {
        protocol_->end(running->stream, true, now);
        finish(*running);
    } else if ((*piece)->empty()) {
        return pull(running);
    } else {
        protocol_->give(running->stream, **std::move(piece), now);
    }
    tell_driver();
}

void ServerSession::cancel(StreamId stream) {
    const auto found = running_.find(stream);
    if (found == running_.end()) {
        return;
    }
    const std::shared_ptr<Running> running = std::move(found->second);
    running_.erase(found);
    running->cancelled = true;
    running->stop.request_stop();
    if (running->source && !running->pulling) {
        running->source.reset();
        finish(*running);
    }
}

/// Nothing more comes of the handler for this request.
void ServerSession::finish(Running& running) {
    --running_count_;
    running_.erase(running.stream);
}

/// The driver of a connection that has ended waits for the last of these.
void ServerSession::finish_cancelled(Running& running) {
    finish(running);
    if (running_count_ == 0 && reason_ != CloseReason::open) {
        driver_.changed();
    }
}

void ServerSession::take_output(std::string& empty) {
    empty.clear();
    empty.swap(output_);
    if (in_flight_ == 0) {
        slow_since_ = options_->runtime->clock().steady_now();
        taken_ = 0;
    }
    in_flight_ += empty.size();
}

void ServerSession::wrote(std::size_t bytes) {
    in_flight_ -= std::min(bytes, in_flight_);
    taken_ += bytes;
    if (taken_ >= options_->limits.rate_bytes) {
        slow_since_ = options_->runtime->clock().steady_now();
        taken_ = 0;
    }
    pump();
}

Instant ServerSession::next_deadline() const {
    Instant next =
        protocol_ != nullptr ? protocol_->next_deadline() : begun_ + options_->limits.head_time;
    if (in_flight_ != 0) {
        next = std::min(next, slow_since_ + options_->limits.write_time);
    }
    return reason_ == CloseReason::open ? next : Instant::max();
}

void ServerSession::on_time() {
    const Instant now = options_->runtime->clock().steady_now();
    if (in_flight_ != 0 && now >= slow_since_ + options_->limits.write_time) {
        return abandon(CloseReason::slow_reader);
    }
    if (protocol_ != nullptr) {
        protocol_->on_time(now);
        pump();
    } else if (now >= begun_ + options_->limits.head_time && reason_ == CloseReason::open) {
        reason_ = CloseReason::slow_head;
    }
}

bool ServerSession::is_finished() const {
    return reason_ != CloseReason::open || (protocol_ != nullptr && protocol_->is_finished());
}

CloseReason ServerSession::reason() const noexcept {
    return reason_ == CloseReason::open && protocol_ != nullptr ? protocol_->reason() : reason_;
}

const std::string& ServerSession::date() {
    const WallTime now = options_->runtime->clock().wall_now();
    const std::int64_t second = now.time_since_epoch().count() / 1000;
    if (second != date_second_) {
        date_second_ = second;
        date_ = http_date(now);
    }
    return date_;
}

void ServerSession::log_failure(const Running& running, const Error& error) {
    if (!options_->runtime->has_log()) {
        return;
    }
    const std::string text = error.to_string();
    const std::array<LogField, 3> fields = {{{"method", std::string_view(running.method)},
                                             {"path", std::string_view(running.path)},
                                             {"error", std::string_view(text)}}};
    options_->runtime->log(LogLevel::error, "net", "a request failed", fields);
}

}  // namespace turntable::inline v0::net::http
