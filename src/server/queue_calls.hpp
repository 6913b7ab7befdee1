#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "net/http/message.hpp"
#include "server/access.hpp"
#include "server/served_database.hpp"
#include "turntable/core/async.hpp"

/// \file
/// The queue of a database over HTTP: what KV Connect has no words for.
///
/// Purpose: whoever speaks HTTP and JSON can send and handle messages; docs/protocol.md has the
/// forms. Ownership: as in kv_calls.hpp. Threads: plain functions that never wait. Errors: are
/// answers.
namespace turntable::inline v0::server {

enum class QueueMethod : std::uint8_t { enqueue, take, finish, extend };
std::optional<QueueMethod> queue_method_from(std::string_view name) noexcept;

/// Which call, and on whose behalf.
struct QueueCall {
    QueueMethod method = QueueMethod::enqueue;
    Grant grant = {};
    /// While a take waits, `may_go_on` is asked so often.
    std::chrono::milliseconds look_every{5000};
    /// Whether the token still holds: a take that waits ends with it.
    std::function<bool()> may_go_on = [] { return true; };
};

Async<net::http::Response> answer_queue_call(const net::http::Request& request,
                                             const ServedDatabase& served, QueueCall call,
                                             const Context& context);

}  // namespace turntable::inline v0::server
