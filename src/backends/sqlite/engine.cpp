#include "backends/sqlite/engine.hpp"

#include <algorithm>

#include "backends/sqlite/record_row.hpp"
#include "backends/sqlite/sqlite_error.hpp"

namespace turntable::inline v0::kv::sqlite {

static_assert(OrderedEngine<Engine> && EngineWithGet<Engine> && EngineWithOthers<Engine> &&
              EngineWithSnapshots<Engine> && EngineWithBackup<Engine>);

namespace {

/// What SQLite takes for a temporary file is settled here: it needs no durability, only a log so
/// that readers and the writer do not hinder each other.
SqliteOptions effective(SqliteOptions options) {
    if (options.path == ":memory:") {
        options.durability = SqliteDurability::off;
        options.create = true;
        options.read_only = false;
    }
    return options;
}

}  // namespace

Engine::Engine(SqliteOptions options, std::shared_ptr<Clock> clock)
    : options_(effective(std::move(options))),
      clock_(std::move(clock)),
      read_only_(options_.read_only) {}

Engine::~Engine() = default;

Result<void> Engine::connect() {
    const std::lock_guard lock(connecting_);
    if (connected_.load(std::memory_order_relaxed)) {
        return {};
    }
    path_ = options_.path;
    if (options_.path == ":memory:") {
        if (!folder_) {
            TURNTABLE_TRY(folder_, TemporaryFolder::make());
        }
        path_ = folder_->path() + "/kv.sqlite3";
    }
    TURNTABLE_TRY(OpenedFile opened, open_file(options_, path_));
    TURNTABLE_TRY(const auto data_version, opened.connection.query_integer(Sql::data_version));
    data_version_ = data_version.value_or(0);
    writer_ = std::move(opened.connection);
    read_only_.store(opened.read_only, std::memory_order_relaxed);
    const ConnectionOptions reader{opened.reader_access, options_.busy_timeout};
    readers_.emplace(ReaderPool::Options{path_, reader, options_.cache.bytes,
                                         std::max<std::size_t>(options_.readers, 1)},
                     clock_);
    connected_.store(true, std::memory_order_release);
    return {};
}

Result<std::optional<Record>> Engine::get(ByteView key) {
    TURNTABLE_CHECK(ensure_connected());
    TURNTABLE_TRY(const ReaderPool::Lease lease, readers_->take());
    return get_record(*lease, key);
}

Result<ReadTransaction> Engine::begin_read() {
    TURNTABLE_CHECK(ensure_connected());
    TURNTABLE_TRY(ReaderPool::Lease lease, readers_->take());
    Connection& connection = *lease;
    TURNTABLE_TRY(Statement * anchor, connection.statement(Sql::read_version));
    // As long as this statement has not ended, all others of the connection read the same state.
    if (const int code = anchor->step(); code != SQLITE_ROW) {
        Error error = code == SQLITE_DONE
                          ? corrupt_error(path_, "has lost its commit counter (data_version)")
                          : connection.error("starting to read");
        anchor->reset();
        return error;
    }
    return ReadTransaction(std::move(lease), *anchor,
                           static_cast<std::uint64_t>(anchor->integer(0)));
}

void Engine::take_writer() noexcept {
    while (writer_taken_.exchange(true)) {
        writer_taken_.wait(true);
    }
}

void Engine::free_writer() noexcept {
    writer_taken_.store(false);
    writer_taken_.notify_one();
}

Result<WriteTransaction> Engine::begin_write() {
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
    return WriteTransaction(*this);
}

Result<void> Engine::start_transaction() {
    if (!writer_.is_open() || writer_.in_transaction()) {
        TURNTABLE_CHECK(reopen_writer());
    }
    if (disk_was_full_) {
        empty_log();
    }
    TURNTABLE_CHECK(writer_.run(Sql::begin_immediate));
    const Result<void> noted = note_others();
    if (!noted) {
        (void)writer_.run(Sql::rollback);
    }
    return noted;
}

/// What fills a disk may be the log itself: SQLite begins it anew only after 1000 pages, and not
/// while a snapshot reads from it. On a disk that has not the room for so many it is emptied
/// earlier from now on. Fails in silence, since the next write says what is wrong.
void Engine::empty_log() {
    constexpr std::int64_t pages_max = 1000;
    const Result<Statement*> statement = writer_.statement(Sql::checkpoint);
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
Result<void> Engine::reopen_writer() {
    writer_ = Connection();
    SqliteOptions again = options_;
    again.create = false;
    TURNTABLE_TRY(OpenedFile opened, open_file(again, path_));
    writer_ = std::move(opened.connection);
    data_version_ = -1;
    return {};
}

Result<void> Engine::note_others() {
    TURNTABLE_TRY(const auto version, writer_.query_integer(Sql::data_version));
    if (version.value_or(0) != data_version_) {
        data_version_ = version.value_or(0);
        others_committed_.store(true);
    }
    return {};
}

Result<bool> Engine::changed_by_others() {
    TURNTABLE_CHECK(ensure_connected());
    if (!writer_taken_.exchange(true)) {
        const Result<void> noted = writer_.is_open() ? note_others() : Result<void>();
        free_writer();
        TURNTABLE_CHECK(noted);
    }
    return others_committed_.exchange(false);
}

}  // namespace turntable::inline v0::kv::sqlite
