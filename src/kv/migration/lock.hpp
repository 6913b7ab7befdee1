#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "turntable/kv/database.hpp"

namespace turntable::inline v0::kv {

/// The lock of a migrator: an entry that names when it ends.
///
/// Whoever holds it knows the versionstamp of the entry. Each commit under the lock checks that
/// versionstamp and writes the entry anew: that renews the lease, and a holder that was overtaken
/// commits nothing. (A kv::Lock gives a token for others to compare; here it is the commit itself
/// that must fail.)
class MigrationLock {
  public:
    MigrationLock(Database database, Key key, std::chrono::milliseconds lease)
        : database_(std::move(database)), key_(std::move(key)), lease_(lease) {}

    /// Takes it, waiting for at most `wait`. Errors: busy.
    Result<void> acquire(std::chrono::milliseconds wait);
    /// Gives it back, if it is still held.
    void release();

    /// Whether the entry is still as this holder wrote it.
    Result<bool> is_held() const;

    /// Adds the check and the renewal to a commit; call `renewed` when it has happened.
    void guard(detail::WriteBuffer& writes) const;
    void renewed(const Versionstamp& commit) { held_ = commit; }

  private:
    Result<bool> try_acquire(std::int64_t& free_at_ms);
    std::int64_t now_ms() const;
    Value value() const;

    Database database_;
    Key key_;
    std::chrono::milliseconds lease_;
    Versionstamp held_;
};

}  // namespace turntable::inline v0::kv
