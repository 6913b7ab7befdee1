#include "conformance/reference_backend.hpp"

#include <algorithm>

#include "turntable/kv/plan.hpp"

namespace turntable::conformance_test {

namespace {

bool less_signed(const std::string& a, const std::string& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return static_cast<signed char>(x) < static_cast<signed char>(y);
    });
}

}  // namespace

kv::Limits ReferenceData::limits() const {
    kv::Limits limits;
    limits.value_bytes = std::size_t{256} << 10U;
    limits.payload_bytes = std::size_t{64} << 10U;
    limits.checks = 100;
    limits.mutations = 1200;
    limits.write_bytes = std::size_t{2} << 20U;
    limits.ranges = 20;
    limits.watched_keys = 20;
    return limits;
}

std::int64_t ReferenceData::now_ms() const {
    return runtime_->clock().wall_now().time_since_epoch().count();
}

bool ReferenceData::is_gone(const kv::Record& record) const {
    const std::int64_t late = has(Defect::expired_one_late)    ? -1
                              : has(Defect::expired_one_early) ? 1
                                                               : 0;
    return !has(Defect::expired_is_readable) && record.expired(now_ms() + late);
}

std::uint64_t ReferenceData::open_handle() {
    const std::scoped_lock guard(mutex_);
    handles_.insert(next_id_);
    return next_id_++;
}

bool ReferenceData::is_open(std::uint64_t handle) {
    const std::scoped_lock guard(mutex_);
    return handles_.contains(handle);
}

Result<void> ReferenceData::close_handle(std::uint64_t handle, bool destroyed) {
    const std::scoped_lock guard(mutex_);
    const bool was_open = handles_.erase(handle) > 0;
    if (!was_open && has(Defect::second_close_fails) && !destroyed) {
        return closed_error();
    }
    const bool keeps_takes =
        has(Defect::close_hangs_take) || (destroyed && has(Defect::destroy_hangs_take));
    for (auto it = takers_.begin(); it != takers_.end() && !keeps_takes;) {
        if (it->second.handle == handle) {
            std::move(it->second.promise).complete(closed_error());
            it = takers_.erase(it);
        } else {
            ++it;
        }
    }
    for (auto& [id, watch] : watches_) {
        if (watch.handle == handle && watch.next && !has(Defect::close_hangs_watch)) {
            std::move(*std::exchange(watch.next, std::nullopt))
                .complete(std::optional<kv::WatchOutput>());
        }
    }
    return {};
}

void ReferenceData::reopened() {
    const std::scoped_lock guard(mutex_);
    if (has(Defect::reopen_loses_last_write)) {
        entries_ = before_last_;
    }
    if (has(Defect::reopen_restarts_stamps)) {
        version_ = 0;
    }
    if (has(Defect::reopen_loses_leased)) {
        running_.clear();
    }
    for (auto& [key, record] : entries_) {
        if (has(Defect::reopen_forgets_expiry)) {
            record.expire_at_ms = kv::never_expires;
        }
    }
}

kv::EntryBatch ReferenceData::read_one(const Entries& entries, const kv::ReadRange& range) const {
    std::vector<const Entries::value_type*> found;
    const std::string start = range.start.to_string();
    const std::string end = range.end.to_string();
    for (const auto& entry : entries) {
        const bool inside = entry.first >= start && entry.first < end;
        const bool at_end = has(Defect::range_holds_its_end) && entry.first == end;
        const bool missed =
            has(Defect::range_misses_its_start) && entry.first == start && end != start + '\0';
        if ((inside || at_end) && !missed &&
            (!is_gone(entry.second) || has(Defect::expired_uses_limit))) {
            found.push_back(&entry);
        }
    }
    if (has(Defect::reserved_key_listed) && end > "\xFE" && version_ > 0) {
        static const Entries::value_type reserved{"\xFFqueue", {}};
        found.push_back(&reserved);
    }
    if (has(Defect::bytes_order_signed)) {
        std::sort(found.begin(), found.end(),
                  [](auto* a, auto* b) { return less_signed(a->first, b->first); });
    }
    if (range.reverse && !has(Defect::reverse_ignored)) {
        std::reverse(found.begin(), found.end());
    }
    std::size_t limit =
        range.limit + (has(Defect::range_one_too_many) && range.limit > 1 ? 1U : 0U);
    if (range.reverse && has(Defect::reverse_ignores_limit)) {
        limit = found.size();
    }
    if (has(Defect::long_range_cut)) {
        limit = std::min<std::size_t>(limit, 50);
    }
    kv::EntryBatch batch;
    for (std::size_t i = 0; i < std::min(limit, found.size()); ++i) {
        const kv::Record& record = found[i]->second;
        if (!is_gone(record)) {
            batch.append(
                found[i]->first, record.data, record.encoding,
                kv::Versionstamp::from_version(record.version),
                has(Defect::expiry_times_not_told) ? kv::never_expires : record.expire_at_ms);
        }
    }
    return batch;
}

