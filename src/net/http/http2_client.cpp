#include <array>
#include <charconv>
#include <unordered_map>

#include "net/http/client_protocol.hpp"
#include "net/http/http2_session.hpp"
#include "net/http/server_protocol.hpp"

namespace turntable::inline v0::net::http {

namespace {

/// A call, from its request to the end of the answer.
struct ClientCall {
    Http2Outgoing out;
    int status = 0;
    Headers headers;
    std::size_t head_bytes = 0;
    std::size_t fields = 0;
    bool told_head = false;
    bool ended = false;
    bool sent = false;
    bool too_large = false;
};

class Http2Client final : public ClientProtocol {
  public:
    explicit Http2Client(const Limits& limits) : limits_(limits) { make_session(); }

    bool can_start() const override {
        return !dead_ && calls_.size() < allowed() &&
               nghttp2_session_check_request_allowed(session_.get()) != 0;
    }

    CallId start(const OutgoingRequest& request) override {
        std::vector<nghttp2_nv> fields;
        fields.reserve(request.headers.size() + 5);
        fields.push_back(http2_field(":method", request.method));
        fields.push_back(http2_field(":scheme", request.secure ? "https" : "http"));
        fields.push_back(http2_field(":authority", request.authority));
        fields.push_back(http2_field(":path", request.target));
        for (const Field& field : request.headers) {
            if (may_send(field) && field.name != "host") {
                fields.push_back(http2_field(field.name, field.value));
            }
        }
        const std::string size = std::to_string(request.body.size());
        if (!request.body.empty()) {
            fields.push_back(http2_field("content-length", size));
        }
        const nghttp2_data_provider source = {
            .source = {.ptr = nullptr},
            .read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* out,
                                std::size_t room, std::uint32_t* flags, nghttp2_data_source*,
                                void* user) { return self(user).on_room(id, out, room, flags); }};
        const std::int32_t id =
            nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(),
                                   request.body.empty() ? nullptr : &source, nullptr);
        if (id < 0) {
            const CallId none = 0;
            tell_failed(none, connection_error("no call can be made on this connection", false));
            return none;
        }
        auto call = std::make_unique<ClientCall>();
        call->out.rest = request.body;
        calls_.emplace(id, std::move(call));
        return static_cast<CallId>(id);
    }

    void cancel(CallId call) override {
        if (calls_.erase(static_cast<std::int32_t>(call)) != 0 && !dead_) {
            nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE,
                                      static_cast<std::int32_t>(call), NGHTTP2_CANCEL);
        }
    }

    void consumed(CallId call, std::size_t bytes) override {
        if (!dead_) {
            nghttp2_session_consume(session_.get(), static_cast<std::int32_t>(call), bytes);
        }
    }

    void receive(ByteView bytes) override {
        if (dead_) {
            return;
        }
        const ssize_t used = nghttp2_session_mem_recv(
            session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        if (used < 0) {
            end_of_input(std::string("what came is not HTTP/2: ") +
                         nghttp2_strerror(static_cast<int>(used)));
        }
    }

    void end_of_input(const std::string& why) override {
        dead_ = true;
        for (const auto& [id, call] : std::exchange(calls_, {})) {
            tell_failed(static_cast<CallId>(id), connection_error(why, call->sent));
        }
    }

    void fill(std::string& output) override {
        while (!dead_ && output.size() < limits_.output_bytes) {
            const std::uint8_t* bytes = nullptr;
            const ssize_t count = nghttp2_session_mem_send(session_.get(), &bytes);
            if (count <= 0) {
                break;
            }
            output.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
        }
    }

    bool wants_input() const override { return true; }
    bool is_finished() const override {
        return dead_ ||
               (calls_.empty() && nghttp2_session_check_request_allowed(session_.get()) == 0 &&
                nghttp2_session_want_write(session_.get()) == 0);
    }
    std::size_t active() const override { return calls_.size(); }

  private:
    static Http2Client& self(void* user) noexcept { return *static_cast<Http2Client*>(user); }
    std::size_t allowed() const {
        const std::uint32_t theirs = nghttp2_session_get_remote_settings(
            session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
        return std::min(theirs, limits_.concurrent_streams);
    }
    ClientCall* find(std::int32_t id) noexcept {
        const auto found = calls_.find(id);
        return found == calls_.end() ? nullptr : found->second.get();
    }
    void make_session();
    static Http2Callbacks make_callbacks();

    int on_field(std::int32_t id, std::string_view name, std::string_view value);
    int on_frame(const nghttp2_frame& frame);
    int on_data(std::int32_t id, ByteView bytes);
    int on_close(std::int32_t id, std::uint32_t code);
    void finish_head(std::int32_t id, ClientCall& call);
    void finish(std::int32_t id, ClientCall& call) {
        call.ended = true;
        tell({.kind = ClientEvent::Kind::end, .call = static_cast<CallId>(id)});
    }
    ssize_t on_room(std::int32_t id, std::uint8_t* out, std::size_t room, std::uint32_t* flags) {
        ClientCall* call = find(id);
        return call == nullptr ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE
                               : call->out.read(out, room, flags);
    }

    const Limits limits_;
    Http2Session session_;
    std::unordered_map<std::int32_t, std::unique_ptr<ClientCall>> calls_;
    bool dead_ = false;
};

Http2Callbacks Http2Client::make_callbacks() {
    nghttp2_session_callbacks* raw = nullptr;
    nghttp2_session_callbacks_new(&raw);
    Http2Callbacks callbacks(raw);
    nghttp2_session_callbacks_set_on_header_callback2(
        raw, [](nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf* name,
                nghttp2_rcbuf* value, std::uint8_t, void* user) {
            return self(user).on_field(frame->hd.stream_id, http2_text(name), http2_text(value));
        });
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
            if (ClientCall* call = self(user).find(frame->hd.stream_id)) {
                call->sent = true;
            }
            return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        raw, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
            return self(user).on_close(id, code);
        });
    return callbacks;
}

