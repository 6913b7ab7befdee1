#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "net/http/http2_session.hpp"
#include "net/http/refill.hpp"
#include "net/http/server_protocol.hpp"

namespace turntable::inline v0::net::http {

inline constexpr std::chrono::seconds look_every{1};

/// A request, from its first field to the last byte of its answer.
struct Http2Stream {
    RequestHead head;
    std::size_t head_bytes = 0;
    std::size_t fields = 0;
    bool head_done = false;
    /// It is a HEAD: the answer has no body.
    bool to_head = false;
    /// What it is refused with, as soon as its head is there; 0: nothing.
    int refused = 0;
    std::string body;
    std::uint64_t allowed = 0;
    std::uint64_t received = 0;
    Instant body_since{};
    /// All of the request has come.
    bool complete = false;
    /// It was given to be answered.
    bool told = false;
    bool responded = false;
    /// All of the answer was sent.
    bool answered = false;
    Http2Outgoing out;
};

/// HTTP/2 on libnghttp2, which knows frames, streams and windows; what is counted and timed is
/// ours.
///
/// Ownership, threads, errors: as of every ServerProtocol.
class Http2Server final : public ServerProtocol {
  public:
    Http2Server(const Limits& limits, BodyLimit body_limit, Peer peer, Instant now)
        : limits_(limits),
          body_limit_(std::move(body_limit)),
          peer_(std::move(peer)),
          now_(now),
          idle_since_(now),
          head_since_(now),
          control_(limits.control_frames, limits.control_frames_per_second, now),
          resets_(limits.resets, limits.resets_per_second, now) {
        make_session();
    }

    void receive(ByteView bytes, Instant now) override;
    void end_of_input() override;

    void respond(StreamId id, int status, const Headers& headers, std::optional<Bytes> body,
                 Instant now) override {
        now_ = now;
        if (Http2Stream* stream = find(id); stream != nullptr && !stream->responded) {
            send_head(static_cast<std::int32_t>(id), *stream, status, headers, std::move(body));
        }
    }

    void give(StreamId id, Bytes piece, Instant now) override {
        Http2Stream* stream = find(id);
        if (stream == nullptr || piece.empty()) {
            return;
        }
        stream->out.rest = std::move(piece);
        stream->out.slow_since = now;
        resume(static_cast<std::int32_t>(id), *stream);
    }

    void end(StreamId id, bool complete, Instant) override {
        if (Http2Stream* stream = find(id)) {
            stream->out.ended = true;
            stream->out.broken = !complete;
            resume(static_cast<std::int32_t>(id), *stream);
        }
    }

    void fill(std::string& output, Instant now) override;
    void drain(Instant now) override;
    Instant next_deadline() const override;
    void on_time(Instant now) override;
    bool wants_input() const override { return true; }
    bool is_finished() const override {
        return dead_ ||
               (nghttp2_session_want_read(session_.get()) == 0 &&
                nghttp2_session_want_write(session_.get()) == 0) ||
               (goodbye_ && streams_.empty() && nghttp2_session_want_write(session_.get()) == 0);
    }

  private:
    // The session.

    void make_session();
    static Http2Callbacks make_callbacks();
    Http2Options make_options() const;

    static Http2Server& self(void* user) noexcept { return *static_cast<Http2Server*>(user); }

    Http2Stream* find(StreamId id) noexcept {
        const auto found = streams_.find(static_cast<std::int32_t>(id));
        return found == streams_.end() ? nullptr : found->second.get();
    }
    Http2Stream* find_signed(std::int32_t id) noexcept { return find(static_cast<StreamId>(id)); }

    void end_connection(CloseReason reason, std::uint32_t code);

    void say_goodbye() {
        if (!std::exchange(goodbye_, true)) {
            set_reason(CloseReason::drained);
            nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                                  nghttp2_session_get_last_proc_stream_id(session_.get()),
                                  NGHTTP2_NO_ERROR, nullptr, 0);
        }
    }

    // What comes.

    int on_begin_frame(const nghttp2_frame_hd& frame);
    int on_begin_head(const nghttp2_frame& frame);
    int on_field(const nghttp2_frame& frame, nghttp2_rcbuf* name, nghttp2_rcbuf* value);
    int on_frame(const nghttp2_frame& frame);
    int on_data(std::int32_t id, ByteView bytes);
    int on_sent(const nghttp2_frame& frame);
    int on_close(std::int32_t id);
    ssize_t on_room(std::int32_t id, std::uint8_t* out, std::size_t room, std::uint32_t* flags);

    void count_control() {
        if (!control_.take(now_) && reason() == CloseReason::open) {
            end_connection(CloseReason::flood, NGHTTP2_ENHANCE_YOUR_CALM);
        }
    }
    void finish_head(std::int32_t id, Http2Stream& stream, bool last);
    void finish_request(std::int32_t id, Http2Stream& stream);
    void refuse(std::int32_t id, Http2Stream& stream, int status);

    // What goes.

    void send_head(std::int32_t id, Http2Stream& stream, int status, const Headers& headers,
                   std::optional<Bytes> body);
    void resume(std::int32_t id, Http2Stream& stream) {
        if (std::exchange(stream.out.deferred, false)) {
            nghttp2_session_resume_data(session_.get(), id);
        }
        stream.out.room_told = false;
    }
    bool look_at_streams(Instant now);
    Instant body_deadline(const Http2Stream& stream) const {
        const std::uint64_t rate = std::max<std::uint64_t>(limits_.rate_bytes, 1);
        return stream.body_since + limits_.body_time + std::chrono::seconds(stream.received / rate);
    }
    bool is_slow(std::int32_t id, Http2Stream& stream, Instant now);

    const Limits limits_;
    const BodyLimit body_limit_;
    const Peer peer_;
    Http2Session session_;
    std::unordered_map<std::int32_t, std::unique_ptr<Http2Stream>> streams_;
    /// The time of the call under way, for callbacks.
    Instant now_;
    Instant idle_since_;
    /// Since when a head is incomplete; at first, the other end's SETTINGS.
    std::optional<Instant> head_since_;
    Instant look_at_ = Instant::max();
    Instant drain_since_{};
    Refill control_;
    Refill resets_;
    std::uint64_t bodies_bytes_ = 0;
    /// The first SETTINGS of the other end have come.
    bool said_hello_ = false;
    bool draining_ = false;
    /// No more requests: GOAWAY was sent.
    bool goodbye_ = false;
    /// For a fault of the other end, which gets no more answers.
    bool ended_ = false;
    /// The transport is gone.
    bool dead_ = false;
};

}  // namespace turntable::inline v0::net::http
