#include "net/http/http2_server.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace turntable::inline v0::net::http {

Http2Callbacks Http2Server::make_callbacks() {
    nghttp2_session_callbacks* raw = nullptr;
    nghttp2_session_callbacks_new(&raw);
    Http2Callbacks callbacks(raw);
    nghttp2_session_callbacks_set_on_begin_frame_callback(
        raw, [](nghttp2_session*, const nghttp2_frame_hd* frame, void* user) {
            return self(user).on_begin_frame(*frame);
        });
    nghttp2_session_callbacks_set_on_begin_headers_callback(
        raw, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
            return self(user).on_begin_head(*frame);
        });
    nghttp2_session_callbacks_set_on_header_callback2(
        raw,
        [](nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf* name, nghttp2_rcbuf* value,
           std::uint8_t, void* user) { return self(user).on_field(*frame, name, value); });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        raw, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
            return self(user).on_frame(*frame);
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        raw, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                std::size_t count, void* user) {
            return self(user).on_data(id, {reinterpret_cast<const char*>(bytes), count});
        });
    nghttp2_session_callbacks_set_on_frame_send_callback(
        raw, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
            return self(user).on_sent(*frame);
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        raw, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
            return self(user).on_close(id);
        });
    return callbacks;
}

Http2Options Http2Server::make_options() const {
    nghttp2_option* raw = nullptr;
    nghttp2_option_new(&raw);
    Http2Options options(raw);
    nghttp2_option_set_no_closed_streams(raw, 1);
    nghttp2_option_set_max_outbound_ack(raw, limits_.outstanding_acks);
    nghttp2_option_set_max_continuations(raw, limits_.continuations);
    // Counted here, by the clock of the runtime.
    constexpr std::uint64_t never = std::uint64_t{1} << 40;
    nghttp2_option_set_stream_reset_rate_limit(raw, never, never);
    return options;
}

void Http2Server::make_session() {
    static const Http2Callbacks callbacks = make_callbacks();
    const Http2Options options = make_options();
    nghttp2_session* raw = nullptr;
    nghttp2_session_server_new2(&raw, callbacks.get(), this, options.get());
    session_.reset(raw);
    const std::array<nghttp2_settings_entry, 3> settings = {{
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits_.concurrent_streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits_.stream_window_bytes},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
         static_cast<std::uint32_t>(limits_.head_bytes + limits_.head_fields * 32)},
    }};
    nghttp2_submit_settings(raw, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(
        raw, NGHTTP2_FLAG_NONE, 0, static_cast<std::int32_t>(limits_.connection_window_bytes));
}

