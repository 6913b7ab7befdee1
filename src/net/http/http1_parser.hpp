#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "net/http/message.hpp"
#include "turntable/core/byte_view.hpp"

namespace turntable::inline v0::net::http {

/// What came of one message of HTTP/1.
struct Http1Message {
    /// Of a request.
    std::string method;
    std::string target;
    /// Of a response.
    int status = 0;
    /// Names in lower case. Fields after a body in chunks are checked and dropped.
    Headers headers;
    /// 10 or 11.
    int version = 11;
    bool keep_alive = true;
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
};

/// Reads one message of HTTP/1, request or response.
///
/// Purpose: what is ambiguous about where a message ends is refused (RFC 9112, 6.3): a length
/// beside chunks, a length twice, encodings other than chunks, line ends that are not CRLF.
/// Ownership: owns what it has read. Threads: one at a time. Errors: `failed`, with the status
/// that a server answers; the message does not go on then.
class Http1Parser {
  public:
    enum class State : std::uint8_t { head, body, complete, failed };

    Http1Parser() = default;
    Http1Parser(const Http1Parser&) = delete;
    Http1Parser& operator=(const Http1Parser&) = delete;
    virtual ~Http1Parser();

    /// Reads from the front of `input` and says how much; stops after the head, and at the end of
    /// the message. What is left over comes again at the front of the next input.
    virtual std::size_t feed(ByteView input) = 0;
    /// The other end sends no more: the end of a response without a length.
    virtual void end_of_input() = 0;
    State state() const noexcept { return state_; }
    Http1Message& message() noexcept { return message_; }
    /// The bytes of the body that were not taken yet; take them by moving.
    std::string& body() noexcept { return body_; }
    /// The status that says what is wrong; when failed.
    int failure() const noexcept { return failure_; }

    static std::unique_ptr<Http1Parser> of_request(std::size_t head_bytes, std::size_t fields);
    /// `to_head`: the answer to a HEAD, which has no body whatever it says.
    static std::unique_ptr<Http1Parser> of_response(std::size_t head_bytes, std::size_t fields,
                                                    bool to_head);

  protected:
    State state_ = State::head;
    Http1Message message_;
    std::string body_;
    int failure_ = 400;
};

}  // namespace turntable::inline v0::net::http
