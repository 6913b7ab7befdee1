// The half of the reference backend in which somebody waits: messages, watches, timers.
#include <algorithm>

#include "conformance/reference_backend.hpp"
#include "turntable/kv/plan.hpp"

namespace turntable::conformance_test {

namespace {

constexpr std::int64_t lease_ms = 5000;

Error not_leased() { return {ErrorCode::not_found, "no such delivery is under a lease"}; }

bool by_time(const kv::QueueRow& a, const kv::QueueRow& b) { return a.time_ms < b.time_ms; }

}  // namespace

void ReferenceData::pump() {
    return_lapsed();
    deliver();
    tell_watchers();
    arm_timer();
}

void ReferenceData::return_lapsed() {
    for (auto it = running_.begin(); it != running_.end();) {
        if (it->time_ms > now_ms()) {
            ++it;
            continue;
        }
        kv::QueueRow row = std::move(*it);
        it = running_.erase(it);
        if (!has(Defect::old_delivery_finishes_new)) {
            row.id = "message-" + std::to_string(next_id_++);
        }
        if (!has(Defect::lost_with_its_consumer)) {
            waiting_.push_back(std::move(row));
        }
    }
}

void ReferenceData::deliver() {
    if (has(Defect::waiting_take_not_woken) && !taking_) {
        return;
    }
    waiting_.sort(by_time);
    if (has(Defect::delivered_in_reverse)) {
        waiting_.reverse();
    }
    for (auto it = takers_.begin(); it != takers_.end();) {
        const auto stop = it->second.promise.stop_requested();
        if (stop && !has(Defect::dropped_take_eats_message)) {
            std::move(it->second.promise).complete(stopped_error(*stop));
            it = takers_.erase(it);
            continue;
        }
        const std::int64_t until = now_ms() + (has(Defect::delivered_early) ? 2 : 0);
        const auto due = std::find_if(waiting_.begin(), waiting_.end(),
                                      [&](const auto& row) { return row.time_ms <= until; });
        if (due == waiting_.end()) {
            return;
        }
        kv::QueueRow row = *due;
        if (has(Defect::delivered_twice)) {
            due->time_ms = now_ms() + 1;
            due->id = "again-" + std::to_string(next_id_++);
        } else {
            waiting_.erase(due);
        }
        row.time_ms = now_ms() + lease_ms;
        running_.push_back(row);
        std::move(it->second.promise).complete(kv::QueueMessage{row.id, row.payload, row.time_ms});
        it = takers_.erase(it);
    }
}

Async<kv::QueueMessage> ReferenceData::take(std::uint64_t handle, const Context& context) {
    const std::scoped_lock guard(mutex_);
    if (!handles_.contains(handle)) {
        return closed_error();
    }
    Promise<kv::QueueMessage> promise(*runtime_, context);
    auto async = promise.take_async();
    const std::uint64_t id = next_id_++;
    promise.on_stop([weak = weak_from_this(), runtime = runtime_.get(), id](StopReason reason) {
        runtime->completions().post([weak, id, reason] {
            if (const auto self = weak.lock()) {
                self->stop_taker(id, reason);
            }
        });
    });
    takers_.emplace(id, Taker{handle, std::move(promise)});
    taking_ = true;
    pump();
    taking_ = false;
    return async;
}

void ReferenceData::stop_taker(std::uint64_t id, StopReason reason) {
    const std::scoped_lock guard(mutex_);
    const auto found = takers_.find(id);
    if (found != takers_.end() && !has(Defect::dropped_take_eats_message)) {
        std::move(found->second.promise).complete(stopped_error(reason));
        takers_.erase(found);
    }
}

Result<void> ReferenceData::finish(std::uint64_t handle, std::string_view id,
                                   kv::Delivery delivery) {
    const std::scoped_lock guard(mutex_);
    if (!handles_.contains(handle)) {
        return closed_error();
    }
    pump();
    const auto found = std::find_if(running_.begin(), running_.end(),
                                    [&](const auto& row) { return row.id == id; });
    if (found == running_.end()) {
        return has(Defect::finishing_nothing_is_fine) ? Result<void>() : not_leased();
    }
    kv::QueueRow row = std::move(*found);
    running_.erase(found);
    if (delivery == kv::Delivery::returned && !has(Defect::returned_is_failed)) {
        row.time_ms = now_ms();
        waiting_.push_back(row);
    } else if (delivery != kv::Delivery::done) {
        const std::uint64_t version = row.backoff_ms.empty() ? next_version() : version_;
        kv::FailurePlan plan =
            kv::plan_failure(row, "message-" + std::to_string(next_id_++), version, now_ms());
        if (plan.retry) {
            plan.retry->time_ms = has(Defect::backoff_ignored) ? now_ms() : plan.retry->time_ms;
            waiting_.push_back(*std::move(plan.retry));
        }
        for (kv::PlannedChange& change : plan.changes) {
            if (has(Defect::undelivered_as_bytes)) {
                change.record->encoding = kv::ValueEncoding::bytes;
            }
            if (!has(Defect::undelivered_dropped)) {
                put(change.key.to_string(), *std::move(change.record));
            }
        }
    }
    writer_ = handle;
    pump();
    return {};
}

Result<void> ReferenceData::extend(std::uint64_t handle, std::string_view id) {
    const std::scoped_lock guard(mutex_);
    if (!handles_.contains(handle)) {
        return closed_error();
    }
    pump();
    for (kv::QueueRow& row : running_) {
        if (row.id == id) {
            row.time_ms = has(Defect::extend_does_nothing) ? row.time_ms
                          : has(Defect::extended_for_ever) ? INT64_MAX
                                                           : now_ms() + lease_ms;
            return {};
        }
    }
    return not_leased();
}

Result<std::uint64_t> ReferenceData::watch(std::uint64_t handle,
                                           std::span<const kv::WatchTarget> targets) {
    const std::scoped_lock guard(mutex_);
    if (!handles_.contains(handle)) {
        return closed_error();
    }
    kv::Limits used = limits();
    used.watched_keys *= has(Defect::watch_limit_not_enforced) ? 2 : 1;
    TURNTABLE_CHECK(check_watch(targets, used));
    Watch watch;
    watch.handle = handle;
    for (const kv::WatchTarget& target : targets) {
        watch.targets.push_back({target.key.to_string(), {}});
        if (target.range_end) {
            watch.targets.back().end = target.range_end->to_string();
        }
    }
    watches_.emplace(next_id_, std::move(watch));
    return next_id_++;
}

kv::WatchOutput ReferenceData::changes_for(Watch& watch) {
    kv::WatchOutput output;
    const auto tell = [&](std::uint32_t target, const std::string& key, const kv::Record* record) {
        std::optional<std::uint64_t> state;
        if (record != nullptr) {
            state = record->version;
        }
        const auto known = watch.told.find({target, key});
        const bool absent_key = record == nullptr && !watch.targets[target].end;
        if (known == watch.told.end()
                ? (record == nullptr && !absent_key)
                : (known->second == state && !has(Defect::watch_tells_unchanged))) {
            return;
        }
        if (record == nullptr && ((has(Defect::watch_omits_absent) && watch.first) ||
                                  (has(Defect::watch_misses_removal) && !watch.first))) {
            return;
        }
        const bool splits =
            has(Defect::watch_splits_commits) ||
            (has(Defect::watch_splits_ranges) && watch.targets[target].end.has_value());
        if (splits && !watch.first && !output.empty()) {
            return;
        }
        watch.told[{target, key}] = state;
        kv::WatchChange change{target, Bytes::copy(key), std::nullopt};
        if (record != nullptr) {
            change.entry = kv::Entry{kv::Value(record->data, record->encoding),
                                     kv::Versionstamp::from_version(record->version)};
        }
        output.push_back(std::move(change));
    };
    const Entries& from =
        has(Defect::watch_tells_old_state) && !watch.first ? before_last_ : entries_;
    for (std::uint32_t i = 0; i < watch.targets.size(); ++i) {
        const Target& target = watch.targets[i];
        if (!target.end) {
            const auto found = from.find(target.key);
            const bool gone =
                found == from.end() || (is_gone(found->second) && !has(Defect::expiry_not_watched));
            tell(i, target.key, gone ? nullptr : &found->second);
            continue;
        }
        for (const auto& [key, record] : from) {
            const bool suffixed = key.size() > 22 && key[key.size() - 22] == '\x02';
            const bool inside = (key >= target.key && key < *target.end) ||
                                (has(Defect::watch_range_holds_its_end) && key == *target.end);
            if (inside && !is_gone(record) &&
                !(suffixed && has(Defect::watch_misses_suffixed_key))) {
                tell(i, key, &record);
            }
        }
        std::vector<std::string> vanished;
        for (const auto& [name, state] : watch.told) {
            const auto found = from.find(name.second);
            if (name.first == i && state && (found == from.end() || is_gone(found->second))) {
                vanished.push_back(name.second);
            }
        }
        for (const std::string& key : vanished) {
            tell(i, key, nullptr);
        }
    }
    return output;
}

void ReferenceData::tell_watchers() {
    for (auto& [id, watch] : watches_) {
        if (!watch.next) {
            if (has(Defect::watch_loses_what_came_between) && !watch.first) {
                (void)changes_for(watch);
            }
            continue;
        }
        if (has(Defect::watch_misses_other_handles) && !watch.first && writer_ != watch.handle) {
            continue;
        }
        kv::WatchOutput output = changes_for(watch);
        if (output.empty() && !watch.first) {
            continue;
        }
        watch.first = false;
        std::move(*std::exchange(watch.next, std::nullopt))
            .complete(std::optional(std::move(output)));
    }
}

Async<std::optional<kv::WatchOutput>> ReferenceData::next(std::uint64_t id,
                                                          const Context& context) {
    const std::scoped_lock guard(mutex_);
    const auto found = watches_.find(id);
    if (found == watches_.end() ||
        (!handles_.contains(found->second.handle) && !has(Defect::close_hangs_watch))) {
        return std::optional<kv::WatchOutput>();
    }
    Promise<std::optional<kv::WatchOutput>> promise(*runtime_, context);
    auto async = promise.take_async();
    promise.on_stop([weak = weak_from_this(), runtime = runtime_.get(), id](StopReason reason) {
        runtime->completions().post([weak, id, reason] {
            if (const auto self = weak.lock()) {
                self->stop_watch(id, reason);
            }
        });
    });
    found->second.next.emplace(std::move(promise));
    pump();
    return async;
}

void ReferenceData::stop_watch(std::uint64_t id, StopReason reason) {
    const std::scoped_lock guard(mutex_);
    const auto found = watches_.find(id);
    if (found != watches_.end() && found->second.next && !has(Defect::watch_ignores_stop)) {
        std::move(*std::exchange(found->second.next, std::nullopt)).complete(stopped_error(reason));
    }
}

void ReferenceData::unwatch(std::uint64_t id) {
    const std::scoped_lock guard(mutex_);
    watches_.erase(id);
}

void ReferenceData::arm_timer() {
    std::int64_t next = INT64_MAX;
    for (const auto* rows : {&waiting_, &running_}) {
        for (const kv::QueueRow& row : *rows) {
            next = row.time_ms > now_ms() ? std::min(next, row.time_ms) : next;
        }
    }
    for (const auto& [key, record] : entries_) {
        if (record.expire_at_ms > now_ms()) {
            next = std::min(next, record.expire_at_ms);
        }
    }
    if (next == INT64_MAX || next >= armed_for_) {
        return;
    }
    armed_for_ = next;
    const Instant when =
        runtime_->clock().steady_now() + std::chrono::milliseconds(next - now_ms());
    runtime_->timers().call_at(when, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            const std::scoped_lock guard(self->mutex_);
            self->armed_for_ = INT64_MAX;
            self->pump();
        }
    });
}

