#pragma once

/// \file
/// What blocking and awaited listeners share.
/// Purpose: one set of rules. Ownership, threads: none. Errors: invalid_argument.

#include <chrono>
#include <cstdint>

#include "turntable/kv/contract.hpp"
#include "turntable/kv/handle_state.hpp"
#include "turntable/kv/options.hpp"

namespace turntable::inline v0::kv::detail {

/// How long a listener waits after an error of the engine before it asks again.
inline constexpr std::chrono::seconds listener_retry_delay{1};
inline constexpr std::uint32_t listener_concurrency_max = 1000;

Result<void> check_listen(const ListenOptions& options, const HandleCore& core);

/// What becomes of a message whose handler gave `handled`; see MessageHandler.
Delivery delivery_of(const Result<void>& handled, bool stopping) noexcept;

}  // namespace turntable::inline v0::kv::detail
