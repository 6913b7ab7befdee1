#include "kv/ordered/tasks.hpp"

#include "turntable/kv/delivery_id.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

Result<void> apply_changes(WriteScope& scope, const std::vector<PlannedChange>& changes) {
    for (const PlannedChange& change : changes) {
        scope.note_change();
        TURNTABLE_CHECK(change.record ? scope.transaction().put_entry(change.key, *change.record)
                                      : scope.transaction().remove(change.key));
    }
    return {};
}

/// The records that a plan needs, cut loose from the transaction.
Result<std::vector<std::optional<Record>>> read_needed(StoreTransaction& transaction,
                                                       std::span<const NeededKey> needed) {
    std::vector<std::optional<Record>> records;
    records.reserve(needed.size());
    for (const NeededKey& key : needed) {
        TURNTABLE_TRY(std::optional<Record> record, transaction.get(key.key));
        if (record) {
            record->data = key.data ? Bytes::copy(record->data) : Bytes();
        }
        records.push_back(std::move(record));
    }
    return records;
}

Error lease_lost() {
    return {ErrorCode::not_found,
            "no such delivery: it was finished, or its lease ended and the message went back"};
}

}  // namespace

Result<void> AtomicTask::apply(WriteScope& scope) {
    while (ids_.size() < write_.enqueues.size()) {
        ids_.push_back(new_message_id(scope.random()));
    }
    const std::vector<NeededKey> needed = keys_to_read(write_);
    TURNTABLE_TRY(const auto records, read_needed(scope.transaction(), needed));
    TURNTABLE_TRY(const std::uint64_t version, scope.next_version());
    plan_ = {};
    auto planned = plan(write_, {records, version, scope.now_ms(), ids_, value_bytes_max_});
    if (!planned) {
        outcome_ = std::move(planned).error();
        return {};
    }
    plan_ = *std::move(planned);
    if (!plan_.failed_checks.empty()) {
        outcome_ = CommitResult{false, {}, plan_.failed_checks};
        return {};
    }
    outcome_ = CommitResult{true, Versionstamp::from_version(version), {}};
    return apply_plan(scope);
}

Result<void> AtomicTask::apply_plan(WriteScope& scope) {
    TURNTABLE_CHECK(apply_changes(scope, plan_.changes));
    for (const QueueRow& row : plan_.messages) {
        scope.note_change();
        TURNTABLE_CHECK(scope.transaction().queue_insert(QueueTable::waiting, row));
    }
    scope.use_version();
    return {};
}

void AtomicTask::publish(Effects& effects) const {
    for (const PlannedChange& change : plan_.changes) {
        effects.changed(change);
    }
    for (const QueueRow& row : plan_.messages) {
        effects.message(row.time_ms);
    }
}

Result<void> DeleteRangeTask::apply(WriteScope& scope) {
    keys_.clear();
    std::uint64_t removed = 0;
    const auto visit = [&](ByteView key, const Record& record) {
        keys_.push_back(key.to_string());
        removed += record.expired(scope.now_ms()) ? 0 : 1;
        return true;
    };
    TURNTABLE_CHECK(scope.transaction().scan(start_, end_, false, visit));
    for (const std::string& key : keys_) {
        scope.note_change();
        TURNTABLE_CHECK(scope.transaction().remove(key));
    }
    TURNTABLE_TRY(const std::uint64_t version, scope.next_version());
    scope.use_version();
    outcome_ = DeleteRangeOutput{removed, Versionstamp::from_version(version)};
    return {};
}

void DeleteRangeTask::publish(Effects& effects) const {
    effects.keys.insert(effects.keys.end(), keys_.begin(), keys_.end());
}

Result<AppliedFailure> apply_failure(WriteScope& scope, QueueRow row) {
    AppliedFailure out{{}, std::make_unique<QueueRow>(std::move(row))};
    scope.note_change();
    TURNTABLE_CHECK(scope.transaction().queue_remove(QueueTable::running, *out.row));
    TURNTABLE_TRY(const std::uint64_t version, scope.next_version());
    out.plan = plan_failure(*out.row, next_delivery_id(out.row->id, scope.random()), version,
                            scope.now_ms());
    if (out.plan.retry) {
        TURNTABLE_CHECK(scope.transaction().queue_insert(QueueTable::waiting, *out.plan.retry));
    }
    if (!out.plan.changes.empty()) {
        TURNTABLE_CHECK(apply_changes(scope, out.plan.changes));
        scope.use_version();
    }
    return out;
}

void AppliedFailure::publish(Effects& effects) const {
    for (const PlannedChange& change : plan.changes) {
        effects.changed(change);
    }
    if (plan.retry) {
        effects.message(plan.retry->time_ms);
    }
}

