#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http/limits.hpp"
#include "net/http/message.hpp"
#include "turntable/core/byte_view.hpp"
#include "turntable/core/clock.hpp"

namespace turntable::inline v0::net::http {

/// Names a request of a connection; never used again on it.
using StreamId = std::uint32_t;

/// Why a connection ends or has ended.
enum class CloseReason : std::uint8_t {
    open,  ///< it has not
    peer,  ///< the other end closed it
    complete,  ///< all was answered, and one of the ends wanted no more
    drained,  ///< the server ends
    idle,  ///< nothing was asked for long
    slow_head,  ///< a head took too long
    slow_body,  ///< a body took too long
    slow_reader,  ///< the other end does not take what it asked for
    flood,  ///< too many control frames or cancelled requests
    limit,  ///< a message was larger than allowed
    malformed,  ///< what came is not HTTP
    transport,  ///< the connection broke
};

/// The name of a reason as in its enumerator.
std::string_view to_string(CloseReason reason) noexcept;

/// What a connection has to tell.
struct ServerEvent {
    enum class Kind : std::uint8_t {
        request,  ///< a whole request came; answer it
        cancel,  ///< nobody wants the answer any more; say nothing further of this stream
        room,  ///< the next piece of a streamed body is wanted
    };
    Kind kind;
    StreamId stream;
    Request request = {};
};

/// The server's side of one connection: bytes to requests, answers to bytes.
///
/// Purpose: all rules of a version of HTTP, without sockets, threads, clocks and handlers, so that
/// tests and fuzzers reach every one. Ownership: owned by the session of the connection.
/// Threads: one at a time. Errors: there are none to return: what is wrong with a request is
/// answered, and what is wrong with a connection ends it (`is_finished`, `reason`).
class ServerProtocol {
  public:
    /// How many bytes the body of such a request may have.
    using BodyLimit = std::function<std::uint64_t(const RequestHead&)>;

    ServerProtocol() = default;
    ServerProtocol(const ServerProtocol&) = delete;
    ServerProtocol& operator=(const ServerProtocol&) = delete;
    virtual ~ServerProtocol();

    virtual void receive(ByteView bytes, Instant now) = 0;
    /// The other end sends no more.
    virtual void end_of_input() = 0;
    /// What happened since the last call, in order.
    std::vector<ServerEvent> take_events() { return std::exchange(events_, {}); }
    bool has_events() const noexcept { return !events_.empty(); }

    /// Answers a request. Without `body` the answer is streamed: `room` asks for each piece.
    virtual void respond(StreamId stream, int status, const Headers& headers,
                         std::optional<Bytes> body, Instant now) = 0;
    /// The piece that was asked for; not empty.
    virtual void give(StreamId stream, Bytes piece, Instant now) = 0;
    /// The streamed body ends here; if not complete, the other end sees that it was broken off.
    virtual void end(StreamId stream, bool complete, Instant now) = 0;

    /// Appends what is to be written until `output` has `Limits::output_bytes`. May tell events.
    virtual void fill(std::string& output, Instant now) = 0;
    /// No new requests; those under way are answered, then the connection ends.
    virtual void drain(Instant now) = 0;
    /// When `on_time` wants to be called.
    virtual Instant next_deadline() const = 0;
    virtual void on_time(Instant now) = 0;
    /// False: reading waits until something has been answered.
    virtual bool wants_input() const = 0;
    /// Close the connection once all output is written.
    virtual bool is_finished() const = 0;
    CloseReason reason() const noexcept { return reason_; }

  protected:
    void tell(ServerEvent event) { events_.push_back(std::move(event)); }
    /// The first reason counts.
    void set_reason(CloseReason reason) noexcept {
        if (reason_ == CloseReason::open) {
            reason_ = reason;
        }
    }

  private:
    std::vector<ServerEvent> events_;
    CloseReason reason_ = CloseReason::open;
};

/// A connection that has begun with a request of HTTP/1, or will.
std::unique_ptr<ServerProtocol> make_http1_server(const Limits& limits,
                                                  ServerProtocol::BodyLimit body_limit, Peer peer,
                                                  Instant now);
/// A connection that begins with the preface of HTTP/2.
std::unique_ptr<ServerProtocol> make_http2_server(const Limits& limits,
                                                  ServerProtocol::BodyLimit body_limit, Peer peer,
                                                  Instant now);

/// What a client of HTTP/2 sends first.
inline constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Whether a field may be sent: its name and value are valid, and it is none of those that the
/// transport sets itself (connection, transfer-encoding, content-length, ...).
bool may_send(const Field& field) noexcept;
/// A short text for people that stands in the body of an answer without a better one.
std::string_view reason_phrase(int status) noexcept;

}  // namespace turntable::inline v0::net::http
