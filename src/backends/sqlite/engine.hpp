#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backends/sqlite/open_file.hpp"
#include "backends/sqlite/reader_pool.hpp"
#include "backends/sqlite/temporary_folder.hpp"
#include "turntable/core/clock.hpp"
#include "turntable/kv/ordered_engine.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable::inline v0::kv::sqlite {

class Engine;

/// One state of the file, held by a statement that stays open on a connection of its own.
class ReadTransaction {
  public:
    ReadTransaction(ReadTransaction&& other) noexcept
        : lease_(std::move(other.lease_)),
          anchor_(std::exchange(other.anchor_, nullptr)),
          version_(other.version_) {}
    ReadTransaction& operator=(ReadTransaction&&) = delete;
    ~ReadTransaction();

    Result<std::optional<Record>> get(ByteView key);
    Result<void> scan(ByteView start, ByteView end, bool reverse, RecordVisitor visit);
    Result<std::uint64_t> last_version() const { return version_; }
    Result<void> expired(std::int64_t until_ms, RecordVisitor visit);
    Result<std::optional<std::int64_t>> next_expiry();

  private:
    friend class Engine;
    Connection& connection() noexcept { return *lease_; }
    ReadTransaction(ReaderPool::Lease lease, Statement& anchor, std::uint64_t version) noexcept
        : lease_(std::move(lease)), anchor_(&anchor), version_(version) {}

    ReaderPool::Lease lease_;
    Statement* anchor_;
    std::uint64_t version_;
};

/// The one write transaction, on the engine's writing connection.
class WriteTransaction {
  public:
    WriteTransaction(WriteTransaction&& other) noexcept
        : engine_(std::exchange(other.engine_, nullptr)) {}
    WriteTransaction& operator=(WriteTransaction&&) = delete;
    ~WriteTransaction();

    Result<std::optional<Record>> get(ByteView key);
    Result<void> scan(ByteView start, ByteView end, bool reverse, RecordVisitor visit);
    Result<void> put(ByteView key, const Record& record);
    Result<void> remove(ByteView key);
    Result<void> commit();

    Result<std::uint64_t> last_version();
    Result<void> set_last_version(std::uint64_t version);
    Result<void> expired(std::int64_t until_ms, RecordVisitor visit);
    Result<std::optional<std::int64_t>> next_expiry();

    Result<std::optional<QueueRow>> queue_first(QueueTable table, std::int64_t until_ms);
    Result<std::optional<QueueRow>> queue_find(std::string_view id);
    Result<void> queue_insert(QueueTable table, const QueueRow& row);
    Result<void> queue_remove(QueueTable table, const QueueRow& row);
    Result<std::optional<std::int64_t>> queue_next_time(QueueTable table);

  private:
    friend class Engine;
    explicit WriteTransaction(Engine& engine) noexcept : engine_(&engine) {}

    Engine* engine_;
};

/// Deno KV's file format as a kv::OrderedEngine.
///
/// Making one touches nothing; the file is opened by `connect` or by the first use. The destructor
/// closes every connection; the last one to a file moves its log into it and removes -wal and -shm.
class Engine {
  public:
    static constexpr bool has_snapshots = true;

    /// The options have been checked.
    Engine(SqliteOptions options, std::shared_ptr<Clock> clock);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine();

    /// Opens the file unless it is open. After a failure the next call tries again.
    Result<void> connect();
    /// Known exactly after connecting.
    bool read_only() const noexcept { return read_only_.load(std::memory_order_relaxed); }
    /// The file, also when it is a temporary one; empty before connecting.
    const std::string& path() const noexcept { return path_; }

    Result<std::optional<Record>> get(ByteView key);
    Result<ReadTransaction> begin_read();
    Result<WriteTransaction> begin_write();
    /// Whether another connection, also of this process, has committed since the last call. While
    /// a write transaction is open this does not wait for it; what it misses then is told later.
    Result<bool> changed_by_others();
    /// All pages of one state as a new file; writers go on.
    Result<void> backup_to(const Context& context, const std::string& path, bool replace);
    /// The store's own file as a copy of another one. Not after connecting.
    Result<void> restore_from(const Context& context, const std::string& path);

  private:
    friend class WriteTransaction;

    Result<void> ensure_connected() {
        return connected_.load(std::memory_order_acquire) ? Result<void>() : connect();
    }
    Result<void> start_transaction();
    Result<void> note_others();
    void empty_log();
    Result<void> reopen_writer();
    void take_writer() noexcept;
    void free_writer() noexcept;

    const SqliteOptions options_;
    const std::shared_ptr<Clock> clock_;
    std::mutex connecting_;
    std::atomic<bool> connected_{false};
    std::atomic<bool> read_only_;
    std::optional<TemporaryFolder> folder_;
    std::string path_;
    // Taken by a write transaction or, for a moment, by changed_by_others; then owner of what
    // follows.
    std::atomic<bool> writer_taken_{false};
    Connection writer_;
    std::int64_t data_version_ = 0;
    /// The last write failed for want of space; of the writer.
    bool disk_was_full_ = false;
    std::atomic<bool> others_committed_{false};
    // Last, so that readers close before the writer.
    std::optional<ReaderPool> readers_;
};

}  // namespace turntable::inline v0::kv::sqlite
