#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "turntable/core/clock.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/database.hpp"

namespace turntable::inline v0::kv {

/// How long a lock is held unless it is extended.
///
/// Purpose: the option of taking a lock. Ownership, threads: a value.
/// Errors: a time that is not positive is `invalid_argument`.
struct LockOptions {
    std::chrono::milliseconds lease{10'000};
};

/// A named lock that is held, until its lease ends.
///
/// Purpose: one at a time does something, over threads, processes and machines. When the holder
/// dies, others get the lock after the lease. A holder that was held up does not notice that its
/// lease has ended, so pass `token()` to whatever the lock protects, and let that refuse a smaller
/// token than the largest it has seen.
/// Ownership: keeps the database open. Destroying it releases nothing, since that could block and
/// fail: call release(), or let the lease end.
/// Threads: one thread at a time.
/// Errors: `not_found` when the lease had ended; another may hold the lock now.
class [[nodiscard]] TURNTABLE_EXPORT Lock {
  public:
    /// Grows with each holder of this lock, also after a lease that ended and after kills.
    std::uint64_t token() const noexcept { return token_; }
    /// Whether the lease still lasts, by the clock of the runtime: counted from before it was asked
    /// for, so never too long.
    bool is_held() const noexcept;
    /// Begins a new lease of the same length.
    Result<void> extend(const CallOptions& call = {});
    /// Lets the next one have it.
    Result<void> release(const CallOptions& call = {});

  private:
    friend class Locks;
    Lock(Database db, Key holder, std::uint64_t token, std::chrono::milliseconds lease,
         Instant until)
        : db_(std::move(db)),
          holder_(std::move(holder)),
          token_(token),
          lease_(lease),
          until_(until) {}
    Result<void> change(bool keep, const CallOptions& call) const;

    Database db_;
    Key holder_;
    std::uint64_t token_;
    std::chrono::milliseconds lease_;
    Instant until_;
};

/// The named locks below a prefix of a database.
///
/// Purpose: `kv::Locks locks(db, "locks"); auto lock = locks.lock("report");`. A lock is an entry
/// that expires, so the clock that counts is that of the engine: of this machine for an embedded
/// one. Beside it stays a counter, from which tokens come.
/// Ownership: a copyable handle; keeps the database open.
/// Threads: all functions may be called from any thread.
/// Errors: those of transact. After `commit_unknown` the lock may be held until its lease ends.
class [[nodiscard]] TURNTABLE_EXPORT Locks {
  public:
    Locks(Database db, Key prefix) : db_(std::move(db)), prefix_(std::move(prefix)) {}

    /// The lock, or none if somebody holds it.
    Result<std::optional<Lock>> try_lock(std::string_view name, const LockOptions& options = {},
                                         const CallOptions& call = {}) const;
    /// Waits until nobody holds it and takes it; several that wait get it in any order. Needs
    /// capabilities().watch_keys. Errors: `timeout` or `cancelled` by `call`.
    Result<Lock> lock(std::string_view name, const LockOptions& options = {},
                      const CallOptions& call = {}) const;

  private:
    Database db_;
    Key prefix_;
};

}  // namespace turntable::inline v0::kv
