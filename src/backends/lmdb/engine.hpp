#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "backends/lmdb/environment.hpp"
#include "backends/lmdb/tree.hpp"
#include "turntable/kv/lmdb.hpp"
#include "turntable/kv/ordered_engine.hpp"

namespace turntable::inline v0::kv::lmdb {

class Engine;

/// One state of the database; kept by the transaction that began it, and by the values that it
/// gave without copying them.
class Pin {
  public:
    Pin(std::shared_ptr<Environment> environment, Reader* reader) noexcept
        : environment_(std::move(environment)), reader_(reader) {}
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;
    ~Pin() { environment_->give_back(reader_); }

    Environment& environment() noexcept { return *environment_; }
    const Reader& reader() const noexcept { return *reader_; }
    /// The same bytes where they stay as long as this pin does; none: no address space. Inside the
    /// gate.
    std::optional<ByteView> keep(ByteView bytes);

  private:
    std::shared_ptr<Environment> environment_;
    Reader* reader_;
    std::vector<std::shared_ptr<const Mapping>> mappings_;
};

/// A read transaction. Its calls may be made from any thread, one at a time.
class ReadTransaction {
  public:
    explicit ReadTransaction(std::shared_ptr<Pin> pin) noexcept : pin_(std::move(pin)) {}

    /// Values of more than this many bytes are not copied.
    static constexpr std::size_t copied_bytes_max = 1024;

    /// The data keeps itself alive.
    Result<std::optional<Record>> get(ByteView key);
    /// A get inside the visitor is fine, another scan is not.
    Result<void> scan(ByteView start, ByteView end, bool reverse, RecordVisitor visit);

  private:
    Result<std::optional<Record>> get_inside(ByteView key);

    std::shared_ptr<Pin> pin_;
    bool scanning_ = false;
};

/// The one write transaction of the folder.
class WriteTransaction {
  public:
    WriteTransaction(Engine& engine, std::shared_ptr<Environment> environment,
                     MDB_txn* transaction) noexcept;
    WriteTransaction(WriteTransaction&& other) noexcept;
    WriteTransaction& operator=(WriteTransaction&&) = delete;
    ~WriteTransaction();

    Result<std::optional<Record>> get(ByteView key);
    Result<void> scan(ByteView start, ByteView end, bool reverse, RecordVisitor visit);
    Result<void> put(ByteView key, const Record& record);
    Result<void> remove(ByteView key);
    Result<void> commit();

  private:
    Engine* engine_;
    std::shared_ptr<Environment> environment_;
    /// Null after commit().
    MDB_txn* transaction_;
    Tree tree_;
};

/// LMDB as a kv::OrderedEngine. Making one touches nothing; the folder is opened by `connect` or by
/// the first use.
class Engine {
  public:
    static constexpr bool has_snapshots = true;
    static constexpr bool gets_keep_themselves = true;

    /// The options have been checked.
    explicit Engine(LmdbOptions options) : options_(std::move(options)) {}
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine() = default;

    /// Opens the folder unless it is open. After a failure the next call tries again.
    Result<void> connect();

    Result<std::optional<Record>> get(ByteView key);
    Result<ReadTransaction> begin_read();
    Result<WriteTransaction> begin_write();
    /// Whether somebody else, also of this process, has committed since the last call.
    Result<bool> changed_by_others();
    /// After a write transaction that failed: enlarges the map if that was the reason.
    Result<bool> recover(const Error& failure);

    /// How much of the file is mapped; for tests.
    std::size_t map_bytes() const;

  private:
    friend class WriteTransaction;
    Result<void> ensure_connected() {
        return connected_.load(std::memory_order_acquire) ? Result<void>() : connect();
    }
    void note_commit(std::uint64_t before, std::uint64_t now) noexcept;

    const LmdbOptions options_;
    std::mutex connecting_;
    std::atomic<bool> connected_{false};
    std::shared_ptr<Environment> environment_;
    /// Of the last write transaction here; of the writer.
    std::size_t written_map_bytes_ = 0;

    std::mutex commits_mutex_;
    std::uint64_t seen_commit_ = 0;
    bool others_committed_ = false;
};

}  // namespace turntable::inline v0::kv::lmdb
