#pragma once

#include <atomic>
#include <memory>

#include "kv/ordered/queue_scheduler.hpp"
#include "kv/ordered/sweeper.hpp"
#include "kv/ordered/tasks.hpp"
#include "kv/ordered/wake_timer.hpp"
#include "kv/ordered/watch_hub.hpp"
#include "kv/ordered/writer.hpp"
#include "turntable/kv/detail/store_core.hpp"

namespace turntable::inline v0::kv::detail {

/// The state behind a StoreCore. Work on the pool and streams share it, so that whoever comes late
/// finds a closed store instead of nothing.
class StoreHost final : public WriterHost, public std::enable_shared_from_this<StoreHost> {
  public:
    StoreHost(std::shared_ptr<StoreEngine> engine, OrderedStoreOptions options,
              EngineTraits traits);
    ~StoreHost() = default;
    /// The second step of making one: ties the parts to it.
    void start();

    Gate& gate() noexcept { return gate_; }
    Runtime& runtime() noexcept { return *options_.runtime; }
    const OrderedStoreOptions& options() const noexcept { return options_; }
    /// Only inside the gate.
    StoreEngine& engine() noexcept { return *engine_; }
    Writer& writer() noexcept { return writer_; }
    WatchHub& hub() noexcept { return *hub_; }
    QueueScheduler& queue() noexcept { return *queue_; }
    Sweeper& sweeper() noexcept { return *sweeper_; }
    Error describe(Error error, std::string_view operation) const;

    /// Runs on the pool, unless the store is closed by then.
    void post(UniqueFunction<void()> work);
    /// Runs on the pool in any case; the pass lets close() wait for it.
    void post_inside(Pass pass, UniqueFunction<void()> work);
    /// Runs a task of the store's own: now where the engine commits at once, else on the pool.
    void submit(std::unique_ptr<WriteTask> task) { submit(std::move(task), Pass(gate_)); }
    void submit(std::unique_ptr<WriteTask> task, Pass pass);
    /// Runs a task of a caller: now if it may use this thread, else on the pool.
    template <class T>
    Async<T> run(const Context& context, std::string_view operation, Pass pass,
                 std::unique_ptr<ResultTask<T>> task);
    template <class T>
    bool run_here(const Context& context, ResultTask<T>& task);
    template <class T>
    Async<T> run_later(const Context& context, std::string_view operation, Pass pass,
                       std::unique_ptr<ResultTask<T>> task);

    /// Somebody watches or takes: asks for commits of others from now on.
    void start_polling();
    void look_for_others();
    void others_committed();

    /// Refuses new calls, ends watches and takes; `when_empty` runs when the rest is done.
    void close(UniqueFunction<void()> when_empty);
    /// Completes what waits for the writer; for the destructor.
    void abandon_pending();
    void release_engine();

    // For the writer.
    std::unique_ptr<StoreTransaction> begin_write(std::optional<Error>& failure) override;
    Result<bool> recover(const Error& failure) override { return engine_->recover(failure); }
    std::int64_t now_ms() const noexcept override {
        return options_.runtime->clock().wall_now().time_since_epoch().count();
    }
    Instant steady_now() const noexcept override { return options_.runtime->clock().steady_now(); }
    Random& random() noexcept override { return options_.runtime->random(); }
    void before_commit(StoreTransaction& transaction) override;
    void tell_watchers(std::span<WriteTask* const> tasks, bool certain,
                       const VersionSpan& versions) override;
    void after_commit(std::span<WriteTask* const> tasks) override;
    void post_drain() override;

  private:
    void poll_after(std::int64_t time_ms);

    std::mutex releasing_;
    std::shared_ptr<StoreEngine> engine_;
    const OrderedStoreOptions options_;
    const EngineTraits traits_;
    Gate gate_;
    Writer writer_;
    std::unique_ptr<WatchHub> hub_;
    std::unique_ptr<QueueScheduler> queue_;
    std::unique_ptr<Sweeper> sweeper_;
    std::unique_ptr<WakeTimer> poll_timer_;
};

template <class T>
bool StoreHost::run_here(const Context& context, ResultTask<T>& task) {
    if (writer_.commits_at_once()) {
        writer_.commit_at_once(task);
        return true;
    }
    if (context.caller_waits && writer_.try_lead()) {
        writer_.lead(task);
        return true;
    }
    return false;
}

template <class T>
Async<T> StoreHost::run_later(const Context& context, std::string_view operation, Pass pass,
                              std::unique_ptr<ResultTask<T>> task) {
    auto [promise, async] = SharedPromise<T>::make(runtime(), context);
    const std::uint64_t ticket = writer_.next_ticket();
    task->ticket = ticket;
    task->pass = std::move(pass);
    task->answer_to(promise, operation, options_.url);
    promise->on_stop([weak = weak_from_this(), promise, ticket](StopReason reason) {
        const auto host = weak.lock();
        if (const auto withdrawn = host ? host->writer_.withdraw(ticket) : nullptr) {
            promise->complete(stopped_error(reason));
        }
    });
    if (const auto refused = writer_.enqueue(std::move(task))) {
        const Error error(ErrorCode::busy, "too many writes wait for the writer (max " +
                                               std::to_string(options_.pending_writes_max) + ")");
        refused->complete(&error);
    }
    return std::move(async);
}

template <class T>
Async<T> StoreHost::run(const Context& context, std::string_view operation, Pass pass,
                        std::unique_ptr<ResultTask<T>> task) {
    if (run_here(context, *task)) {
        Result<T> result = task->take_result();
        return result ? std::move(result) : describe(std::move(result).error(), operation);
    }
    return run_later(context, operation, std::move(pass), std::move(task));
}

}  // namespace turntable::inline v0::kv::detail