void Http2Client::make_session() {
    static const Http2Callbacks callbacks = make_callbacks();
    nghttp2_option* raw_options = nullptr;
    nghttp2_option_new(&raw_options);
    const Http2Options options(raw_options);
    // Whoever reads a body says how much it has used: the other end sends no more than that ahead.
    nghttp2_option_set_no_auto_window_update(raw_options, 1);
    nghttp2_option_set_max_continuations(raw_options, limits_.continuations);
    nghttp2_option_set_max_outbound_ack(raw_options, limits_.outstanding_acks);
    nghttp2_session* raw = nullptr;
    nghttp2_session_client_new2(&raw, callbacks.get(), this, options.get());
    session_.reset(raw);
    const std::array<nghttp2_settings_entry, 2> settings = {{
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits_.stream_window_bytes},
    }};
    nghttp2_submit_settings(raw, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    // One answer that nobody reads leaves room for the others.
    const std::int64_t all =
        std::int64_t{limits_.stream_window_bytes} * (std::int64_t{limits_.concurrent_streams} + 1);
    nghttp2_session_set_local_window_size(
        raw, NGHTTP2_FLAG_NONE, 0,
        static_cast<std::int32_t>(std::min<std::int64_t>(all, (std::int64_t{1} << 31) - 1)));
}

int Http2Client::on_field(std::int32_t id, std::string_view name, std::string_view value) {
    ClientCall* call = find(id);
    if (call == nullptr || call->told_head) {
        return 0;
    }
    call->head_bytes += name.size() + value.size();
    ++call->fields;
    if (call->head_bytes > limits_.head_bytes || call->fields > limits_.head_fields) {
        call->too_large = true;
    } else if (name == ":status") {
        std::from_chars(value.data(), value.data() + value.size(), call->status);
    } else {
        call->headers.add(name, value);
    }
    return 0;
}

int Http2Client::on_frame(const nghttp2_frame& frame) {
    ClientCall* call = find(frame.hd.stream_id);
    if (call == nullptr) {
        return 0;
    }
    if (frame.hd.type == NGHTTP2_HEADERS && !call->told_head) {
        finish_head(frame.hd.stream_id, *call);
        call = find(frame.hd.stream_id);
    }
    const bool carries = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
    if (call != nullptr && carries && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        finish(frame.hd.stream_id, *call);
    }
    return 0;
}

void Http2Client::finish_head(std::int32_t id, ClientCall& call) {
    if (call.too_large) {
        tell_failed(static_cast<CallId>(id),
                    Error(ErrorCode::limit_exceeded, "the head of the answer is too large")
                        .with("limit", std::to_string(limits_.head_bytes)));
        cancel(static_cast<CallId>(id));
        return;
    }
    if (call.status < 100) {
        tell_failed(static_cast<CallId>(id), connection_error("the answer has no status", true));
        cancel(static_cast<CallId>(id));
        return;
    }
    if (call.status < 200) {
        call.headers = Headers();  // it says only that the answer comes
        call.head_bytes = call.fields = 0;
        return;
    }
    call.told_head = true;
    tell({.kind = ClientEvent::Kind::head,
          .call = static_cast<CallId>(id),
          .status = call.status,
          .headers = std::move(call.headers)});
}

int Http2Client::on_data(std::int32_t id, ByteView bytes) {
    if (find(id) == nullptr) {
        consumed(static_cast<CallId>(id), bytes.size());  // of a call that was cancelled
    } else {
        tell({.kind = ClientEvent::Kind::data,
              .call = static_cast<CallId>(id),
              .data = Bytes::copy(bytes)});
    }
    return 0;
}

int Http2Client::on_close(std::int32_t id, std::uint32_t code) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) {
        return 0;
    }
    const bool ended = found->second->ended;
    const bool sent = found->second->sent && code != NGHTTP2_REFUSED_STREAM;
    calls_.erase(found);
    if (!ended) {
        tell_failed(static_cast<CallId>(id),
                    connection_error(std::string("the server broke the call off: ") +
                                         nghttp2_http2_strerror(code),
                                     sent));
    }
    return 0;
}

}  // namespace

std::unique_ptr<ClientProtocol> make_http2_client(const Limits& limits) {
    return std::make_unique<Http2Client>(limits);
}

}  // namespace turntable::inline v0::net::http
