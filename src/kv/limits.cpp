#include "turntable/kv/limits.hpp"

#include <string>
#include <string_view>

#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv {

namespace {

constexpr std::string_view end_of_user_keys{"\xFF", 1};

/// "value too large (max 65536 bytes, this has 65537)".
Error too_large(std::string_view what, std::size_t max, std::size_t size) {
    return Error(ErrorCode::limit_exceeded, std::string(what) + " too large (max " +
                                                std::to_string(max) + " bytes, this has " +
                                                std::to_string(size) + ")");
}

/// "too many checks (max 100, these are 101)".
Error too_many(std::string_view what, std::size_t max, std::size_t count) {
    return Error(ErrorCode::limit_exceeded, "too many " + std::string(what) + " (max " +
                                                std::to_string(max) + ", these are " +
                                                std::to_string(count) + ")");
}

Result<void> check_written_key(ByteView key, const Limits& limits) {
    TURNTABLE_CHECK(check_user_key(key));
    if (key.size() > limits.key_bytes) {
        return too_large("key for write", limits.key_bytes, key.size());
    }
    return {};
}

/// A bound may be empty (the first key) and may reach up to FF, which no user key reaches.
Result<void> check_bound(ByteView bound, const Limits& limits) {
    if (bound.size() > limits.read_key_bytes) {
        return too_large("key for read", limits.read_key_bytes, bound.size());
    }
    if (bound > ByteView(end_of_user_keys)) {
        return Error(ErrorCode::invalid_argument,
                     "a range must end at FF at the latest: keys from FF on are reserved");
    }
    return {};
}

Result<void> check_bounds(ByteView start, ByteView end, const Limits& limits) {
    TURNTABLE_CHECK(check_bound(start, limits));
    TURNTABLE_CHECK(check_bound(end, limits));
    if (start > end) {
        return Error(ErrorCode::invalid_argument, "start key is greater than end key");
    }
    return {};
}

bool carries_value(MutationKind kind) noexcept {
    return kind != MutationKind::remove && kind != MutationKind::set_expiry;
}

Error ill_formed(std::string message) {
    return Error(ErrorCode::invalid_argument, std::move(message));
}

Result<void> check_form(const Mutation& mutation) {
    switch (mutation.kind) {
        case MutationKind::set:
        case MutationKind::remove:
        case MutationKind::sum:
        case MutationKind::max:
        case MutationKind::min:
        case MutationKind::set_suffix_versionstamped_key:
        case MutationKind::set_expiry:
            break;
        default:
            return ill_formed("unknown kind of mutation: " +
                              std::to_string(static_cast<int>(mutation.kind)));
    }
    if (mutation.expire_at_ms < never_expires) {
        return ill_formed("an expiry time cannot be negative: " +
                          std::to_string(mutation.expire_at_ms));
    }
    if (!carries_value(mutation.kind)) {
        return {};
    }
    if (!value_encoding_from(static_cast<std::int64_t>(mutation.encoding))) {
        return ill_formed("unknown value encoding: " +
                          std::to_string(static_cast<int>(mutation.encoding)));
    }
    if (mutation.encoding == ValueEncoding::le64 && mutation.data.size() != 8) {
        return ill_formed("a u64 value has 8 bytes, this has " +
                          std::to_string(mutation.data.size()));
    }
    return {};
}

/// Adds up what the limits on a whole write count.
struct Totals {
    std::size_t bytes = 0;
    std::size_t key_bytes = 0;
};

Result<void> check_mutation(const Mutation& mutation, const Limits& limits, Totals& totals) {
    TURNTABLE_CHECK(check_written_key(mutation.key, limits));
    TURNTABLE_CHECK(check_form(mutation));
    totals.bytes += mutation.key.size();
    if (!carries_value(mutation.kind)) {
        return {};
    }
    for (const ByteView value : {mutation.data, mutation.sum_min, mutation.sum_max}) {
        if (value.size() > limits.value_bytes) {
            return too_large("value", limits.value_bytes, value.size());
        }
        totals.bytes += value.size();
    }
    totals.key_bytes += mutation.key.size();
    return {};
}

Result<void> check_enqueue(const Enqueue& enqueue, const Limits& limits, std::int64_t now_ms,
                           Totals& totals) {
    if (enqueue.payload.size() > limits.payload_bytes) {
        return too_large("enqueue payload", limits.payload_bytes, enqueue.payload.size());
    }
    totals.bytes += enqueue.payload.size();
    if (enqueue.deadline_ms < 0) {
        return ill_formed("a delivery time cannot be negative: " +
                          std::to_string(enqueue.deadline_ms));
    }
    if (enqueue.deadline_ms - now_ms > limits.enqueue_delay_ms) {
        return Error(ErrorCode::limit_exceeded,
                     "enqueue delay too large (max " + std::to_string(limits.enqueue_delay_ms) +
                         " ms, this is " + std::to_string(enqueue.deadline_ms - now_ms) + ")");
    }
    if (enqueue.keys_if_undelivered.size() > limits.keys_if_undelivered) {
        return too_many("keys if undelivered", limits.keys_if_undelivered,
                        enqueue.keys_if_undelivered.size());
    }
    for (const ByteView key : enqueue.keys_if_undelivered) {
        TURNTABLE_CHECK(check_written_key(key, limits));
        totals.bytes += key.size();
    }
    if (!enqueue.backoff_ms) {
        return {};
    }
    if (enqueue.backoff_ms->size() > limits.backoff_steps) {
        return too_many("backoff intervals", limits.backoff_steps, enqueue.backoff_ms->size());
    }
    for (const std::uint32_t step : *enqueue.backoff_ms) {
        if (step > limits.backoff_step_ms) {
            return Error(ErrorCode::limit_exceeded, "backoff interval too large (max " +
                                                        std::to_string(limits.backoff_step_ms) +
                                                        " ms, this is " + std::to_string(step) +
                                                        ")");
        }
        totals.bytes += sizeof(step);
    }
    return {};
}

}  // namespace