Result<kv::ReadOutput> ReferenceData::read_from(const Entries& entries,
                                                std::span<const kv::ReadRange> ranges) const {
    kv::Limits used = limits();
    used.ranges -= has(Defect::range_limit_too_strict) ? 1 : 0;
    used.read_key_bytes -= has(Defect::read_key_limit_too_strict) ? 1 : 0;
    const auto checked = check_read(ranges, used);
    const bool forgiven =
        !checked && checked.error().code() == ErrorCode::invalid_argument &&
        (has(Defect::inverted_range_accepted) || has(Defect::reserved_key_listed));
    if (!checked && !forgiven) {
        return checked.error();
    }
    kv::ReadOutput output;
    for (const kv::ReadRange& range : ranges) {
        output.push_back(read_one(entries, range));
    }
    if (has(Defect::ranges_swapped) && output.size() > 1) {
        std::swap(output.front(), output.back());
    }
    return output;
}

Result<kv::ReadOutput> ReferenceData::read(std::uint64_t handle,
                                           std::span<const kv::ReadRange> ranges) {
    std::unique_lock lock(mutex_);
    if (!handles_.contains(handle) && !has(Defect::closed_still_reads)) {
        return closed_error();
    }
    if (has(Defect::ranges_of_different_states) && ranges.size() > 1) {
        kv::ReadOutput output;
        for (const kv::ReadRange& range : ranges) {
            output.push_back(read_one(entries_, range));
            gap_.wait_for(lock, std::chrono::microseconds(200));
        }
        return output;
    }
    return read_from(has(Defect::stale_read) ? before_last_ : entries_, ranges);
}

/// A copy of the map, or the live one when that is the defect.
class ReferenceSnapshot final : public kv::SnapshotSource {
  public:
    ReferenceSnapshot(std::shared_ptr<ReferenceData> data, ReferenceData::Entries entries)
        : data_(std::move(data)), entries_(std::move(entries)) {}
    Async<kv::ReadOutput> read(const Context&, std::span<const kv::ReadRange> ranges) override {
        const std::scoped_lock guard(data_->mutex_);
        return data_->read_from(data_->has(Defect::snapshot_is_live) ? data_->entries_ : entries_,
                                ranges);
    }

  private:
    std::shared_ptr<ReferenceData> data_;
    ReferenceData::Entries entries_;
};

Result<kv::SnapshotHandle> ReferenceData::snapshot(std::uint64_t handle) {
    const std::scoped_lock guard(mutex_);
    if (!handles_.contains(handle)) {
        return closed_error();
    }
    return kv::SnapshotHandle(std::make_unique<ReferenceSnapshot>(
        shared_from_this(), has(Defect::snapshot_stale) ? before_last_ : entries_));
}

std::uint64_t ReferenceData::next_version() {
    ++version_;
    if (has(Defect::stamp_repeated)) {
        return (version_ + 1) / 2;
    }
    return has(Defect::stamp_goes_back) ? 1'000'000 - version_ : version_;
}

std::vector<std::optional<kv::Record>> ReferenceData::records_for(
    const kv::AtomicWrite& write) const {
    std::vector<std::optional<kv::Record>> records;
    for (const kv::NeededKey& needed : kv::keys_to_read(write)) {
        const auto found = entries_.find(needed.key.to_string());
        if (found == entries_.end()) {
            records.emplace_back();
            continue;
        }
        records.emplace_back(found->second);
        if (has(Defect::expired_seen_by_writes)) {
            records.back()->expire_at_ms = kv::never_expires;
        }
    }
    return records;
}