Result<void> FinishTask::apply(WriteScope& scope) {
    failure_.reset();
    due_ms_.reset();
    TURNTABLE_TRY(std::optional<QueueRow> row, scope.transaction().queue_find(id_));
    if (!row) {
        outcome_ = lease_lost();
        return {};
    }
    outcome_ = Result<void>();
    scope.note_change();
    if (delivery_ == Delivery::done) {
        return scope.transaction().queue_remove(QueueTable::running, *row);
    }
    if (delivery_ == Delivery::returned) {
        return put_back(scope, *std::move(row));
    }
    TURNTABLE_TRY(failure_, apply_failure(scope, *std::move(row)));
    return {};
}

// The id stays, for it says which message and which attempt this is.
Result<void> FinishTask::put_back(WriteScope& scope, QueueRow row) {
    TURNTABLE_CHECK(scope.transaction().queue_remove(QueueTable::running, row));
    row.time_ms = scope.now_ms();
    due_ms_ = row.time_ms;
    return scope.transaction().queue_insert(QueueTable::waiting, row);
}

void FinishTask::publish(Effects& effects) const {
    if (failure_) {
        failure_->publish(effects);
    }
    if (due_ms_) {
        effects.message(*due_ms_);
    }
}

Result<void> ExtendTask::apply(WriteScope& scope) {
    TURNTABLE_TRY(std::optional<QueueRow> row, scope.transaction().queue_find(id_));
    if (!row) {
        outcome_ = lease_lost();
        return {};
    }
    scope.note_change();
    TURNTABLE_CHECK(scope.transaction().queue_remove(QueueTable::running, *row));
    row->time_ms = scope.now_ms() + lease_ms_;
    outcome_ = Result<void>();
    return scope.transaction().queue_insert(QueueTable::running, *row);
}

// A lease that ends later needs nobody woken: whoever waits for its end looks again then.
void ExtendTask::publish(Effects& /*effects*/) const {}

Result<void> TakeTask::take_back_orphans(WriteScope& scope) {
    while (orphans_.size() < orphans_max) {
        TURNTABLE_TRY(std::optional<QueueRow> row,
                      scope.transaction().queue_first(QueueTable::running, scope.now_ms()));
        if (!row) {
            return {};
        }
        TURNTABLE_TRY(AppliedFailure failure, apply_failure(scope, *std::move(row)));
        orphans_.push_back(std::move(failure));
    }
    return {};
}

Result<void> TakeTask::apply(WriteScope& scope) {
    orphans_.clear();
    TakeOutput output;
    StoreTransaction& transaction = scope.transaction();
    TURNTABLE_CHECK(take_back_orphans(scope));
    for (const AppliedFailure& orphan : orphans_) {
        output.orphan_ids.push_back(orphan.row->id);
    }
    while (output.messages.size() < max_) {
        TURNTABLE_TRY(std::optional<QueueRow> row,
                      transaction.queue_first(QueueTable::waiting, scope.now_ms()));
        if (!row) {
            break;
        }
        scope.note_change();
        TURNTABLE_CHECK(transaction.queue_remove(QueueTable::waiting, *row));
        row->time_ms = scope.now_ms() + lease_ms_;
        TURNTABLE_CHECK(transaction.queue_insert(QueueTable::running, *row));
        output.messages.push_back({row->id, row->payload, row->time_ms});
    }
    TURNTABLE_TRY(output.next_message_ms, transaction.queue_next_time(QueueTable::waiting));
    TURNTABLE_TRY(output.next_lease_ms, transaction.queue_next_time(QueueTable::running));
    outcome_ = std::move(output);
    return {};
}

void TakeTask::publish(Effects& effects) const {
    for (const AppliedFailure& orphan : orphans_) {
        orphan.publish(effects);
    }
}

void TakeTask::complete(const Error* failure) {
    done_(failure != nullptr ? Result<TakeOutput>(*failure) : take_result());
}

Result<void> SweepTask::apply(WriteScope& scope) {
    keys_.clear();
    TURNTABLE_TRY(const bool more,
                  scope.transaction().remove_expired(scope.now_ms(), entries_max, keys_));
    // Stale marks of the index may have gone without any entry.
    scope.note_change();
    if (!keys_.empty()) {
        TURNTABLE_TRY([[maybe_unused]] const std::uint64_t version, scope.next_version());
        scope.use_version();
    }
    TURNTABLE_TRY(const auto next, scope.transaction().next_expiry());
    outcome_ = SweepOutput{next, more};
    return {};
}

void SweepTask::publish(Effects& effects) const {
    effects.keys.insert(effects.keys.end(), keys_.begin(), keys_.end());
}

void SweepTask::complete(const Error* failure) {
    done_(failure != nullptr ? Result<SweepOutput>(*failure) : take_result());
}

}  // namespace turntable::inline v0::kv::detail