Limits deno_limits() noexcept {
    Limits limits;
    limits.key_bytes = 2048;
    limits.read_key_bytes = 2049;
    limits.value_bytes = 65536;
    limits.payload_bytes = 65536;
    limits.checks = 100;
    limits.mutations = 1000;
    limits.write_bytes = 819200;
    limits.write_key_bytes = 81920;
    limits.ranges = 10;
    limits.read_entries = 1000;
    limits.watched_keys = 10;
    limits.backoff_steps = 5;
    limits.backoff_step_ms = 3'600'000;
    limits.keys_if_undelivered = 10;  // the client has no limit; this is its server's
    limits.enqueue_delay_ms = std::int64_t{30} * 86'400'000;
    return limits;
}

Result<void> check_read_key(ByteView key, const Limits& limits) {
    TURNTABLE_CHECK(check_user_key(key));
    if (key.size() > limits.read_key_bytes) {
        return too_large("key for read", limits.read_key_bytes, key.size());
    }
    return {};
}

Result<void> check_range(ByteView start, ByteView end, const Limits& limits) {
    return check_bounds(start, end, limits);
}

Result<void> check_read(std::span<const ReadRange> ranges, const Limits& limits) {
    if (ranges.size() > limits.ranges) {
        return too_many("ranges", limits.ranges, ranges.size());
    }
    std::size_t entries = 0;
    for (const ReadRange& range : ranges) {
        TURNTABLE_CHECK(check_bounds(range.start, range.end, limits));
        if (range.limit == 0) {
            return ill_formed("the limit of a range must be at least 1");
        }
        entries += range.limit;
    }
    if (entries > limits.read_entries) {
        return too_many("entries", limits.read_entries, entries);
    }
    return {};
}

Result<void> check_write(const AtomicWrite& write, const Limits& limits, std::int64_t now_ms) {
    if (write.checks.size() > limits.checks) {
        return too_many("checks", limits.checks, write.checks.size());
    }
    const std::size_t mutations = write.mutations.size() + write.enqueues.size();
    if (mutations > limits.mutations) {
        return too_many("mutations", limits.mutations, mutations);
    }
    Totals totals;
    for (const Check& check : write.checks) {
        TURNTABLE_CHECK(check_written_key(check.key, limits));
        totals.bytes += check.key.size();
    }
    for (const Mutation& mutation : write.mutations) {
        TURNTABLE_CHECK(check_mutation(mutation, limits, totals));
    }
    for (const Enqueue& enqueue : write.enqueues) {
        TURNTABLE_CHECK(check_enqueue(enqueue, limits, now_ms, totals));
    }
    if (totals.bytes > limits.write_bytes) {
        return too_large("total mutation size", limits.write_bytes, totals.bytes);
    }
    if (totals.key_bytes > limits.write_key_bytes) {
        return too_large("total key size", limits.write_key_bytes, totals.key_bytes);
    }
    return {};
}

Result<void> check_watch(std::span<const WatchTarget> targets, const Limits& limits) {
    if (targets.size() > limits.watched_keys) {
        return too_many("watched keys", limits.watched_keys, targets.size());
    }
    for (const WatchTarget& target : targets) {
        if (target.range_end) {
            TURNTABLE_CHECK(check_bounds(target.key, *target.range_end, limits));
        } else {
            TURNTABLE_CHECK(check_read_key(target.key, limits));
        }
    }
    return {};
}

}  // namespace turntable::inline v0::kv
