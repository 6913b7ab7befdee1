#include "kv/migration/lock.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "kv/collection/js_fields.hpp"

namespace turntable::inline v0::kv {

namespace {

/// How often a lock that another holds is looked at.
constexpr std::chrono::milliseconds poll_interval{50};

}  // namespace

std::int64_t MigrationLock::now_ms() const {
    return database_.runtime().clock().wall_now().time_since_epoch().count();
}

Value MigrationLock::value() const {
    const std::int64_t ends = now_ms() + lease_.count();
    return Value::js(JsObject{{{"leaseEndsAtMs", static_cast<double>(ends)}}}).value();
}

Result<bool> MigrationLock::try_acquire(std::int64_t& free_at_ms) {
    TURNTABLE_TRY(const std::optional<Entry> entry, database_.get(key_));
    if (entry) {
        TURNTABLE_TRY(const JsValue value, entry->value.as_js());
        TURNTABLE_TRY(const std::uint64_t ends, JsFields(value).number("leaseEndsAtMs"));
        free_at_ms = static_cast<std::int64_t>(ends);
        if (free_at_ms > now_ms()) {
            return false;
        }
    }
    free_at_ms = now_ms();
    TURNTABLE_TRY(const CommitResult commit,
                  database_.atomic().check(key_, entry).set(key_, value()).commit());
    held_ = commit.versionstamp;
    return commit.committed;
}

Result<void> MigrationLock::acquire(std::chrono::milliseconds wait) {
    Clock& clock = database_.runtime().clock();
    const Instant deadline = clock.steady_now() + wait;
    while (true) {
        std::int64_t free_at_ms = 0;
        TURNTABLE_TRY(const bool taken, try_acquire(free_at_ms));
        if (taken) {
            return {};
        }
        const Instant now = clock.steady_now();
        if (now >= deadline) {
            return Error(ErrorCode::busy,
                         "another process migrates this database; its lease ends in " +
                             std::to_string(std::max<std::int64_t>(0, free_at_ms - now_ms())) +
                             " ms unless it is renewed");
        }
        std::mutex mutex;
        std::condition_variable nobody_notifies;
        std::unique_lock lock(mutex);
        clock.wait_until(lock, nobody_notifies,
                         std::min(deadline, now + std::chrono::nanoseconds(poll_interval)));
    }
}

void MigrationLock::release() {
    // If this fails, the lease ends by itself.
    (void)database_.atomic().check(key_, held_).remove(key_).commit();
}

Result<bool> MigrationLock::is_held() const {
    TURNTABLE_TRY(const std::optional<Entry> entry, database_.get(key_));
    return entry && entry->versionstamp == held_;
}

void MigrationLock::guard(detail::WriteBuffer& writes) const {
    writes.check(key_.encoded(), held_);
    writes.mutate(MutationKind::set, key_.encoded(), value());
}

}  // namespace turntable::inline v0::kv
