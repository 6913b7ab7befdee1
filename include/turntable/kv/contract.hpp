#pragma once

/// \file
/// The requests and answers of the kv contract: flat, borrowed, expressible in C.
/// Purpose: what passes between a handle and a backend. Ownership: requests borrow; every view in
/// a request lives until the call returns, and a backend that goes on pending copies what it needs.
/// Threads: values. Errors: see kv/backend.hpp for what each call may answer.
///
/// Keys are encoded (kv/key.hpp) and times are Unix milliseconds.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "turntable/core/bytes.hpp"
#include "turntable/kv/entry.hpp"
#include "turntable/kv/value_encoding.hpp"
#include "turntable/kv/versionstamp.hpp"

namespace turntable::inline v0::kv {

/// `strong` reads see every commit that was acknowledged before; `eventual` may be a little older.
enum class Consistency : std::uint8_t { strong, eventual };

/// The entries with start <= key < end, at most `limit` of them, from the high end if `reverse`.
struct ReadRange {
    ByteView start;
    ByteView end;
    std::uint32_t limit = 1;
    bool reverse = false;
};

/// How a read is to be answered.
struct ReadOptions {
    Consistency consistency = Consistency::strong;
};

/// One batch for each range, in the order asked, all from one snapshot.
using ReadOutput = std::vector<EntryBatch>;

/// The write happens only if the key still has this versionstamp; none: only if it is absent.
struct Check {
    ByteView key;
    std::optional<Versionstamp> versionstamp = {};
};

/// The kinds of mutation; up to 9 the numbers are those of KV Connect.
enum class MutationKind : std::uint8_t {
    set = 1,
    remove = 2,
    sum = 3,
    max = 4,
    min = 5,
    /// The key gets the versionstamp of this commit as a last string part.
    set_suffix_versionstamped_key = 9,
    /// Changes when an entry expires and leaves its value alone; an absent key stays absent. The
    /// entry gets the versionstamp of this commit, as from every mutation.
    set_expiry = 64,
};

/// One change. Mutations of a write apply in order, after all of its checks.
struct Mutation {
    MutationKind kind = MutationKind::set;
    ByteView key;
    /// The new value or the operand.
    ByteView data = {};
    ValueEncoding encoding = ValueEncoding::bytes;
    /// For set, set_suffix_versionstamped_key and set_expiry; other kinds end any expiry.
    std::int64_t expire_at_ms = never_expires;
    /// Bounds of a sum as V8 values of the operand's type; empty: no bound.
    ByteView sum_min = {};
    ByteView sum_max = {};
    /// A sum that leaves its bounds stops at them instead of failing.
    bool sum_clamp = false;
};

/// One message for the queue.
struct Enqueue {
    /// A V8 value.
    ByteView payload;
    /// When it may be delivered first.
    std::int64_t deadline_ms = 0;
    /// Keys that get the payload as their value when every attempt failed.
    std::span<const ByteView> keys_if_undelivered = {};
    /// Delays before each further attempt. None given: default_backoff_ms. Given and empty: the
    /// first failure is final.
    std::optional<std::span<const std::uint32_t>> backoff_ms = {};
};

/// Delays between the attempts to deliver a message that names none.
inline constexpr std::uint32_t default_backoff_ms[] = {100, 1000, 5000, 30000, 60000};

/// All of it happens, or nothing.
struct AtomicWrite {
    std::span<const Check> checks = {};
    std::span<const Mutation> mutations = {};
    std::span<const Enqueue> enqueues = {};
};

/// What became of an atomic write: committed, or refused by a check.
struct CommitResult {
    /// False: at least one check failed and nothing was written.
    bool committed = false;
    /// Of this commit; zero when not committed.
    Versionstamp versionstamp = {};
    /// Indexes of all checks that failed, ascending.
    std::vector<std::uint32_t> failed_checks = {};
};

/// What to watch: one key, or every key with key <= k < range_end.
struct WatchTarget {
    ByteView key;
    std::optional<ByteView> range_end = {};
};

/// The newest state of one watched key; no entry: it is absent.
struct WatchChange {
    /// Index of the target that the key belongs to.
    std::uint32_t target = 0;
    Bytes key;
    std::optional<Entry> entry;
};

/// One step of a watch, all from one snapshot. The first holds every watched key (absent ones too)
/// and every entry of the watched ranges; later ones what changed since. Changes are merged: a
/// state that was overwritten before anybody asked is not told.
using WatchOutput = std::vector<WatchChange>;

/// A message taken from the queue, leased to whoever took it.
struct QueueMessage {
    /// Names the delivery in queue_finish and queue_extend.
    std::string id;
    /// A V8 value.
    Bytes payload;
    /// When the lease ends: unless finished or extended by then, the message is delivered again.
    std::int64_t lease_until_ms = 0;
};

/// How the handling of a message ended.
enum class Delivery : std::uint8_t {
    done,  ///< the message is deleted
    failed,  ///< it is tried again by its schedule, at last written to keys_if_undelivered
    /// Nobody tried: it is due at once, as the same attempt under the same id.
    returned,
};

/// What a delete_range did.
struct DeleteRangeOutput {
    std::uint64_t removed = 0;
    Versionstamp versionstamp = {};
};

}  // namespace turntable::inline v0::kv
