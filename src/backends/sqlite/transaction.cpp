#include "backends/sqlite/engine.hpp"
#include "backends/sqlite/queue_table.hpp"
#include "backends/sqlite/record_row.hpp"
#include "backends/sqlite/sqlite_error.hpp"

namespace turntable::inline v0::kv::sqlite {

static_assert(kv::ReadTransaction<ReadTransaction> && TransactionWithVersion<WriteTransaction> &&
              TransactionWithExpiry<WriteTransaction> && TransactionWithExpiry<ReadTransaction> &&
              kv::WriteTransaction<WriteTransaction> && TransactionWithQueue<WriteTransaction>);

namespace {

/// Entries that have expired; one whose value is damaged is given as it is, so that it can go.
Result<void> scan_expired(Connection& connection, std::int64_t until_ms, RecordVisitor visit) {
    TURNTABLE_TRY(Statement * row, connection.statement(Sql::expired));
    const ResetLater reset(*row);
    row->bind(1, until_ms);
    int code = SQLITE_DONE;
    while ((code = row->step()) == SQLITE_ROW) {
        Record record;
        if (!read_record(*row, record)) {
            record.data = Bytes::unowned(row->bytes(0));
            record.version = static_cast<std::uint64_t>(row->integer(2));
            record.expire_at_ms = row->integer(3);
        }
        if (!visit(row->bytes(4), record)) {
            return {};
        }
    }
    if (code != SQLITE_DONE) {
        return connection.error("looking for expired entries");
    }
    return {};
}

}  // namespace

ReadTransaction::~ReadTransaction() {
    if (anchor_ != nullptr) {
        anchor_->reset();
    }
}

Result<std::optional<Record>> ReadTransaction::get(ByteView key) {
    return get_record(*lease_, key);
}

Result<void> ReadTransaction::scan(ByteView start, ByteView end, bool reverse,
                                   RecordVisitor visit) {
    return scan_records(*lease_, start, end, reverse, visit);
}

Result<void> ReadTransaction::expired(std::int64_t until_ms, RecordVisitor visit) {
    return scan_expired(*lease_, until_ms, visit);
}

Result<std::optional<std::int64_t>> ReadTransaction::next_expiry() {
    return (*lease_).query_integer(Sql::next_expiry);
}

WriteTransaction::~WriteTransaction() {
    if (engine_ == nullptr) {
        return;
    }
    if (sqlite3_errcode(engine_->writer_.handle()) == SQLITE_FULL) {
        engine_->disk_was_full_ = true;
    }
    if (engine_->writer_.in_transaction()) {
        // If this fails, the next transaction opens a new connection.
        (void)engine_->writer_.run(Sql::rollback);
    }
    engine_->free_writer();
}

Result<std::optional<Record>> WriteTransaction::get(ByteView key) {
    return get_record(engine_->writer_, key);
}

Result<void> WriteTransaction::scan(ByteView start, ByteView end, bool reverse,
                                    RecordVisitor visit) {
    return scan_records(engine_->writer_, start, end, reverse, visit);
}

Result<void> WriteTransaction::put(ByteView key, const Record& record) {
    Connection& connection = engine_->writer_;
    TURNTABLE_TRY(Statement * statement, connection.statement(Sql::put));
    const ResetLater reset(*statement);
    statement->bind(1, key);
    statement->bind(2, record.data);
    statement->bind(3, static_cast<std::int64_t>(record.encoding));
    statement->bind(4, static_cast<std::int64_t>(record.version));
    statement->bind(5, record.expire_at_ms);
    if (const int code = statement->step(); code != SQLITE_DONE) {
        return engine_error(code, sqlite3_errmsg(connection.handle()), connection.path(), "put");
    }
    return {};
}

Result<void> WriteTransaction::remove(ByteView key) {
    TURNTABLE_TRY(Statement * statement, engine_->writer_.statement(Sql::remove));
    const ResetLater reset(*statement);
    statement->bind(1, key);
    if (statement->step() != SQLITE_DONE) {
        return engine_->writer_.error("remove");
    }
    return {};
}

Result<void> WriteTransaction::commit() {
    Connection& connection = engine_->writer_;
    TURNTABLE_TRY(Statement * statement, connection.statement(Sql::commit));
    const ResetLater reset(*statement);
    if (const int code = statement->step(); code != SQLITE_DONE) {
        return commit_error(code, sqlite3_errmsg(connection.handle()), connection.path());
    }
    return {};
}

Result<std::uint64_t> WriteTransaction::last_version() {
    TURNTABLE_TRY(const auto version, engine_->writer_.query_integer(Sql::read_version));
    if (!version) {
        return corrupt_error(engine_->path_, "has lost its commit counter (data_version)");
    }
    return static_cast<std::uint64_t>(*version);
}

Result<void> WriteTransaction::set_last_version(std::uint64_t version) {
    TURNTABLE_TRY(Statement * statement, engine_->writer_.statement(Sql::write_version));
    const ResetLater reset(*statement);
    statement->bind(1, static_cast<std::int64_t>(version));
    if (statement->step() != SQLITE_DONE) {
        return engine_->writer_.error("writing the commit counter");
    }
    return {};
}

Result<void> WriteTransaction::expired(std::int64_t until_ms, RecordVisitor visit) {
    return scan_expired(engine_->writer_, until_ms, visit);
}

Result<std::optional<std::int64_t>> WriteTransaction::next_expiry() {
    return engine_->writer_.query_integer(Sql::next_expiry);
}

Result<std::optional<QueueRow>> WriteTransaction::queue_first(QueueTable table,
                                                              std::int64_t until_ms) {
    return sqlite::queue_first(engine_->writer_, table, until_ms);
}

Result<std::optional<QueueRow>> WriteTransaction::queue_find(std::string_view id) {
    return sqlite::queue_find(engine_->writer_, id);
}

Result<void> WriteTransaction::queue_insert(QueueTable table, const QueueRow& row) {
    return sqlite::queue_insert(engine_->writer_, table, row);
}

Result<void> WriteTransaction::queue_remove(QueueTable table, const QueueRow& row) {
    return sqlite::queue_remove(engine_->writer_, table, row);
}

Result<std::optional<std::int64_t>> WriteTransaction::queue_next_time(QueueTable table) {
    return sqlite::queue_next_time(engine_->writer_, table);
}

}  // namespace turntable::inline v0::kv::sqlite
