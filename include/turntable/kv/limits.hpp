#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/contract.hpp"

namespace turntable::inline v0::kv {

/// How much a backend takes in one call. Every number is the largest that is accepted.
///
/// Purpose: the limits of the kv surface in one place; part of Capabilities.
/// Ownership: a value. Threads: a value.
/// Errors: going over one is `limit_exceeded`, with the limit and the size in the message.
struct Limits {
    /// Encoded bytes of a key that is written or checked.
    std::size_t key_bytes = 2048;
    /// Encoded bytes of a key that is read, of a range bound or of a watched key: one more, so
    /// that the successor of the longest key can be named.
    std::size_t read_key_bytes = 2049;
    std::size_t value_bytes = std::size_t{64} << 20U;
    std::size_t payload_bytes = std::size_t{64} << 20U;
    std::size_t checks = 10'000;
    /// Mutations and enqueues together.
    std::size_t mutations = 100'000;
    /// Keys (also of checks and undelivered messages), values and payloads of one write together,
    /// and 4 bytes for each step of a backoff schedule.
    std::size_t write_bytes = std::size_t{256} << 20U;
    /// Keys of the mutations that carry a value, together.
    std::size_t write_key_bytes = std::size_t{256} << 20U;
    std::size_t ranges = 1000;
    /// Sum of the limits of all ranges of one read.
    std::size_t read_entries = 1'000'000;
    std::size_t watched_keys = 1000;
    std::size_t backoff_steps = 100;
    std::uint32_t backoff_step_ms = 24U * 3'600'000U;
    std::size_t keys_if_undelivered = 100;
    /// How far ahead a message may be scheduled.
    std::int64_t enqueue_delay_ms = std::int64_t{366} * 86'400'000;

    friend bool operator==(const Limits&, const Limits&) = default;
};

/// The limits of Deno's own client (2.9.6), which `profile=deno` applies.
TURNTABLE_EXPORT Limits deno_limits() noexcept;

/// Refuses a key that cannot be read: empty, reserved or too long.
TURNTABLE_EXPORT Result<void> check_read_key(ByteView key, const Limits& limits);
/// Refuses bounds that are too long, inverted, or reach beyond FF, where the reserved keys begin.
TURNTABLE_EXPORT Result<void> check_range(ByteView start, ByteView end, const Limits& limits);
/// Refuses a read that goes over `limits`, has an inverted range or a limit of zero.
TURNTABLE_EXPORT Result<void> check_read(std::span<const ReadRange> ranges, const Limits& limits);
/// Refuses a write that goes over `limits`, names an empty or reserved key, or is ill-formed.
/// `now_ms` is what enqueue deadlines are measured from.
TURNTABLE_EXPORT Result<void> check_write(const AtomicWrite& write, const Limits& limits,
                                          std::int64_t now_ms);
/// Refuses a watch that goes over `limits` or has an inverted range.
TURNTABLE_EXPORT Result<void> check_watch(std::span<const WatchTarget> targets,
                                          const Limits& limits);

}  // namespace turntable::inline v0::kv
