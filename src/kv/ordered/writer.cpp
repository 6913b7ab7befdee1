#include "kv/ordered/writer.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace turntable::inline v0::kv::detail {

void Effects::changed(const PlannedChange& change) {
    keys.push_back(change.key);
    if (change.record && change.record->expire_at_ms >= 0) {
        const std::int64_t time = change.record->expire_at_ms;
        first_expiry_ms = std::min(first_expiry_ms.value_or(time), time);
    }
}

void Effects::message(std::int64_t time_ms) {
    first_message_ms = std::min(first_message_ms.value_or(time_ms), time_ms);
}

Result<std::uint64_t> WriteScope::next_version() {
    if (!last_version_) {
        TURNTABLE_TRY(first_version_, transaction_.last_version());
        last_version_ = first_version_;
    }
    if (next_version_ == 0) {
        next_version_ = *last_version_ + random_.between(1, 9);
    }
    return next_version_;
}

Result<void> WriteScope::store_version() {
    return version_used_ ? transaction_.set_last_version(*last_version_) : Result<void>();
}

bool Writer::try_lead() {
    const std::scoped_lock guard(mutex_);
    return !std::exchange(busy_, true);
}

void Writer::lead(WriteTask& task) {
    Batch own{.tasks = {&task}};
    commit(own);
    // Those who came meanwhile wait for us: one round for them here, the rest on the pool.
    if (Batch batch; gather(batch)) {
        commit(batch);
    }
    const std::scoped_lock guard(mutex_);
    if (queue_.empty()) {
        busy_ = false;
    } else {
        host_.post_drain();
    }
}

void Writer::commit_at_once(WriteTask& task) {
    Batch own{.tasks = {&task}};
    std::optional<Failure> failure;
    {
        const std::scoped_lock guard(at_once_);
        failure = attempt(own);
    }
    finish(own.tasks, failure ? &failure->error : nullptr);
}

std::uint64_t Writer::next_ticket() {
    const std::scoped_lock guard(mutex_);
    return ++last_ticket_;
}

std::unique_ptr<WriteTask> Writer::enqueue(std::unique_ptr<WriteTask> task) {
    const std::scoped_lock guard(mutex_);
    if (queue_.size() >= limits_.pending_writes_max) {
        return task;
    }
    queue_.push_back(std::move(task));
    if (!std::exchange(busy_, true)) {
        host_.post_drain();
    }
    return nullptr;
}

std::unique_ptr<WriteTask> Writer::withdraw(std::uint64_t ticket) {
    const std::scoped_lock guard(mutex_);
    const auto found =
        std::ranges::find_if(queue_, [&](const auto& task) { return task->ticket == ticket; });
    if (found == queue_.end()) {
        return nullptr;
    }
    std::unique_ptr<WriteTask> task = std::move(*found);
    queue_.erase(found);
    return task;
}

std::deque<std::unique_ptr<WriteTask>> Writer::withdraw_all() {
    const std::scoped_lock guard(mutex_);
    return std::exchange(queue_, {});
}

void Writer::drain() {
    while (true) {
        if (Batch batch{.open = true}; gather(batch)) {
            commit(batch);
            continue;
        }
        const std::scoped_lock guard(mutex_);
        if (queue_.empty()) {
            busy_ = false;
            return;
        }
    }
}

