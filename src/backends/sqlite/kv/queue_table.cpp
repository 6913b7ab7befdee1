#include "backends/sqlite/kv/queue_table.hpp"

#include "backends/sqlite/file/sqlite_error.hpp"
#include "backends/sqlite/kv/queue_text.hpp"

namespace turntable::inline v0::kv::sqlite {

namespace {

Sql of_table(QueueTable table, Sql waiting, Sql running) noexcept {
    return table == QueueTable::waiting ? waiting : running;
}

/// The row that `statement` gives, if it gives one.
Result<std::optional<QueueRow>> take_row(const Connection& connection, Statement& statement) {
    const int code = statement.step();
    if (code == SQLITE_DONE) {
        return std::optional<QueueRow>();
    }
    if (code != SQLITE_ROW) {
        return connection.error("reading the queue");
    }
    QueueRow row;
    row.time_ms = statement.integer(0);
    row.id = statement.bytes(1).to_string();
    row.payload = Bytes::copy(statement.bytes(2));
    auto backoff = read_backoff(statement.bytes(3).text());
    auto keys = read_keys(statement.bytes(4).text());
    if (!backoff || !keys) {
        return sql::corrupt_error(connection.path(),
                                  "holds a queue message with the id " + row.id + " whose " +
                                      (backoff ? "keys_if_undelivered" : "backoff_schedule") +
                                      " cannot be read")
            .with("id", row.id);
    }
    row.backoff_ms = *std::move(backoff);
    row.keys_if_undelivered = *std::move(keys);
    return std::optional(std::move(row));
}

Result<void> finish(const Connection& connection, Statement& statement) {
    if (statement.step() != SQLITE_DONE) {
        return connection.error("writing the queue");
    }
    return {};
}

}  // namespace

Result<std::optional<QueueRow>> queue_first(Connection& connection, QueueTable table,
                                            std::int64_t until_ms) {
    TURNTABLE_TRY(Statement * statement,
                  connection.statement(of_table(table, Sql::waiting_first, Sql::running_first)));
    const ResetLater reset(*statement);
    statement->bind(1, until_ms);
    return take_row(connection, *statement);
}

Result<std::optional<QueueRow>> queue_find(Connection& connection, std::string_view id) {
    TURNTABLE_TRY(Statement * statement, connection.statement(Sql::running_find));
    const ResetLater reset(*statement);
    statement->bind_text(1, id);
    return take_row(connection, *statement);
}

Result<void> queue_insert(Connection& connection, QueueTable table, const QueueRow& row) {
    const std::string backoff = write_backoff(row.backoff_ms);
    const std::string keys = write_keys(row.keys_if_undelivered);
    TURNTABLE_TRY(Statement * statement,
                  connection.statement(of_table(table, Sql::waiting_insert, Sql::running_insert)));
    const ResetLater reset(*statement);
    statement->bind(1, row.time_ms);
    statement->bind_text(2, row.id);
    statement->bind(3, row.payload);
    statement->bind_text(4, backoff);
    statement->bind_text(5, keys);
    return finish(connection, *statement);
}

Result<void> queue_remove(Connection& connection, QueueTable table, const QueueRow& row) {
    TURNTABLE_TRY(Statement * statement,
                  connection.statement(of_table(table, Sql::waiting_remove, Sql::running_remove)));
    const ResetLater reset(*statement);
    statement->bind(1, row.time_ms);
    statement->bind_text(2, row.id);
    return finish(connection, *statement);
}

Result<std::optional<std::int64_t>> queue_next_time(Connection& connection, QueueTable table) {
    return connection.query_integer(of_table(table, Sql::waiting_next, Sql::running_next));
}

}  // namespace turntable::inline v0::kv::sqlite
