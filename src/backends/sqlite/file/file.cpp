#include "backends/sqlite/file/file.hpp"

#include <algorithm>

#include "backends/sqlite/file/sqlite_error.hpp"

namespace turntable::inline v0::sql {

namespace {

/// What SQLite takes for a temporary file is settled here: it needs no durability, only a log so
/// that readers and the writer do not hinder each other.
FileOptions effective(FileOptions options) {
    if (options.path == ":memory:") {
        options.synchronous = Synchronous::off;
        options.create = true;
        options.read_only = false;
    }
    return options;
}

}  // namespace

Writing::~Writing() {
    if (file_ == nullptr) {
        return;
    }
    if (sqlite3_errcode(file_->writer_.handle()) == SQLITE_FULL) {
        file_->disk_was_full_ = true;
    }
    if (file_->writer_.in_transaction()) {
        // If this fails, the next transaction opens a new connection.
        (void)file_->writer_.run(Common::rollback);
    }
    file_->free_writer();
}

Result<void> Writing::commit() {
    Connection& connection = file_->writer_;
    TURNTABLE_TRY(Statement * statement, connection.statement(Common::commit));
    const ResetLater reset(*statement);
    if (const int code = statement->step(); code != SQLITE_DONE) {
        return commit_error(code, sqlite3_errmsg(connection.handle()), connection.path());
    }
    return {};
}

File::File(FileOptions options, Schema schema, std::shared_ptr<Clock> clock)
    : options_(effective(std::move(options))),
      schema_(std::move(schema)),
      clock_(std::move(clock)),
      read_only_(options_.read_only) {}

File::~File() = default;

Result<void> File::connect() {
    const std::lock_guard lock(connecting_);
    if (connected_.load(std::memory_order_relaxed)) {
        return {};
    }
    path_ = options_.path;
    if (options_.path == ":memory:") {
        if (!folder_) {
            TURNTABLE_TRY(folder_, TemporaryFolder::make());
        }
        path_ = folder_->path() + "/file.sqlite3";
    }
    TURNTABLE_TRY(OpenedFile opened, open_file(options_, path_, schema_));
    TURNTABLE_TRY(const auto data_version, opened.connection.query_integer(Common::data_version));
    data_version_ = data_version.value_or(0);
    writer_ = std::move(opened.connection);
    read_only_.store(opened.read_only, std::memory_order_relaxed);
    const ConnectionOptions reader{opened.reader_access, options_.busy_timeout, schema_.statements};
    readers_.emplace(ReaderPool::Options{path_, reader, options_.cache_bytes,
                                         std::max<std::size_t>(options_.readers, 1)},
                     clock_);
    connected_.store(true, std::memory_order_release);
    return {};
}

Result<void> File::before_connecting(UniqueFunction<Result<void>()> work) {
    const std::lock_guard lock(connecting_);
    if (connected_.load(std::memory_order_relaxed)) {
        return Error(ErrorCode::already_exists, path_ + " is open already");
    }
    return work();
}

void File::take_writer() noexcept {
    while (writer_taken_.exchange(true)) {
        writer_taken_.wait(true);
    }
}

void File::free_writer() noexcept {
    writer_taken_.store(false);
    writer_taken_.notify_one();
}

Result<Writing> File::begin_write() {
    TURNTABLE_CHECK(ensure_connected());
    if (read_only()) {
        return Error(ErrorCode::permission_denied, path_ + " is open for reading only");
    }
    take_writer();
    Result<void> started = start_transaction();
    if (!started) {
        free_writer();
        return std::move(started).error();
    }
    return Writing(*this);
}

Result<void> File::start_transaction() {
    if (!writer_.is_open() || writer_.in_transaction()) {
        TURNTABLE_CHECK(reopen_writer());
    }
    if (disk_was_full_) {
        empty_log();
    }
    TURNTABLE_CHECK(writer_.run(Common::begin_immediate));
    const Result<void> noted = note_others();
    if (!noted) {
        (void)writer_.run(Common::rollback);
    }
    return noted;
}

/// What fills a disk may be the log itself: SQLite begins it anew only after 1000 pages, and not
/// while a snapshot reads from it. On a disk that has not the room for so many it is emptied
/// earlier from now on. Fails in silence, since the next write says what is wrong.
void File::empty_log() {
    constexpr std::int64_t pages_max = 1000;
    const Result<Statement*> statement = writer_.statement(Common::checkpoint);
    if (!statement) {
        return;
    }
    const ResetLater reset(**statement);
    if ((*statement)->step() != SQLITE_ROW) {
        return;
    }
    const std::int64_t pages = (*statement)->integer(1);
    const std::int64_t pages_moved = (*statement)->integer(2);
    if (pages > 0) {
        sqlite3_wal_autocheckpoint(
            writer_.handle(), static_cast<int>(std::clamp<std::int64_t>(pages / 2, 1, pages_max)));
    }
    disk_was_full_ = pages_moved < pages;
}

/// After a failure that even a rollback did not end.
Result<void> File::reopen_writer() {
    writer_ = Connection();
    FileOptions again = options_;
    again.create = false;
    TURNTABLE_TRY(OpenedFile opened, open_file(again, path_, schema_));
    writer_ = std::move(opened.connection);
    data_version_ = -1;
    return {};
}

Result<void> File::note_others() {
    TURNTABLE_TRY(const auto version, writer_.query_integer(Common::data_version));
    if (version.value_or(0) != data_version_) {
        data_version_ = version.value_or(0);
        others_committed_.store(true);
    }
    return {};
}

Result<bool> File::changed_by_others() {
    TURNTABLE_CHECK(ensure_connected());
    if (!writer_taken_.exchange(true)) {
        const Result<void> noted = writer_.is_open() ? note_others() : Result<void>();
        free_writer();
        TURNTABLE_CHECK(noted);
    }
    return others_committed_.exchange(false);
}

}  // namespace turntable::inline v0::sql
