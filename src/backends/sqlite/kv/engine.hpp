#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backends/sqlite/file/file.hpp"
#include "backends/sqlite/kv/sql.hpp"
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
    ReadTransaction(sql::ReaderPool::Lease lease, Statement& anchor, std::uint64_t version) noexcept
        : lease_(std::move(lease)), anchor_(&anchor), version_(version) {}

    sql::ReaderPool::Lease lease_;
    Statement* anchor_;
    std::uint64_t version_;
};

/// The one write transaction, on the engine's writing connection.
class WriteTransaction {
  public:
    Result<std::optional<Record>> get(ByteView key);
    Result<void> scan(ByteView start, ByteView end, bool reverse, RecordVisitor visit);
    Result<void> put(ByteView key, const Record& record);
    Result<void> remove(ByteView key);
    Result<void> commit() { return writing_.commit(); }

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
    explicit WriteTransaction(sql::Writing writing) noexcept : writing_(std::move(writing)) {}
    Connection& connection() const noexcept { return writing_.connection(); }

    sql::Writing writing_;
};

/// Deno KV's file format as a kv::OrderedEngine.
///
/// Making one touches nothing; the file is opened by `connect` or by the first use. The destructor
/// closes every connection; the last one to a file moves its log into it and removes -wal and -shm.
class Engine {
  public:
    static constexpr bool has_snapshots = true;

    /// The options have been checked.
    Engine(const SqliteOptions& options, std::shared_ptr<Clock> clock);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine();

    /// Opens the file unless it is open. After a failure the next call tries again.
    Result<void> connect() { return file_.connect(); }
    /// Known exactly after connecting.
    bool read_only() const noexcept { return file_.read_only(); }
    /// The file, also when it is a temporary one; empty before connecting.
    const std::string& path() const noexcept { return file_.path(); }

    Result<std::optional<Record>> get(ByteView key);
    Result<ReadTransaction> begin_read();
    Result<WriteTransaction> begin_write();
    /// As sql::File says.
    Result<bool> changed_by_others() { return file_.changed_by_others(); }
    /// All pages of one state as a new file; writers go on.
    Result<void> backup_to(const Context& context, const std::string& path, bool replace);
    /// The store's own file as a copy of another one. Not after connecting.
    Result<void> restore_from(const Context& context, const std::string& path);

  private:
    const std::shared_ptr<Clock> clock_;
    sql::File file_;
};

}  // namespace turntable::inline v0::kv::sqlite
