#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/bytes.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/contract.hpp"
#include "turntable/kv/value.hpp"

/// \file
/// What the calls of the queue say, read from JSON.
/// Purpose: the values are those of kv/json.hpp, so that every JavaScript value can be sent.
/// Ownership: values. Threads: plain functions. Errors: `invalid_argument` and `serialization`,
/// naming the member.
namespace turntable::inline v0::server {

/// A message to send.
struct EnqueueRequest {
    /// A V8 value.
    Bytes payload;
    std::int64_t delay_ms = 0;
    /// None: the default schedule. Empty: the first failure is final.
    std::optional<std::vector<std::uint32_t>> backoff_ms = {};
    /// Encoded.
    std::vector<std::string> keys_if_undelivered = {};
};
Result<EnqueueRequest> parse_enqueue(std::string_view json);
/// The bytes themselves as the message, a Uint8Array.
Result<EnqueueRequest> enqueue_of_bytes(ByteView bytes);

/// How long a take may wait for a message.
inline constexpr std::int64_t take_wait_ms_max = 60'000;
struct TakeRequest {
    std::chrono::milliseconds wait{20'000};
    /// The message is wanted as it is stored, not as JSON.
    bool as_stored = false;
};
Result<TakeRequest> parse_take(std::string_view json);

/// Which delivery a finish or an extend is about.
struct FinishRequest {
    std::string id;
    kv::Delivery delivery = kv::Delivery::done;
};
Result<FinishRequest> parse_finish(std::string_view json);
Result<std::string> parse_extend(std::string_view json);

/// The member of an object in JSON that has a message: `"value":...`, or `"v8":"..."` of what only
/// another version of V8 can read, and of all if it is wanted as it is stored.
std::string message_value_json(const kv::Value& payload, bool as_stored = false);
/// A message as it is given to whoever took it.
std::string message_json(const kv::QueueMessage& message, bool as_stored);

}  // namespace turntable::inline v0::server