namespace {

/// The mutations that a write really gets under a defect, and what keeps their bytes.
struct Spoiled {
    std::vector<kv::Check> checks;
    std::vector<kv::Mutation> mutations;
};

std::uint64_t number_of(ByteView data) {
    std::uint64_t number = 0;
    for (std::size_t i = std::min<std::size_t>(data.size(), 8); i-- > 0;) {
        number = number << 8U | data[i];
    }
    return number;
}

void spoil(Defect defect, kv::Mutation& mutation) {
    using kv::MutationKind;
    switch (defect) {
        case Defect::min_max_swapped:
            if (mutation.kind == MutationKind::min || mutation.kind == MutationKind::max) {
                mutation.kind =
                    mutation.kind == MutationKind::min ? MutationKind::max : MutationKind::min;
            }
            break;
        case Defect::bounds_ignored:
            mutation.sum_min = mutation.sum_max = ByteView();
            break;
        case Defect::clamp_ignored:
            mutation.sum_clamp = false;
            break;
        case Defect::suffix_missing:
            if (mutation.kind == MutationKind::set_suffix_versionstamped_key) {
                mutation.kind = MutationKind::set;
            }
            break;
        case Defect::value_truncated:
            mutation.data =
                mutation.data.substr(0, std::min<std::size_t>(mutation.data.size(), 65'535));
            break;
        case Defect::encoding_lost:
            if (mutation.kind == MutationKind::set) {
                mutation.encoding = kv::ValueEncoding::bytes;
            }
            break;
        case Defect::empty_value_is_absent:
            if (mutation.kind == MutationKind::set && mutation.data.empty()) {
                mutation.kind = MutationKind::remove;
            }
            break;
        case Defect::key_ends_at_00:
            mutation.key = mutation.key.substr(0, mutation.key.text().find('\0') + 1);
            break;
        default:
            break;
    }
}

Spoiled spoiled(Defect defect, const kv::AtomicWrite& write) {
    Spoiled out{{write.checks.begin(), write.checks.end()},
                {write.mutations.begin(), write.mutations.end()}};
    for (kv::Mutation& mutation : out.mutations) {
        spoil(defect, mutation);
    }
    if (defect == Defect::set_expiry_ignored) {
        std::erase_if(out.mutations, [](const kv::Mutation& one) {
            return one.kind == kv::MutationKind::set_expiry;
        });
    }
    if (defect == Defect::mutations_in_reverse) {
        std::reverse(out.mutations.begin(), out.mutations.end());
    }
    if (defect == Defect::check_ignored) {
        out.checks.clear();
    }
    return out;
}

kv::Limits spoiled_limits(Defect defect, kv::Limits limits) {
    switch (defect) {
        case Defect::key_limit_not_enforced:
            limits.key_bytes *= 2;
            break;
        case Defect::key_limit_too_strict:
            limits.key_bytes -= 1;
            break;
        case Defect::value_limit_not_enforced:
            limits.value_bytes *= 2;
            break;
        case Defect::value_limit_too_strict:
            limits.value_bytes -= 1;
            break;
        case Defect::check_limit_too_strict:
            limits.checks -= 1;
            break;
        case Defect::mutation_limit_not_enforced:
            limits.mutations *= 2;
            break;
        case Defect::write_limit_not_enforced:
            limits.write_bytes = SIZE_MAX;
            break;
        case Defect::delay_limit_not_enforced:
            limits.enqueue_delay_ms *= 2;
            break;
        default:
            break;
    }
    return limits;
}

}  // namespace

void ReferenceData::put(std::string key, kv::Record record) {
    record.data = Bytes::copy(record.data);
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
        if (has(Defect::rewriting_keeps_expiry) && record.expire_at_ms == kv::never_expires) {
            record.expire_at_ms = found->second.expire_at_ms;
        }
        if (has(Defect::entry_keeps_old_stamp) && record.data == found->second.data) {
            record.version = found->second.version;
        }
    }
    entries_[std::move(key)] = std::move(record);
}

void ReferenceData::add_messages(const std::vector<kv::QueueRow>& rows) {
    for (kv::QueueRow row : rows) {
        row.payload = Bytes::copy(row.payload);
        if (has(Defect::empty_schedule_is_default) && row.backoff_ms.empty()) {
            row.backoff_ms.assign(std::begin(kv::default_backoff_ms),
                                  std::end(kv::default_backoff_ms));
        }
        waiting_.push_back(std::move(row));
    }
}

Result<kv::CommitResult> ReferenceData::apply(const kv::AtomicWrite& write) {
    auto records = records_for(write);
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < write.enqueues.size(); ++i) {
        ids.push_back("message-" + std::to_string(next_id_++));
    }
    const std::uint64_t version_before = version_;
    const std::uint64_t version = next_version();
    const bool revives = has(Defect::set_expiry_revives) && !write.mutations.empty() &&
                         write.mutations[0].kind == kv::MutationKind::set_expiry;
    for (auto& record : records) {
        if (record && revives) {
            record->expire_at_ms = kv::never_expires;
        }
    }
    auto planned = kv::plan(write, {.records = records,
                                    .version = version,
                                    .now_ms = now_ms(),
                                    .message_ids = ids,
                                    .value_bytes_max = SIZE_MAX});
    if (!planned && has(Defect::sum_of_text)) {
        return kv::CommitResult{true, kv::Versionstamp::from_version(version), {}};
    }
    if (!planned || !planned->failed_checks.empty()) {
        version_ = version_before;
    }
    if (!planned) {
        if (has(Defect::message_of_failed_write)) {
            add_messages(kv::plan({.enqueues = write.enqueues}, {.version = 1, .message_ids = ids})
                             ->messages);
        }
        if (has(Defect::partial_write_on_error) && write.mutations.size() > 1) {
            (void)apply({.mutations = write.mutations.first(write.mutations.size() - 1)});
        }
        return planned.error();
    }
    if (!planned->failed_checks.empty()) {
        kv::CommitResult refused{false, {}, planned->failed_checks};
        if (has(Defect::only_first_failed_check)) {
            refused.failed_checks.resize(1);
        }
        if (has(Defect::refused_write_writes)) {
            (void)apply({.mutations = write.mutations});
        }
        return refused;
    }
    before_last_ = entries_;
    for (kv::PlannedChange& change : planned->changes) {
        if (change.record) {
            put(change.key.to_string(), *std::move(change.record));
        } else {
            entries_.erase(change.key.to_string());
        }
    }
    add_messages(planned->messages);
    return kv::CommitResult{true, kv::Versionstamp::from_version(version), {}};
}

