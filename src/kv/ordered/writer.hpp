#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "turntable/core/gate.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/detail/store_engine.hpp"
#include "turntable/kv/plan.hpp"

namespace turntable::inline v0::kv::detail {

/// What commits mean for those who wait for something. Keys borrow from the tasks.
struct Effects {
    std::vector<ByteView> keys;
    std::optional<std::int64_t> first_message_ms;
    std::optional<std::int64_t> first_expiry_ms;

    void changed(const PlannedChange& change);
    void message(std::int64_t time_ms);
};

/// The versions that one transaction used: those after `after`, up to `last`.
struct VersionSpan {
    std::uint64_t after = 0;
    std::uint64_t last = 0;
};

/// One engine transaction on its way; shared by the tasks of a batch.
class WriteScope {
  public:
    WriteScope(StoreTransaction& transaction, std::int64_t now_ms, Random& random)
        : transaction_(transaction), now_ms_(now_ms), random_(random) {}

    StoreTransaction& transaction() noexcept { return transaction_; }
    std::int64_t now_ms() const noexcept { return now_ms_; }
    Random& random() noexcept { return random_; }
    /// The version that the next commit would have, the same until use_version() is called.
    Result<std::uint64_t> next_version();
    void use_version() noexcept {
        last_version_ = next_version_;
        next_version_ = 0;
        version_used_ = true;
    }
    /// The transaction has something to commit.
    void note_change() noexcept { changed_ = true; }
    bool has_changed() const noexcept { return changed_ || version_used_; }
    Result<void> store_version();
    /// Empty when no task used one.
    VersionSpan used_versions() const noexcept {
        return version_used_ ? VersionSpan{first_version_, *last_version_} : VersionSpan{};
    }

  private:
    StoreTransaction& transaction_;
    std::int64_t now_ms_;
    Random& random_;
    /// Before the transaction.
    std::uint64_t first_version_ = 0;
    std::optional<std::uint64_t> last_version_;
    std::uint64_t next_version_ = 0;
    bool version_used_ = false;
    bool changed_ = false;
};

/// Something to be done inside a write transaction.
class WriteTask {
  public:
    WriteTask() = default;
    WriteTask(const WriteTask&) = delete;
    WriteTask& operator=(const WriteTask&) = delete;
    virtual ~WriteTask() = default;

    /// Does it. An error is one of the engine and ends the transaction; what is wrong with the task
    /// itself is kept for complete(), and nothing is changed then. Called again after a rollback.
    virtual Result<void> apply(WriteScope& scope) = 0;
    /// After the commit: what it changed.
    virtual void publish(Effects& effects) const = 0;
    /// The last call. Null: committed, or there was nothing to commit.
    virtual void complete(const Error* failure) = 0;
    virtual std::size_t size_bytes() const noexcept { return 0; }

    std::uint64_t ticket = 0;
    /// Keeps the store open until the task is done.
    Pass pass;
};

/// What a Writer needs of the store.
class WriterHost {
  public:
    virtual std::unique_ptr<StoreTransaction> begin_write(std::optional<Error>& failure) = 0;
    /// Whether a transaction that failed may pass now. An error replaces the failure.
    virtual Result<bool> recover(const Error& failure) = 0;
    virtual std::int64_t now_ms() const noexcept = 0;
    virtual Instant steady_now() const noexcept = 0;
    virtual Random& random() noexcept = 0;
    /// Called inside the transaction, before its commit.
    virtual void before_commit(StoreTransaction& transaction) = 0;
    /// Right after a commit that may have happened, before the next one begins.
    virtual void tell_watchers(std::span<WriteTask* const> tasks, bool certain,
                               const VersionSpan& versions) = 0;
    /// After a commit that may have happened; no lock is held.
    virtual void after_commit(std::span<WriteTask* const> tasks) = 0;
    /// Has Writer::drain called on the pool.
    virtual void post_drain() = 0;

  protected:
    ~WriterHost() = default;
};

struct WriterLimits {
    bool at_once = false;
    std::size_t batch_writes_max = 1;
    std::size_t batch_bytes_max = 1;
    std::size_t pending_writes_max = 1;
};

/// The one writer of a store: gathers what waits into one engine transaction.
class Writer {
  public:
    Writer(WriterHost& host, WriterLimits limits) : host_(host), limits_(limits) {}

    bool commits_at_once() const noexcept { return limits_.at_once; }
    /// True: nobody commits, and this thread has to call lead() now.
    bool try_lead();
    /// Commits the task on this thread, and once more what came meanwhile.
    void lead(WriteTask& task);
    /// Only with commits_at_once(): waits for its turn, which is short.
    void commit_at_once(WriteTask& task);
    /// A number for withdraw().
    std::uint64_t next_ticket();
    /// Gives the task back when too many wait.
    std::unique_ptr<WriteTask> enqueue(std::unique_ptr<WriteTask> task);
    /// The task, if it has not been submitted yet.
    std::unique_ptr<WriteTask> withdraw(std::uint64_t ticket);
    std::deque<std::unique_ptr<WriteTask>> withdraw_all();
    void drain();

  private:
    /// The tasks of one transaction.
    struct Batch {
        std::vector<WriteTask*> tasks = {};
        std::vector<std::unique_ptr<WriteTask>> owned = {};
        std::size_t bytes = 0;
        /// Writes that come until the commit join it.
        bool open = false;
    };
    struct Failure {
        Error error;
        bool began;
    };

    bool gather(Batch& batch);
    bool let_come(Batch& batch);
    void commit(Batch& batch);
    std::optional<Failure> attempt(Batch& batch);
    std::optional<Failure> attempt_once(Batch& batch);
    Result<void> apply_all(Batch& batch, WriteScope& scope);
    void finish(std::span<WriteTask* const> tasks, const Error* failure);

    WriterHost& host_;
    const WriterLimits limits_;
    std::mutex at_once_;
    Instant::duration last_commit_{};  // of an open batch; only of whoever drains
    std::mutex mutex_;
    bool busy_ = false;
    std::uint64_t last_ticket_ = 0;
    std::deque<std::unique_ptr<WriteTask>> queue_;
};

}  // namespace turntable::inline v0::kv::detail
