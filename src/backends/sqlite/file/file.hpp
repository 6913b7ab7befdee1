#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "backends/sqlite/file/open_file.hpp"
#include "backends/sqlite/file/reader_pool.hpp"
#include "backends/sqlite/file/temporary_folder.hpp"
#include "turntable/core/clock.hpp"

namespace turntable::inline v0::sql {

class File;

/// The one write transaction of a file, on its writing connection. Rolled back when destroyed
/// without a commit.
class TURNTABLE_EXPORT Writing {
  public:
    Writing(Writing&& other) noexcept : file_(std::exchange(other.file_, nullptr)) {}
    Writing& operator=(Writing&&) = delete;
    ~Writing();

    Connection& connection() const noexcept;
    /// Errors: `commit_unknown` when the system failed to put it on disk.
    Result<void> commit();

  private:
    friend class File;
    explicit Writing(File& file) noexcept : file_(&file) {}

    File* file_;
};

/// A SQLite file that several connections of this process use: many that read, one that writes.
///
/// Making one touches nothing; the file is opened by `connect` or by the first use. The destructor
/// closes every connection; the last one to a file moves its log into it and removes -wal and -shm.
/// Threads: any.
class TURNTABLE_EXPORT File {
  public:
    /// The options have been checked.
    File(FileOptions options, Schema schema, std::shared_ptr<Clock> clock);
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File();

    /// Opens the file unless it is open. After a failure the next call tries again.
    Result<void> connect();
    bool is_connected() const noexcept { return connected_.load(std::memory_order_acquire); }
    /// Known exactly after connecting.
    bool read_only() const noexcept { return read_only_.load(std::memory_order_relaxed); }
    /// The file, also when it is a temporary one; empty before connecting.
    const std::string& path() const noexcept { return path_; }
    const FileOptions& options() const noexcept { return options_; }

    /// A connection to read with, for one thread.
    Result<ReaderPool::Lease> reader() {
        TURNTABLE_CHECK(ensure_connected());
        return readers_->take();
    }
    /// Waits until nobody else writes. Errors: `permission_denied` where the file is only to be
    /// read, `busy` when another process writes for longer than busy_timeout.
    Result<Writing> begin_write();
    /// Whether another connection, also of this process, has committed since the last call. While
    /// a write transaction is open this does not wait for it; what it misses then is told later.
    Result<bool> changed_by_others();
    /// Calls `work` unless the file is open, and keeps it from being opened meanwhile; else
    /// `already_exists`.
    Result<void> before_connecting(UniqueFunction<Result<void>()> work);

  private:
    friend class Writing;

    Result<void> ensure_connected() { return is_connected() ? Result<void>() : connect(); }
    Result<void> start_transaction();
    Result<void> note_others();
    void empty_log();
    Result<void> reopen_writer();
    void take_writer() noexcept;
    void free_writer() noexcept;

    const FileOptions options_;
    Schema schema_;
    const std::shared_ptr<Clock> clock_;
    std::mutex connecting_;
    std::atomic<bool> connected_{false};
    std::atomic<bool> read_only_;
    std::optional<TemporaryFolder> folder_;
    std::string path_;
    // Taken by a write transaction or, for a moment, by changed_by_others; then owner of what
    // follows, and of the schema once connected.
    std::atomic<bool> writer_taken_{false};
    Connection writer_;
    std::int64_t data_version_ = 0;
    /// The last write failed for want of space; of the writer.
    bool disk_was_full_ = false;
    std::atomic<bool> others_committed_{false};
    // Last, so that readers close before the writer.
    std::optional<ReaderPool> readers_;
};

inline Connection& Writing::connection() const noexcept { return file_->writer_; }

}  // namespace turntable::inline v0::sql