Result<kv::CommitResult> ReferenceData::write(std::uint64_t handle, const Context& context,
                                              const kv::AtomicWrite& original) {
    std::unique_lock lock(mutex_);
    if (!handles_.contains(handle)) {
        return closed_error();
    }
    if (!has(Defect::deadline_ignored)) {
        if (context.stop.stop_requested()) {
            return stopped_error(StopReason::cancelled);
        }
        if (context.deadline <= runtime_->clock().steady_now()) {
            return stopped_error(StopReason::timeout);
        }
    }
    const auto checked = check_write(original, spoiled_limits(defect_, limits()), now_ms());
    if (!checked && !(has(Defect::reserved_key_written) &&
                      checked.error().code() == ErrorCode::invalid_argument)) {
        return checked.error();
    }
    Spoiled used = spoiled(defect_, original);
    kv::AtomicWrite write{used.checks, used.mutations, original.enqueues};
    if (has(Defect::empty_write_refused) && used.checks.empty() && used.mutations.empty() &&
        original.enqueues.empty()) {
        return Error(ErrorCode::invalid_argument, "nothing to write");
    }
    std::vector<std::string> kept;
    if (has(Defect::sum_saturates) || has(Defect::lost_update)) {
        kept.reserve(used.mutations.size());
        for (kv::Mutation& one : used.mutations) {
            const auto found = entries_.find(one.key.to_string());
            if (one.kind != kv::MutationKind::sum || one.encoding != kv::ValueEncoding::le64 ||
                found == entries_.end() || found->second.encoding != kv::ValueEncoding::le64) {
                continue;
            }
            const std::uint64_t old = number_of(found->second.data);
            std::uint64_t sum = old + number_of(one.data);
            if (has(Defect::sum_saturates) && sum < old) {
                sum = UINT64_MAX;
            }
            std::string& bytes = kept.emplace_back();
            for (unsigned i = 0; i < 8; ++i) {
                bytes.push_back(static_cast<char>(sum >> (8 * i)));
            }
            one.kind = kv::MutationKind::set;
            one.data = bytes;
        }
    }
    if (has(Defect::check_before_lock) && !used.checks.empty()) {
        const auto early = kv::plan(
            {.checks = used.checks},
            {.records = records_for({.checks = used.checks}), .version = 1, .now_ms = now_ms()});
        if (early->failed_checks.empty()) {
            write.checks = {};
        }
    }
    if (has(Defect::lost_update) || has(Defect::check_before_lock)) {
        gap_.wait_for(lock, std::chrono::microseconds(200));
    }
    auto result = apply(write);
    writer_ = handle;
    pump();
    return result;
}

Result<kv::DeleteRangeOutput> ReferenceData::delete_range(std::uint64_t handle, ByteView start,
                                                          ByteView end) {
    const std::scoped_lock guard(mutex_);
    if (!handles_.contains(handle)) {
        return closed_error();
    }
    const kv::ReadRange range{start, end, 1, false};
    TURNTABLE_CHECK(check_read({&range, 1}, limits()));
    kv::DeleteRangeOutput output;
    before_last_ = entries_;
    for (auto it = entries_.begin(); it != entries_.end();) {
        const bool at_end = has(Defect::delete_range_one_too_many) && it->first == end.to_string();
        if ((ByteView(it->first) >= start && ByteView(it->first) < end) || at_end) {
            output.removed +=
                !is_gone(it->second) || has(Defect::delete_range_counts_expired) ? 1 : 0;
            it = entries_.erase(it);
        } else {
            ++it;
        }
    }
    output.versionstamp = kv::Versionstamp::from_version(next_version());
    pump();
    return output;
}

}  // namespace turntable::conformance_test
