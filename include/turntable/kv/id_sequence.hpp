#pragma once

#include <cstdint>
#include <memory>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/database.hpp"

namespace turntable::inline v0::kv {

/// Options of an IdSequence.
///
/// Purpose: how many numbers are reserved at a time. Ownership, threads: a value.
/// Errors: zero is `invalid_argument`.
struct IdSequenceOptions {
    /// A larger block costs fewer commits, and skips more numbers when a program ends.
    std::uint64_t block = 100;
};

/// Numbers that never repeat: over threads, processes, restarts and kills.
///
/// Purpose: `kv::IdSequence orders(db, {"ids", "orders"}); auto id = orders.next();`. They begin
/// with 1. One object gives them in growing order; every object reserves blocks of its own, so two
/// of them give numbers between each other's. What a program had reserved when it ended is skipped:
/// whoever reserves later gets larger numbers.
/// Ownership: a copyable handle, copies share the block; keeps the database open.
/// Threads: all functions may be called from any thread; one waits for another that reserves.
/// Errors: those of transact; `type_mismatch` if the key holds no counter; `out_of_range` after
/// 2^64-1 numbers. An error, `commit_unknown` too, may skip numbers and repeats none.
class [[nodiscard]] TURNTABLE_EXPORT IdSequence {
  public:
    /// `key` holds a counter: the largest number that was reserved.
    IdSequence(Database db, Key key, const IdSequenceOptions& options = {});

    Result<std::uint64_t> next(const CallOptions& call = {}) const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace turntable::inline v0::kv
