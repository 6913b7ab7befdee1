#pragma once

/// \file
/// What the id of a delivery tells.
///
/// Purpose: a message that is delivered again gets another id, so that whoever held it before
/// cannot finish it, and is still known as the same one, on every engine and after a restart. A new
/// message has a random UUID (version 4). That of a retry is the same with version 8 (RFC 9562) and
/// the number of the attempt as its last byte. A program that knows nothing of this, such as Deno
/// on the same file, gives a retry a random id; then it counts as a new message.
/// Ownership: values. Threads: plain functions. Errors: none; an id that is no UUID is a new
/// message's.

#include <cstdint>
#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::kv {

/// The most attempts that are told apart.
inline constexpr std::uint32_t delivery_attempts_max = 255;

/// 1 for the first delivery of a message, 2 for the next.
TURNTABLE_EXPORT std::uint32_t delivery_attempt(std::string_view id) noexcept;
/// The same for all deliveries of a message: a UUID.
TURNTABLE_EXPORT std::string delivered_message(std::string_view id);
/// For the next delivery of the message that was delivered as `id`.
TURNTABLE_EXPORT std::string next_delivery_id(std::string_view id, Random& random);

}  // namespace turntable::inline v0::kv
