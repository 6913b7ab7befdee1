#pragma once

/// \file
/// What an atomic write does, as a pure function.
/// Purpose: the write semantics of the kv surface, once, for every engine: embedded engines call
/// it inside their transaction, remote ones between a read and a conditional commit.
/// Ownership: a Plan borrows from the write and from the records that it was made of; keep both
/// until it is applied. Threads: plain functions. Errors: of the write, never of an engine: a
/// write whose plan is an error has no effect at all.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/contract.hpp"
#include "turntable/kv/ordered_engine.hpp"

namespace turntable::inline v0::kv {

/// A key whose record a plan depends on.
///
/// Purpose: what to read before plan(). Ownership: borrows from the write. Threads: a value.
/// Errors: none.
struct NeededKey {
    ByteView key;
    /// False: only version and expiry are looked at, so the data need not be fetched.
    bool data = false;
};

/// The keys to read for plan(), each once. Empty for a write that only sets and removes.
TURNTABLE_EXPORT std::vector<NeededKey> keys_to_read(const AtomicWrite& write);

/// What plan() takes beside the write.
///
/// Purpose: everything that a write depends on, so that the same input gives the same plan.
/// Ownership: borrows. Threads: a value. Errors: none.
struct PlanInput {
    /// The records of keys_to_read(write), in that order; none: the key is absent.
    std::span<const std::optional<Record>> records = {};
    /// Of this commit, larger than every version in the database.
    std::uint64_t version = 0;
    /// Records that have expired by then are absent.
    std::int64_t now_ms = 0;
    /// One for each enqueue, see new_message_id.
    std::span<const std::string> message_ids = {};
    /// The largest value that a mutation may make.
    std::size_t value_bytes_max = SIZE_MAX;
};

/// What becomes of one key.
///
/// Purpose: an instruction for an engine. Ownership: borrows as the Plan does. Threads: a value.
/// Errors: none.
struct PlannedChange {
    Bytes key;
    /// The new record; none: the key is removed (it may be absent already).
    std::optional<Record> record;
};

/// What a write does: nothing, because of failed checks, or all of the changes and messages.
///
/// Purpose: the answer of plan(). Ownership: borrows from the write and the records.
/// Threads: a value. Errors: none.
struct Plan {
    /// Ascending. Not empty: the write does nothing.
    std::vector<std::uint32_t> failed_checks;
    /// Each key once, by its first mutation, with the state after its last. These are also the
    /// keys whose watchers are to be told.
    std::vector<PlannedChange> changes;
    /// Rows for QueueTable::waiting.
    std::vector<QueueRow> messages;
};

/// Decides what a write that check_write accepted does.
///
/// Checks come first, all of them; then mutations in order, each seeing the ones before it; then
/// enqueues. Every key that a mutation changes gets `version`, also from set_expiry. A number that
/// sum, min or max makes has no expiry.
///
/// - min, max, and sum with a u64 operand: the stored value must be a u64; sum wraps at 2^64.
/// - sum with a V8 operand (bigint or number): the stored value must be of the same type. Where
///   the operand is a bigint from 0 to 2^64-1 without bounds and clamp, a stored u64 is added to
///   as a u64. Bounds must be of the operand's type. An absent key counts as zero, so bounds
///   apply to the operand itself (Deno KV does not apply them there).
/// - set_expiry of an absent key does nothing.
///
/// Errors: type_mismatch for a value that the operation cannot work on; out_of_range for a sum
/// that leaves its bounds; invalid_argument for bounds that are no values or of another type;
/// limit_exceeded for a value that grew over `value_bytes_max`.
TURNTABLE_EXPORT Result<Plan> plan(const AtomicWrite& write, const PlanInput& input);

/// What becomes of a message whose delivery failed.
///
/// Purpose: the schedule of retries, as a pure function. Ownership: as Plan. Threads: a value.
/// Errors: none.
struct FailurePlan {
    /// The row to insert in QueueTable::waiting; none: it was the last attempt.
    std::optional<QueueRow> retry;
    /// After the last attempt: the payload for each of keys_if_undelivered.
    std::vector<PlannedChange> changes;
};

/// Moves a message to its next attempt, `backoff_ms[0]` after `now_ms`, or to its dead letters.
/// The retry gets `new_id`, so that whoever still holds the old delivery cannot finish the new one.
TURNTABLE_EXPORT FailurePlan plan_failure(const QueueRow& row, std::string new_id,
                                          std::uint64_t version, std::int64_t now_ms);

/// A random UUID of version 4.
TURNTABLE_EXPORT std::string new_message_id(Random& random);

/// The key that set_suffix_versionstamped_key writes: `key` and a part of text with the 20 hex
/// digits of the versionstamp.
TURNTABLE_EXPORT std::string versionstamped_key(ByteView key, std::uint64_t version);

}  // namespace turntable::inline v0::kv