namespace {

class ReferenceWatch final : public StreamSource<kv::WatchOutput> {
  public:
    ReferenceWatch(std::shared_ptr<ReferenceData> data, std::uint64_t id)
        : data_(std::move(data)), id_(id) {}
    ~ReferenceWatch() override { data_->unwatch(id_); }
    Async<std::optional<kv::WatchOutput>> next(const Context& context) override {
        return data_->next(id_, context);
    }

  private:
    std::shared_ptr<ReferenceData> data_;
    std::uint64_t id_;
};

}  // namespace

ReferenceBackend::~ReferenceBackend() {
    if (data_ != nullptr) {
        (void)data_->close_handle(handle_, true);
    }
}

kv::Capabilities ReferenceBackend::capabilities() const {
    kv::Capabilities can;
    can.reopen = true;
    can.watch_others_within = std::chrono::milliseconds(10);
    can.snapshots = true;
    can.delete_range = true;
    can.expiry_times = true;
    can.limits = data_->limits();
    return can;
}

Result<Stream<kv::WatchOutput>> ReferenceBackend::watch(const Context&,
                                                        std::span<const kv::WatchTarget> targets) {
    TURNTABLE_TRY(const std::uint64_t id, data_->watch(handle_, targets));
    return Stream<kv::WatchOutput>(std::make_unique<ReferenceWatch>(data_, id));
}

Async<Health> ReferenceBackend::health(const Context&) {
    if (!data_->is_open(handle_)) {
        return Error(ErrorCode::closed, "the database is closed");
    }
    return Health{};
}

kv::conformance::Subject reference_subject(Defect defect) {
    const auto current = std::make_shared<std::shared_ptr<ReferenceData>>();
    kv::conformance::Subject subject;
    subject.name = "reference";
    subject.open_fresh = [=](const std::shared_ptr<Runtime>& runtime) -> Result<kv::AnyBackend> {
        *current = std::make_shared<ReferenceData>(runtime, defect);
        return kv::AnyBackend(ReferenceBackend(*current));
    };
    subject.reopen = [=](const std::shared_ptr<Runtime>&) -> Result<kv::AnyBackend> {
        (*current)->reopened();
        return kv::AnyBackend(ReferenceBackend(*current));
    };
    subject.open_second = [=](const std::shared_ptr<Runtime>&) -> Result<kv::AnyBackend> {
        return kv::AnyBackend(ReferenceBackend(*current));
    };
    return subject;
}

}  // namespace turntable::conformance_test
