#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/contract.hpp"

/// \file
/// What the calls of a server's queue say and answer, as JSON; docs/protocol.md has them.
/// Purpose: the client's side of it. Ownership: values. Threads: plain functions.
/// Errors: `serialization` for an answer that is none.
namespace turntable::inline v0::kv::http {

std::string take_json(std::chrono::milliseconds wait);
std::string finish_json(std::string_view id, Delivery delivery);
std::string extend_json(std::string_view id);
TURNTABLE_EXPORT Result<QueueMessage> message_of(std::string_view json);

}  // namespace turntable::inline v0::kv::http
