#include "turntable/kv/lock.hpp"

#include <string>

namespace turntable::inline v0::kv {

namespace {

/// Who holds the lock: its token. The entry expires with the lease.
Key holder_key(const Key& prefix, std::string_view name) {
    return prefix.child(name).child("holder");
}
/// The last token; it stays.
Key token_key(const Key& prefix, std::string_view name) {
    return prefix.child(name).child("token");
}

Result<void> check(const LockOptions& options) {
    if (options.lease.count() > 0) {
        return {};
    }
    return Error(ErrorCode::invalid_argument, "the lease of a lock must be longer than nothing")
        .with("milliseconds", std::to_string(options.lease.count()));
}

Result<std::uint64_t> number_in(const std::optional<Entry>& entry) {
    return entry ? entry->value.as_u64() : Result<std::uint64_t>(std::uint64_t{0});
}

/// The end of a lease that begins now; saturates.
Instant lease_end(Runtime& runtime, std::chrono::milliseconds lease) {
    const Instant now = runtime.clock().steady_now();
    using std::chrono::milliseconds;
    return std::chrono::floor<milliseconds>(Instant::max() - now) > lease ? now + lease
                                                                          : Instant::max();
}

}  // namespace

Result<std::optional<Lock>> Locks::try_lock(std::string_view name, const LockOptions& options,
                                            const CallOptions& call) const {
    TURNTABLE_CHECK(check(options));
    const Key holder = holder_key(prefix_, name);
    const Key counter = token_key(prefix_, name);
    const Instant until = lease_end(db_.runtime(), options.lease);
    const auto token = db_.transact(
        [&](Transaction& tx) -> Result<std::uint64_t> {
            // The holder comes second, which a transaction reads from a snapshot: a cache that
            // still has the old one would let lock() miss the change that it waits for.
            TURNTABLE_TRY(const std::optional<Entry> last, tx.get(counter));
            TURNTABLE_TRY(const std::optional<Entry> held, tx.get(holder));
            if (held) {
                return std::uint64_t{0};
            }
            TURNTABLE_TRY(const std::uint64_t before, number_in(last));
            const Value next = Value::u64(before + 1);
            tx.set(counter, next).set(holder, next, {.expire_in = options.lease});
            return before + 1;
        },
        {}, call);
    if (!token) {
        return token.error();
    }
    if (*token == 0) {
        return std::optional<Lock>();
    }
    return std::optional(Lock(db_, holder, *token, options.lease, until));
}

Result<Lock> Locks::lock(std::string_view name, const LockOptions& options,
                         const CallOptions& call) const {
    const CallOptions within(call.context(db_.runtime(), true));
    // From before the first try, so that no release in between is missed. The token too: a lock
    // that was free when the watch told of it, and is free again, looks the same without.
    TURNTABLE_TRY(WatchStream changes,
                  db_.watch({holder_key(prefix_, name), token_key(prefix_, name)}, within));
    while (true) {
        TURNTABLE_TRY(std::optional<Lock> lock, try_lock(name, options, within));
        if (lock) {
            return *std::move(lock);
        }
        TURNTABLE_TRY(const std::optional<Changes> changed, changes.next(within));
        if (!changed) {
            return Error(ErrorCode::closed, "the database was closed while a lock was waited for")
                .during("lock")
                .on(db_.url());
        }
    }
}

bool Lock::is_held() const noexcept { return db_.runtime().clock().steady_now() < until_; }

Result<void> Lock::extend(const CallOptions& call) {
    const Instant until = lease_end(db_.runtime(), lease_);
    TURNTABLE_CHECK(change(true, call));
    until_ = until;
    return {};
}

Result<void> Lock::release(const CallOptions& call) {
    TURNTABLE_CHECK(change(false, call));
    until_ = Instant::min();
    return {};
}

Result<void> Lock::change(bool keep, const CallOptions& call) const {
    return db_.transact(
        [&](Transaction& tx) -> Result<void> {
            TURNTABLE_TRY(const std::optional<Entry> held, tx.get(holder_));
            TURNTABLE_TRY(const std::uint64_t token, number_in(held));
            if (token != token_) {
                return Error(ErrorCode::not_found,
                             "the lease of the lock had ended; another may hold it now")
                    .with("token", std::to_string(token_))
                    .during(keep ? "extend" : "release")
                    .on(db_.url());
            }
            if (keep) {
                tx.set(holder_, Value::u64(token_), {.expire_in = lease_});
            } else {
                tx.remove(holder_);
            }
            return {};
        },
        {}, call);
}

}  // namespace turntable::inline v0::kv
