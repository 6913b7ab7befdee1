#pragma once

#include <cstdint>

#include "net/http/message.hpp"
#include "turntable/core/async.hpp"

namespace turntable::inline v0::net::http {

/// What a server says to the requests it gets.
///
/// Purpose: the seam between the transport and those who answer; either is tested without the
/// other. Ownership: shared by the server and the requests under way.
/// Threads: all functions may be called from any thread, many at once. They do not wait: what takes
/// long is pending. The context's stop is requested when the asker has gone or the server must end;
/// a streamed body is dropped then.
/// Errors: an error instead of a response becomes a 500 without a word of it, and is logged; an
/// error in a streamed body breaks the stream off, which the other end sees.
class TURNTABLE_EXPORT Handler {
  public:
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler();

    /// How many bytes the body may have; asked before any is read. More is answered with 413.
    virtual std::uint64_t body_limit(const RequestHead& head) = 0;
    virtual Async<Response> handle(Request request, const Context& context) = 0;
};

}  // namespace turntable::inline v0::net::http
