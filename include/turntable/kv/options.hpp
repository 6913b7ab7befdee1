#pragma once

/// \file
/// The options that calls of a handle take.
/// Purpose: named arguments: `db.set("k", "v", {.expire_in = 10min})`. Ownership: option structs
/// borrow what they name, for the length of the call. Threads: values. Errors: those of the call.
///
/// All but CallOptions are trivially destructible aggregates, which is what keeps
/// `co_await db.set("k", "v", {.expire_in = 10min})` right under every compiler.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "turntable/core/call_options.hpp"
#include "turntable/kv/contract.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv {

using turntable::CallOptions;

/// Options of a set.
///
/// Purpose: expiry. Ownership, threads: a value. Errors: a negative time is `invalid_argument`.
struct SetOptions {
    /// The entry is absent from then on; measured from the commit.
    std::optional<std::chrono::milliseconds> expire_in = {};
};

/// Options of a sum over JavaScript numbers or bigints.
///
/// Purpose: bounds. Ownership: borrows. Threads: a value.
/// Errors: a sum that leaves its bounds gives `out_of_range`, unless it is clamped.
struct SumOptions {
    /// V8 values of the operand's type; empty: no bound.
    ByteView min = {};
    ByteView max = {};
    /// Stop at the bound instead of failing.
    bool clamp = false;
};

/// Options of a list.
///
/// Purpose: how much, from where, in which order. Ownership: borrows the cursor for the length of
/// the call. Threads: a value. Errors: see BasicList.
struct ListOptions {
    /// At most this many entries in all; must be positive.
    std::optional<std::uint64_t> limit = {};
    /// From the high end to the low.
    bool reverse = false;
    /// Entries read at a time. By default the limit, at most 500, or 100 without a limit.
    std::optional<std::uint32_t> batch = {};
    /// Goes on after the entry where another list with the same selector gave this cursor; empty:
    /// from the start.
    std::string_view cursor = {};
    Consistency consistency = Consistency::strong;
};

/// Options of an enqueue.
///
/// Purpose: when a message is delivered, how often, and what becomes of it at last.
/// Ownership: borrows what it names for the length of the call. Threads: a value.
/// Errors: `invalid_argument` for a negative delay, `limit_exceeded` for one beyond the limits.
struct EnqueueOptions {
    /// Deliver no earlier than this.
    std::chrono::milliseconds delay{0};
    /// How long to wait before each further attempt when a handler failed; empty: one attempt
    /// only. By default five more, after 0.1, 1, 5, 30 and 60 seconds.
    std::optional<std::span<const std::chrono::milliseconds>> backoff = {};
    /// Keys that get the message as their value when the last attempt failed.
    std::span<const Key> keys_if_undelivered = {};
};

/// Options of listen.
///
/// Purpose: how many handlers run at once. Ownership, threads: a value.
/// Errors: zero is `invalid_argument`.
struct ListenOptions {
    std::uint32_t concurrency = 1;
};

static_assert(std::is_trivially_destructible_v<SetOptions> &&
              std::is_trivially_destructible_v<SumOptions> &&
              std::is_trivially_destructible_v<ListOptions> &&
              std::is_trivially_destructible_v<EnqueueOptions> &&
              std::is_trivially_destructible_v<ListenOptions>);

}  // namespace turntable::inline v0::kv
