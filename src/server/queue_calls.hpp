#pragma once

#include <cstdint>
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

Async<net::http::Response> answer_queue_call(const net::http::Request& request,
                                             const ServedDatabase& served, const Grant& grant,
                                             QueueMethod method, const Context& context);

}  // namespace turntable::inline v0::server