void Http2Server::receive(ByteView bytes, Instant now) {
    now_ = now;
    if (dead_) {
        return;
    }
    const ssize_t used = nghttp2_session_mem_recv(
        session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (used < 0) {
        // nghttp2 can say no more itself; what it has queued goes out.
        const bool flood = used == NGHTTP2_ERR_FLOODED || used == NGHTTP2_ERR_TOO_MANY_SETTINGS;
        end_connection(flood ? CloseReason::flood : CloseReason::malformed,
                       flood ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR);
    }
}

void Http2Server::end_of_input() {
    set_reason(CloseReason::peer);
    for (const auto& [id, stream] : streams_) {
        if (stream->told) {
            tell({.kind = ServerEvent::Kind::cancel, .stream = static_cast<StreamId>(id)});
        }
    }
    streams_.clear();
    dead_ = true;
}

void Http2Server::fill(std::string& output, Instant now) {
    now_ = now;
    while (!dead_ && output.size() < limits_.output_bytes) {
        const std::uint8_t* bytes = nullptr;
        const ssize_t count = nghttp2_session_mem_send(session_.get(), &bytes);
        if (count <= 0) {
            if (count < 0) {
                set_reason(CloseReason::limit);
                end_of_input();
            }
            break;
        }
        output.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
    }
    if (look_at_ == Instant::max() && (!streams_.empty() || draining_)) {
        look_at_ = now + look_every;
    }
}

void Http2Server::drain(Instant now) {
    if (draining_ || dead_) {
        return;
    }
    // Whoever has sent a request meanwhile is still served: the last word comes when the other
    // end has answered, and so has read this.
    draining_ = true;
    drain_since_ = now;
    look_at_ = std::min(look_at_, now + look_every);
    nghttp2_submit_shutdown_notice(session_.get());
    nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
}

Instant Http2Server::next_deadline() const {
    if (dead_) {
        return Instant::max();
    }
    Instant next = look_at_;
    if (streams_.empty()) {
        next = std::min(next, idle_since_ + limits_.idle_time);
    }
    if (head_since_) {
        next = std::min(next, *head_since_ + limits_.head_time);
    }
    return next;
}

void Http2Server::on_time(Instant now) {
    now_ = now;
    if (dead_) {
        return;
    }
    if (head_since_ && now >= *head_since_ + limits_.head_time) {
        return end_connection(CloseReason::slow_head, NGHTTP2_NO_ERROR);
    }
    if (streams_.empty() && now >= idle_since_ + limits_.idle_time) {
        return end_connection(CloseReason::idle, NGHTTP2_NO_ERROR);
    }
    if (now >= look_at_) {
        look_at_ = look_at_streams(now) ? now + look_every : Instant::max();
    }
    if (draining_ && now >= drain_since_ + look_every) {
        say_goodbye();
    }
}

void Http2Server::end_connection(CloseReason reason, std::uint32_t code) {
    set_reason(reason);
    nghttp2_session_terminate_session(session_.get(), code);
    for (const auto& [id, stream] : streams_) {
        if (std::exchange(stream->told, false)) {
            tell({.kind = ServerEvent::Kind::cancel, .stream = static_cast<StreamId>(id)});
        }
    }
    goodbye_ = ended_ = true;
}

int Http2Server::on_begin_frame(const nghttp2_frame_hd& frame) {
    if (said_hello_ && frame.type != NGHTTP2_CONTINUATION) {
        head_since_.reset();  // the head before, if it was refused, is over
    }
    return 0;
}

int Http2Server::on_begin_head(const nghttp2_frame& frame) {
    head_since_ = now_;
    if (frame.headers.cat != NGHTTP2_HCAT_REQUEST) {
        return 0;  // fields behind a body, which are checked and dropped
    }
    auto stream = std::make_unique<Http2Stream>();
    stream->head.version = Version::http_2;
    stream->head.peer = peer_;
    streams_.emplace(frame.hd.stream_id, std::move(stream));
    return 0;
}

int Http2Server::on_field(const nghttp2_frame& frame, nghttp2_rcbuf* name_buffer,
                          nghttp2_rcbuf* value_buffer) {
    Http2Stream* stream = find_signed(frame.hd.stream_id);
    if (stream == nullptr) {
        return 0;
    }
    const std::string_view name = http2_text(name_buffer);
    const std::string_view value = http2_text(value_buffer);
    if (!name.starts_with(':')) {
        stream->head_bytes += name.size() + value.size();
        ++stream->fields;
    } else if (name == ":path") {
        stream->head_bytes += value.size();
    }
    if (stream->head_bytes > limits_.head_bytes || stream->fields > limits_.head_fields) {
        stream->refused = 431;
    }
    if (stream->refused != 0 || stream->head_done) {
        return 0;
    }
    if (name == ":method") {
        stream->head.method = value;
    } else if (name == ":path") {
        stream->head.target = value;
    } else if (name == ":authority") {
        stream->head.authority = value;
    } else if (!name.starts_with(':') && is_field_name(name) && is_field_value(value)) {
        stream->head.headers.add(name, value);
    } else if (!name.starts_with(':')) {
        stream->refused = 400;
    }
    return 0;
}

int Http2Server::on_frame(const nghttp2_frame& frame) {
    const bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame.hd.type) {
        case NGHTTP2_HEADERS:
        case NGHTTP2_DATA: {
            if (frame.hd.type == NGHTTP2_HEADERS) {
                head_since_.reset();
            } else if (frame.hd.length == 0 && !last) {
                count_control();
            }
            Http2Stream* stream = find_signed(frame.hd.stream_id);
            if (stream == nullptr) {
                return 0;
            }
            if (frame.hd.type == NGHTTP2_HEADERS && !stream->head_done) {
                finish_head(frame.hd.stream_id, *stream, last);
            } else if (last) {
                finish_request(frame.hd.stream_id, *stream);
            }
            return 0;
        }
        case NGHTTP2_SETTINGS:
            if (!std::exchange(said_hello_, true)) {
                head_since_.reset();
            }
            count_control();
            return 0;
        case NGHTTP2_PING:
            if (draining_ && (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) {
                say_goodbye();
            }
            count_control();
            return 0;
        case NGHTTP2_RST_STREAM:
            if (!resets_.take(now_) && reason() == CloseReason::open) {
                end_connection(CloseReason::flood, NGHTTP2_ENHANCE_YOUR_CALM);
            }
            return 0;
        case NGHTTP2_GOAWAY:
            return 0;
        case NGHTTP2_PRIORITY:
        case NGHTTP2_WINDOW_UPDATE:
            count_control();
            return 0;
        default:
            return 0;
    }
}

void Http2Server::finish_head(std::int32_t id, Http2Stream& stream, bool last) {
    stream.head_done = true;
    stream.to_head = stream.head.method == "HEAD";
    stream.body_since = now_;
    RequestHead& head = stream.head;
    const auto host = head.headers.find("host");
    if (host && head.authority.empty()) {
        head.authority = *host;
    } else if (host && *host != head.authority) {
        stream.refused = stream.refused == 0 ? 400 : stream.refused;
    }
    if (head.method == "CONNECT") {
        stream.refused = 501;
    }
    if (stream.refused == 0) {
        stream.allowed = body_limit_(head);
        const auto length = head.headers.find("content-length");
        std::uint64_t announced = 0;
        if (length) {  // nghttp2 has checked that it is one number, and checks that it holds
            std::from_chars(length->data(), length->data() + length->size(), announced);
        }
        if (announced > stream.allowed) {
            stream.refused = 413;
        }
    }
    if (last) {
        finish_request(id, stream);
    } else if (stream.refused != 0) {
        refuse(id, stream, stream.refused);
    }
}

void Http2Server::finish_request(std::int32_t id, Http2Stream& stream) {
    stream.complete = true;
    bodies_bytes_ -= stream.received;
    stream.received = 0;
    if (stream.responded) {
        return;
    }
    if (stream.refused != 0) {
        return refuse(id, stream, stream.refused);
    }
    if (ended_) {
        return;
    }
    stream.told = true;
    tell(
        {.kind = ServerEvent::Kind::request,
         .stream = static_cast<StreamId>(id),
         .request = {.head = std::move(stream.head), .body = Bytes::take(std::move(stream.body))}});
    stream.body = std::string();
}

void Http2Server::refuse(std::int32_t id, Http2Stream& stream, int status) {
    if (stream.responded) {
        return;
    }
    stream.refused = status;
    bodies_bytes_ -= stream.received;
    stream.received = 0;
    stream.body = std::string();
    send_head(id, stream, status, {{"content-type", "text/plain; charset=utf-8"}},
              Bytes::copy(std::string(reason_phrase(status)) + "\n"));
}

int Http2Server::on_data(std::int32_t id, ByteView bytes) {
    Http2Stream* stream = find_signed(id);
    if (stream == nullptr || stream->responded) {
        return 0;  // windows go on, so that others are served
    }
    if (stream->body.size() + bytes.size() > stream->allowed) {
        refuse(id, *stream, 413);
    } else if (bodies_bytes_ + bytes.size() > limits_.bodies_bytes) {
        refuse(id, *stream, 503);
    } else {
        stream->body.append(bytes.data(), bytes.size());
        stream->received += bytes.size();
        bodies_bytes_ += bytes.size();
    }
    return 0;
}

void Http2Server::send_head(std::int32_t id, Http2Stream& stream, int status,
                            const Headers& headers, std::optional<Bytes> body) {
    const bool never_a_body = status == 204 || status == 304 || status < 200;
    const bool no_body = never_a_body || stream.to_head;
    std::array<char, 8> digits;
    const auto digits_end = std::to_chars(digits.begin(), digits.end(), status).ptr;
    std::array<char, 24> size;
    std::vector<nghttp2_nv> fields;
    fields.reserve(headers.size() + 2);
    fields.push_back(http2_field(
        ":status", {digits.data(), static_cast<std::size_t>(digits_end - digits.data())}));
    for (const Field& field : headers) {
        if (may_send(field)) {
            fields.push_back(http2_field(field.name, field.value));
        }
    }
    if (body && !never_a_body) {
        const auto end = std::to_chars(size.begin(), size.end(), body->size()).ptr;
        fields.push_back(http2_field("content-length",
                                     {size.data(), static_cast<std::size_t>(end - size.data())}));
    }
    stream.responded = true;
    stream.out.streamed = !body.has_value();
    stream.out.rest = body ? *std::move(body) : Bytes();
    stream.out.slow_since = now_;
    const nghttp2_data_provider source = {
        .source = {.ptr = nullptr},
        .read_callback = [](nghttp2_session*, std::int32_t stream_id, std::uint8_t* out,
                            std::size_t room, std::uint32_t* flags, nghttp2_data_source*,
                            void* user) {
            return self(user).on_room(stream_id, out, room, flags);
        }};
    const bool empty = !stream.out.streamed && stream.out.rest.empty();
    nghttp2_submit_response(session_.get(), id, fields.data(), fields.size(),
                            no_body || empty ? nullptr : &source);
}

ssize_t Http2Server::on_room(std::int32_t id, std::uint8_t* out, std::size_t room,
                             std::uint32_t* flags) {
    Http2Stream* stream = find_signed(id);
    if (stream == nullptr) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    const ssize_t count = stream->out.read(out, room, flags);
    if (count == NGHTTP2_ERR_DEFERRED && !std::exchange(stream->out.room_told, true)) {
        tell({.kind = ServerEvent::Kind::room, .stream = static_cast<StreamId>(id)});
    }
    return count;
}

int Http2Server::on_sent(const nghttp2_frame& frame) {
    if (frame.hd.type == NGHTTP2_GOAWAY && frame.goaway.error_code != NGHTTP2_NO_ERROR) {
        // libnghttp2 has found the fault itself, if no reason stands yet.
        set_reason(frame.goaway.error_code == NGHTTP2_ENHANCE_YOUR_CALM ? CloseReason::flood
                                                                        : CloseReason::malformed);
    }
    if (frame.hd.type == NGHTTP2_DATA) {
        control_.give_back(4);  // the other end has to open windows for what it takes
    }
    const bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (!last || (frame.hd.type != NGHTTP2_DATA && frame.hd.type != NGHTTP2_HEADERS)) {
        return 0;
    }
    if (Http2Stream* stream = find_signed(frame.hd.stream_id)) {
        stream->answered = true;
        stream->told = false;  // nothing is left to cancel
    }
    return 0;
}

int Http2Server::on_close(std::int32_t id) {
    const auto found = streams_.find(id);
    if (found == streams_.end()) {
        return 0;
    }
    bodies_bytes_ -= found->second->received;
    if (!found->second->head_done) {
        head_since_.reset();
    }
    if (found->second->told) {
        tell({.kind = ServerEvent::Kind::cancel, .stream = static_cast<StreamId>(id)});
    }
    streams_.erase(found);
    if (streams_.empty()) {
        idle_since_ = now_;
    }
    return 0;
}

/// Whether the other end takes less than it must of what waits for it.
bool Http2Server::is_slow(std::int32_t id, Http2Stream& stream, Instant now) {
    const bool closed = nghttp2_session_get_stream_remote_window_size(session_.get(), id) <= 0 ||
                        nghttp2_session_get_remote_window_size(session_.get()) <= 0;
    if (stream.out.rest.empty() || !closed || stream.out.taken >= limits_.rate_bytes) {
        stream.out.slow_since = now;
        stream.out.taken = 0;
    }
    return now >= stream.out.slow_since + limits_.write_time;
}

/// Ends the requests that go on too slowly; says whether to look again soon.
bool Http2Server::look_at_streams(Instant now) {
    bool again = draining_ && !goodbye_;
    for (auto& [id, stream] : streams_) {
        const bool comes = stream->head_done && !stream->complete;
        if (stream->responded && is_slow(id, *stream, now)) {
            nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
        } else if (comes && stream->answered && now >= stream->body_since + limits_.body_time) {
            // It was refused, and some clients see that only when all was sent. Not for ever.
            nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
        } else if (comes && !stream->responded && now >= body_deadline(*stream)) {
            refuse(id, *stream, 408);
        }
        again = again || comes || !stream->out.rest.empty();
    }
    return again;
}

std::unique_ptr<ServerProtocol> make_http2_server(const Limits& limits,
                                                  ServerProtocol::BodyLimit body_limit, Peer peer,
                                                  Instant now) {
    return std::make_unique<Http2Server>(limits, std::move(body_limit), std::move(peer), now);
}

}  // namespace turntable::inline v0::net::http
