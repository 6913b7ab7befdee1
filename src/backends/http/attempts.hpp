#pragma once

#include <cstdint>
#include <memory>

#include "backends/http/session.hpp"
#include "turntable/core/async.hpp"
#include "turntable/core/backoff.hpp"
#include "turntable/core/context.hpp"
#include "turntable/core/coroutine.hpp"
#include "turntable/core/error.hpp"

namespace turntable::inline v0::kv::http {

/// The status of a token that is not taken.
inline constexpr int unauthorized = 401;

/// The pauses between attempts.
inline constexpr BackoffPolicy call_backoff{.base_delay = std::chrono::milliseconds(50),
                                            .max_delay = std::chrono::milliseconds(2000)};

/// How often one call is made.
///
/// Purpose: decides whether a call that failed is made again, and waits: the first time not at all
/// for a connection that broke, since servers close those that nobody uses, and then with back-off,
/// for `retry_for` from the first failure on, and no longer than the deadline of the call.
/// Ownership: a part of the call. Threads: one at a time. Errors: see again().
class Attempts {
  public:
    Attempts(std::shared_ptr<Session> session, const Context& context);

    /// Whether `error`, of the attempt that was made with `used`, calls for another attempt, which
    /// it then waits for. A token that is refused does so if it was older than the call.
    Async<bool> again(Error error, ConnectedPtr used);
    /// The last error of a call that is not made again.
    Error given_up(const Error& error) const;

  private:
    static Async<bool> wait(std::shared_ptr<Session> session, Context context, Instant due);
    bool is_news(const ConnectedPtr& used) const noexcept;

    std::shared_ptr<Session> session_;
    Context context_;
    std::uint64_t exchanges_;
    /// No attempt begins later.
    Instant latest_;
    std::uint32_t failures_ = 0;
};

/// The error of a call after its backend was closed.
Error closed_error();

/// Makes a call until it is made or is not made again: `once(connected)` is one attempt.
template <class T, class Once>
Async<T> repeat(std::shared_ptr<Session> session, Context context, Once once) {
    const Pass inside(session->calls());
    if (!inside) {
        co_return closed_error();
    }
    Attempts attempts(session, context);
    while (true) {
        const Result<ConnectedPtr> used = co_await session->connected(context);
        Result<T> result = used ? Result<T>(closed_error()) : Result<T>(used.error());
        if (used) {
            result = co_await once(*used);
        }
        if (result) {
            co_return result;
        }
        const Result<bool> again = co_await attempts.again(result.error(), used ? *used : nullptr);
        if (!again || !*again) {
            co_return attempts.given_up(result.error());
        }
    }
}

}  // namespace turntable::inline v0::kv::http
