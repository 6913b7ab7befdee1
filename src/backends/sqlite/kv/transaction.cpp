#include "backends/sqlite/file/sqlite_error.hpp"
#include "backends/sqlite/kv/engine.hpp"
#include "backends/sqlite/kv/queue_table.hpp"
#include "backends/sqlite/kv/record_row.hpp"

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

Result<std::optional<Record>> WriteTransaction::get(ByteView key) {
    return get_record(connection(), key);
}

Result<void> WriteTransaction::scan(ByteView start, ByteView end, bool reverse,
                                    RecordVisitor visit) {
    return scan_records(connection(), start, end, reverse, visit);
}

Result<void> WriteTransaction::put(ByteView key, const Record& record) {
    Connection& connection = writing_.connection();
    TURNTABLE_TRY(Statement * statement, connection.statement(Sql::put));
    const ResetLater reset(*statement);
    statement->bind(1, key);
    statement->bind(2, record.data);
    statement->bind(3, static_cast<std::int64_t>(record.encoding));
    statement->bind(4, static_cast<std::int64_t>(record.version));
    statement->bind(5, record.expire_at_ms);
    if (const int code = statement->step(); code != SQLITE_DONE) {
        return sql::engine_error(code, sqlite3_errmsg(connection.handle()), connection.path(),
                                 "put");
    }
    return {};
}

Result<void> WriteTransaction::remove(ByteView key) {
    TURNTABLE_TRY(Statement * statement, connection().statement(Sql::remove));
    const ResetLater reset(*statement);
    statement->bind(1, key);
    if (statement->step() != SQLITE_DONE) {
        return connection().error("remove");
    }
    return {};
}

Result<std::uint64_t> WriteTransaction::last_version() {
    TURNTABLE_TRY(const auto version, connection().query_integer(Sql::read_version));
    if (!version) {
        return sql::corrupt_error(connection().path(),
                                  "has lost its commit counter (data_version)");
    }
    return static_cast<std::uint64_t>(*version);
}

Result<void> WriteTransaction::set_last_version(std::uint64_t version) {
    TURNTABLE_TRY(Statement * statement, connection().statement(Sql::write_version));
    const ResetLater reset(*statement);
    statement->bind(1, static_cast<std::int64_t>(version));
    if (statement->step() != SQLITE_DONE) {
        return connection().error("writing the commit counter");
    }
    return {};
}

Result<void> WriteTransaction::expired(std::int64_t until_ms, RecordVisitor visit) {
    return scan_expired(connection(), until_ms, visit);
}

Result<std::optional<std::int64_t>> WriteTransaction::next_expiry() {
    return connection().query_integer(Sql::next_expiry);
}

Result<std::optional<QueueRow>> WriteTransaction::queue_first(QueueTable table,
                                                              std::int64_t until_ms) {
    return sqlite::queue_first(connection(), table, until_ms);
}

Result<std::optional<QueueRow>> WriteTransaction::queue_find(std::string_view id) {
    return sqlite::queue_find(connection(), id);
}

Result<void> WriteTransaction::queue_insert(QueueTable table, const QueueRow& row) {
    return sqlite::queue_insert(connection(), table, row);
}

Result<void> WriteTransaction::queue_remove(QueueTable table, const QueueRow& row) {
    return sqlite::queue_remove(connection(), table, row);
}

Result<std::optional<std::int64_t>> WriteTransaction::queue_next_time(QueueTable table) {
    return sqlite::queue_next_time(connection(), table);
}

}  // namespace turntable::inline v0::kv::sqlite
