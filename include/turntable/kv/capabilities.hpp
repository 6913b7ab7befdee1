#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "turntable/core/durability.hpp"
#include "turntable/kv/limits.hpp"

namespace turntable::inline v0::kv {

/// Whether calls to one backend object may overlap.
enum class Threading : std::uint8_t {
    concurrent,  ///< any thread, any time
    serialized,  ///< one call at a time; the core sees to it (kv/serialized_backend.hpp)
};

using turntable::Durability;
using turntable::to_string;

/// What a backend can do: data that chooses the cases of the conformance suite.
///
/// Purpose: every promise of the contract holds, or the backend says here that it does not.
/// An upper bound before connecting, exact afterwards.
/// Ownership: a value. Threads: a value.
/// Errors: asking for what is not declared gives `unsupported`.
struct Capabilities {
    Threading threading = Threading::concurrent;
    Durability durability = Durability::none;
    /// The same data is there when the same URL is opened again.
    bool reopen = false;
    bool read_only = false;
    /// watch of single keys.
    bool watch_keys = true;
    /// watch of ranges.
    bool watch_ranges = true;
    /// A watch also sees commits of other processes, at the latest after this; zero: it does not.
    std::chrono::milliseconds watch_others_within{0};
    bool queue = true;
    bool snapshots = false;
    bool delete_range = false;
    /// set_expiry, beside expiry at set.
    bool set_expiry = true;
    /// Reads of ranges tell when an entry expires (EntryView::expire_at_ms), so copies keep it.
    bool expiry_times = false;
    /// backup_to and restore_from: files in the engine's own form, with versionstamps and queue.
    bool native_backup = false;
    /// Writes that one thread starts one after the other, without waiting in between, commit in
    /// that order.
    bool write_order = true;
    /// A strong read may miss what other handles committed for this long; zero: it does not. What
    /// was written through this handle is always seen.
    std::chrono::milliseconds stale_reads_within{0};
    /// All ranges of a read, and all of a step of a watch, are of one state of the whole database.
    /// False: of one state of each part of it, see kv/mounts.hpp.
    bool one_snapshot = true;
    /// One atomic write may name any keys together. False: only keys of one part; else it is
    /// refused with `unsupported`.
    bool one_commit = true;
    /// A check inside a transaction can cover a whole range.
    bool range_checks = false;
    Limits limits = {};
};

TURNTABLE_EXPORT std::string_view to_string(Threading threading) noexcept;

}  // namespace turntable::inline v0::kv
