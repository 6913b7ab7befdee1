#include "kv/ordered/store_host.hpp"

#include <utility>

namespace turntable::inline v0::kv::detail {

namespace {

OrderedStoreOptions complete(OrderedStoreOptions options) {
    if (options.runtime == nullptr) {
        options.runtime = Runtime::shared();
    }
    return options;
}

}  // namespace

StoreHost::StoreHost(std::shared_ptr<StoreEngine> engine, OrderedStoreOptions options,
                     EngineTraits traits)
    : engine_(std::move(engine)),
      options_(complete(std::move(options))),
      traits_(traits),
      writer_(*this, {traits.commits_at_once, options_.batch_writes_max, options_.batch_bytes_max,
                      options_.pending_writes_max}) {}

void StoreHost::start() {
    const std::weak_ptr<StoreHost> weak = weak_from_this();
    hub_ = std::make_unique<WatchHub>(weak);
    queue_ = std::make_unique<QueueScheduler>(weak);
    sweeper_ = std::make_unique<Sweeper>(weak);
    poll_timer_ = std::make_unique<WakeTimer>(options_.runtime, [weak] {
        if (const auto host = weak.lock()) {
            host->post([host] { host->look_for_others(); });
        }
    });
    engine_->when_others_commit([weak] {
        const auto host = weak.lock();
        if (host && (host->hub_->is_watched() || host->queue_->is_waited_for())) {
            host->post([host] { host->others_committed(); });
        }
    });
}

Error StoreHost::describe(Error error, std::string_view operation) const {
    error.during(operation);
    if (!options_.url.empty()) {
        error.on(options_.url);
    }
    return error;
}

void StoreHost::post(UniqueFunction<void()> work) {
    runtime().blocking_pool().post([weak = weak_from_this(), work = std::move(work)]() mutable {
        const auto host = weak.lock();
        if (host == nullptr) {
            return;
        }
        if (const Pass pass(host->gate_); pass) {
            work();
        }
    });
}

void StoreHost::post_inside(Pass pass, UniqueFunction<void()> work) {
    // The host is named last, so that it outlives the pass.
    runtime().blocking_pool().post(
        [host = shared_from_this(), work = std::move(work), pass = std::move(pass)]() mutable {
            work();
            work = {};
            pass = Pass();
        });
}

void StoreHost::submit(std::unique_ptr<WriteTask> task, Pass pass) {
    if (!pass) {
        const Error error(ErrorCode::closed, "the store was closed");
        task->complete(&error);
        return;
    }
    task->pass = std::move(pass);
    if (writer_.commits_at_once()) {
        writer_.commit_at_once(*task);
        return;
    }
    if (const auto refused = writer_.enqueue(std::move(task))) {
        const Error error(ErrorCode::busy, "too many writes wait for the writer");
        refused->complete(&error);
    }
}

void StoreHost::start_polling() { poll_after(now_ms()); }

void StoreHost::poll_after(std::int64_t time_ms) {
    if (traits_.has_others) {
        poll_timer_->arm(time_ms + options_.poll_interval.count());
    }
}

void StoreHost::look_for_others() {
    // What is committed from here on is for the next look, however long this one takes.
    const std::int64_t began_ms = now_ms();
    if (!hub_->is_watched() && !queue_->is_waited_for()) {
        return;  // the next watch or take starts again
    }
    const auto changed = engine_->changed_by_others();
    if (!changed) {
        runtime().log(LogLevel::warning, "kv",
                      "could not look for commits of others: " + changed.error().to_string());
    }
    if (changed && *changed) {
        others_committed();
    }
    poll_after(began_ms);
}

void StoreHost::others_committed() {
    hub_->all_changed();
    queue_->others_committed();
    if (!options_.read_only) {
        sweeper_->others_committed();
    }
}

void StoreHost::close(UniqueFunction<void()> when_empty) {
    hub_->close();
    queue_->close();
    sweeper_->stop();
    poll_timer_->stop();
    gate_.close(std::move(when_empty));
}

void StoreHost::release_engine() {
    const std::scoped_lock guard(releasing_);  // two calls of close() may get here together
    engine_.reset();
}

void StoreHost::abandon_pending() {
    const Error error(ErrorCode::cancelled, "the store was destroyed before the write began");
    for (const auto& task : writer_.withdraw_all()) {
        task->complete(&error);
    }
}

std::unique_ptr<StoreTransaction> StoreHost::begin_write(std::optional<Error>& failure) {
    auto transaction = engine_->begin_write();
    if (!transaction) {
        failure = std::move(transaction).error();
        return nullptr;
    }
    return *std::move(transaction);
}

void StoreHost::before_commit(StoreTransaction& transaction) {
    if (!sweeper_->wants_first_look()) {
        return;
    }
    if (const auto next = transaction.next_expiry()) {
        sweeper_->first_look(*next);
    }
}

void StoreHost::tell_watchers(std::span<WriteTask* const> tasks, bool certain,
                              const VersionSpan& versions) {
    if (!hub_->is_watched()) {
        return;
    }
    if (!certain) {
        hub_->all_changed();
        return;
    }
    Effects effects;
    for (const WriteTask* task : tasks) {
        task->publish(effects);
    }
    hub_->keys_changed(effects.keys, versions);
}

void StoreHost::after_commit(std::span<WriteTask* const> tasks) {
    Effects effects;
    for (const WriteTask* task : tasks) {
        task->publish(effects);
    }
    if (effects.first_message_ms) {
        queue_->due_at(*effects.first_message_ms);
    }
    if (effects.first_expiry_ms) {
        sweeper_->expires_at(*effects.first_expiry_ms);
    }
}

void StoreHost::post_drain() {
    post_inside(Pass::always(gate_), [this] { writer_.drain(); });
}

}  // namespace turntable::inline v0::kv::detail