/// Takes what waits, as far as there is room. False: nothing was taken.
bool Writer::gather(Batch& batch) {
    const std::size_t before = batch.tasks.size();
    const std::scoped_lock guard(mutex_);
    while (!queue_.empty() && batch.tasks.size() < limits_.batch_writes_max) {
        const std::size_t bytes = queue_.front()->size_bytes();
        if (!batch.tasks.empty() && batch.bytes + bytes > limits_.batch_bytes_max) {
            break;
        }
        batch.bytes += bytes;
        batch.tasks.push_back(queue_.front().get());
        batch.owned.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return batch.tasks.size() > before;
}

/// Takes what has come meanwhile. A commit that waits for the disk is worth filling, so a batch of
/// several waits for more as well, a small part of the time that the last commit took.
bool Writer::let_come(Batch& batch) {
    using std::chrono::microseconds;
    if (gather(batch)) {
        return true;
    }
    const Instant::duration look = std::min<Instant::duration>(last_commit_ / 64, microseconds(50));
    const bool full = batch.tasks.size() >= limits_.batch_writes_max;
    if (full || batch.tasks.size() == 1 || look < microseconds(2)) {
        return false;
    }
    const Instant until = host_.steady_now() + look;
    // Bounded, since a clock of a test may stand still.
    for (int i = 0; i < 1000 && host_.steady_now() < until; ++i) {
        std::this_thread::yield();
    }
    return gather(batch);
}

void Writer::commit(Batch& batch) {
    std::optional<Failure> failure = attempt(batch);
    const std::span<WriteTask* const> tasks = batch.tasks;
    const bool one_may_be_bad = failure && failure->began && tasks.size() > 1 &&
                                failure->error.code() != ErrorCode::commit_unknown;
    if (!one_may_be_bad) {
        finish(tasks, failure ? &failure->error : nullptr);
        return;
    }
    // Everything was rolled back. Alone, only the bad ones fail.
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        Batch alone{.tasks = {tasks[i]}};
        failure = attempt(alone);
        if (failure && !failure->began) {
            finish(tasks.subspan(i), &failure->error);
            return;
        }
        finish(alone.tasks, failure ? &failure->error : nullptr);
    }
}

std::optional<Writer::Failure> Writer::attempt(Batch& batch) {
    constexpr int attempts_max = 64;
    std::optional<Failure> failure = attempt_once(batch);
    for (int i = 1; i < attempts_max && failure && failure->began; ++i) {
        const Result<bool> recovered = host_.recover(failure->error);
        if (!recovered) {
            return Failure{recovered.error(), true};
        }
        if (!*recovered) {
            break;
        }
        failure = attempt_once(batch);
    }
    return failure;
}

Result<void> Writer::apply_all(Batch& batch, WriteScope& scope) {
    std::size_t applied = 0;
    do {
        for (; applied < batch.tasks.size(); ++applied) {
            TURNTABLE_CHECK(batch.tasks[applied]->apply(scope));
        }
    } while (batch.open && let_come(batch));
    return {};
}

std::optional<Writer::Failure> Writer::attempt_once(Batch& batch) {
    std::optional<Error> failure;
    const std::unique_ptr<StoreTransaction> transaction = host_.begin_write(failure);
    if (failure) {
        return Failure{*std::move(failure), false};
    }
    WriteScope scope(*transaction, host_.now_ms(), host_.random());
    if (auto applied = apply_all(batch, scope); !applied) {
        return Failure{std::move(applied).error(), true};
    }
    if (auto stored = scope.store_version(); !stored) {
        return Failure{std::move(stored).error(), true};
    }
    host_.before_commit(*transaction);
    if (!scope.has_changed()) {
        return std::nullopt;
    }
    const Instant began = batch.open ? host_.steady_now() : Instant();
    auto committed = transaction->commit();
    if (batch.open) {
        last_commit_ = host_.steady_now() - began;
    }
    if (committed || committed.error().code() == ErrorCode::commit_unknown) {
        host_.tell_watchers(batch.tasks, committed.has_value(), scope.used_versions());
    }
    return committed ? std::nullopt : std::optional(Failure{std::move(committed).error(), true});
}

void Writer::finish(std::span<WriteTask* const> tasks, const Error* failure) {
    if (failure == nullptr || failure->code() == ErrorCode::commit_unknown) {
        host_.after_commit(tasks);
    }
    for (WriteTask* task : tasks) {
        task->complete(failure);
    }
}

}  // namespace turntable::inline v0::kv::detail
