#pragma once

/// \file
/// All entries of a store, or a range of them, from one database into another.
///
/// Purpose: change the engine, make a second one, check that two are the same. Entries go as they
/// are: key, bytes, encoding, and when they expire. What does not go: versionstamps (the target
/// gives its own) and messages in the queue (the contract has no way to look at them without
/// taking them). kv/export.hpp has the same to and from files, kv/backup.hpp copies that keep all.
/// Ownership: everything here borrows databases for the length of the call.
/// Threads: each call uses the calling thread, which must not be one of the library.
/// Errors: those of both databases, which name their URLs, and those at each call.

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/kv/key.hpp"
#include "turntable/kv/selector.hpp"

namespace turntable::inline v0::kv {

/// What becomes of entries that the target holds already, in the range that is transferred.
enum class Existing : std::uint8_t {
    refuse,  ///< `already_exists` if there is one, and nothing is changed
    merge,  ///< they stay, unless an entry that is transferred has the same key
    replace,  ///< afterwards the range holds what the source holds and nothing else
};

/// How far a transfer is.
///
/// Purpose: progress bars. Ownership, threads: a value. Errors: none.
struct TransferProgress {
    /// Entries of the source that are done with.
    std::uint64_t entries = 0;
    /// Bytes of their keys and values.
    std::uint64_t bytes = 0;
    /// How many there are in all, if that was to be counted first; else 0.
    std::uint64_t total = 0;
};

/// Options of a transfer.
///
/// Purpose: what to take and how. Ownership: shares the stop token and the callback.
/// Threads: the callback runs on the calling thread. Errors: those of the call.
struct TransferOptions {
    Selector selector = everything();
    Existing existing = Existing::refuse;
    /// Take a source without snapshots: what is written meanwhile may be seen or not.
    bool inconsistent = false;
    /// Walk the source once before, so that progress has a total.
    bool count_first = false;
    /// Ends the transfer between two writes, with `cancelled`; it can be gone on with.
    std::stop_token stop = {};
    /// Called after each write.
    std::function<void(const TransferProgress&)> on_progress = {};
};

/// What a transfer did.
///
/// Purpose: the answer of copy, import and restore. Ownership, threads: a value. Errors: none.
struct TransferReport {
    /// Entries of the source, and the bytes of their keys and values.
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    /// Entries that were written; the others were in the target already, with the same content.
    std::uint64_t written = 0;
    /// Entries that were removed from the target, because the source does not have them.
    std::uint64_t removed = 0;
    /// An earlier transfer had been broken off and was gone on with.
    bool resumed = false;
    /// Of keys, values and expiry times, in key order: see verify.
    std::uint64_t checksum = 0;
};

/// Copies entries from one state of `from` into `to`.
///
/// Expired entries are left out. Batches are as large as the target takes, several under way at a
/// time. Until it is done, the target holds an entry more, under unfinished_transfer_key(), in
/// which it says what it is. A copy that broke off, also by a kill, is gone on with by the same
/// call: what has been written is compared and not written again, and the target ends up with the
/// state of the source at the second call. Nobody else should write to the range meanwhile.
/// Errors: `unsupported` if the source has no snapshots and `inconsistent` is not set, or if it
/// does not tell expiry times and `inconsistent` is not set; `already_exists` if the target is not
/// empty, see Existing, or holds part of another transfer; `conflict` if the source does;
/// `limit_exceeded` for an entry that the target cannot take, with its key; `cancelled`.
TURNTABLE_EXPORT Result<TransferReport> copy(const Database& from, const Database& to,
                                             const TransferOptions& options = {});

/// Where a target says that a transfer into it is not finished. Removing that entry makes it an
/// ordinary store, with what is in it.
TURNTABLE_EXPORT const Key& unfinished_transfer_key();

/// How an entry differs between two databases.
enum class DifferenceKind : std::uint8_t {
    only_in_first,
    only_in_second,
    value,  ///< other bytes, or another encoding
    expiry,  ///< the same value, but another time when it expires
};

/// One entry that is not the same.
///
/// Purpose: what verify reports. Ownership: a value. Threads: a value. Errors: none.
struct Difference {
    DifferenceKind kind = DifferenceKind::value;
    Key key;
};

/// Options of verify.
///
/// Purpose: as TransferOptions. Ownership, threads, errors: as there.
struct VerifyOptions {
    Selector selector = everything();
    bool inconsistent = false;
    bool count_first = false;
    /// So many differences are named; all are counted.
    std::size_t differences_max = 10;
    std::stop_token stop = {};
    std::function<void(const TransferProgress&)> on_progress = {};
};

/// What verify found.
///
/// Purpose: equal or not, and where. Ownership: a value. Threads: a value. Errors: none.
struct VerifyReport {
    std::uint64_t first_entries = 0;
    std::uint64_t second_entries = 0;
    /// CRC-64 over keys, values and expiry times in key order (docs/formats/export.md), the same
    /// for the same content in any engine.
    std::uint64_t first_checksum = 0;
    std::uint64_t second_checksum = 0;
    std::uint64_t difference_count = 0;
    /// The first of them, in key order.
    std::vector<Difference> differences;
    /// False: one of the two does not tell when entries expire, so that was not compared.
    bool expiry_compared = true;

    bool equal() const noexcept { return difference_count == 0; }
};

/// Walks two databases side by side, each in one state, and compares keys, values, encodings and
/// expiry times. Versionstamps and queues are not compared.
/// Errors: as copy.
TURNTABLE_EXPORT Result<VerifyReport> verify(const Database& first, const Database& second,
                                             const VerifyOptions& options = {});

/// The name of a kind as written in its enumerator.
TURNTABLE_EXPORT std::string_view to_string(DifferenceKind kind) noexcept;
/// A checksum as 16 hexadecimal digits.
TURNTABLE_EXPORT std::string checksum_text(std::uint64_t checksum);

}  // namespace turntable::inline v0::kv
