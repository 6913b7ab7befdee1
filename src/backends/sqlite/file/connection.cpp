#include "backends/sqlite/file/connection.hpp"

#include <algorithm>
#include <climits>
#include <iterator>

#include "backends/sqlite/file/sqlite_error.hpp"

namespace turntable::inline v0::sql {

namespace {

constexpr const char* common_texts[] = {
    "begin immediate",
    "commit",
    "rollback",
    "pragma data_version",
    "pragma wal_checkpoint(passive)",
};
static_assert(std::size(common_texts) == static_cast<std::size_t>(Common::count));

/// The path as SQLite's URI form has it, for the one option that only exists there.
std::string immutable_uri(const std::string& path) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string uri = "file:";
    for (const char byte : path) {
        const auto value = static_cast<unsigned char>(byte);
        if (value <= 0x20 || value >= 0x7f || byte == '%' || byte == '?' || byte == '#') {
            uri.push_back('%');
            uri.push_back(digits[value >> 4U]);
            uri.push_back(digits[value & 15U]);
        } else {
            uri.push_back(byte);
        }
    }
    return uri + "?immutable=1";
}

int open_flags(Access access) {
    // Each connection is on one thread at a time, so SQLite needs no mutex of its own for it.
    constexpr int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
    switch (access) {
        case Access::read_write:
            return common | SQLITE_OPEN_READWRITE;
        case Access::create:
            return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        case Access::read_only:
            return common | SQLITE_OPEN_READONLY;
        case Access::immutable:
            return common | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    }
    return common | SQLITE_OPEN_READONLY;
}

}  // namespace

Result<Connection> Connection::open(const std::string& path, const ConnectionOptions& options) {
    Connection connection;
    connection.path_ = path;
    connection.texts_ = options.statements;
    connection.statements_.resize(common_count + options.statements.size());
    sqlite3* database = nullptr;
    // A name that starts with ':' means something of its own to SQLite.
    std::string name = path.starts_with(':') ? "./" + path : path;
    if (options.access == Access::immutable) {
        name = immutable_uri(name);
    }
    const int code = sqlite3_open_v2(name.c_str(), &database, open_flags(options.access), nullptr);
    connection.database_.reset(database);
    if (code != SQLITE_OK) {
        return engine_error(code, database == nullptr ? "" : sqlite3_errmsg(database), path,
                            "opening the file");
    }
    sqlite3_busy_timeout(database, static_cast<int>(std::clamp<std::int64_t>(
                                       options.busy_timeout.count(), 0, std::int64_t{INT_MAX})));
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    TURNTABLE_CHECK(connection.run("pragma cell_size_check = on"));
    return connection;
}

Result<void> Connection::set_cache(std::uint64_t bytes) {
    const std::uint64_t kibibytes =
        std::clamp<std::uint64_t>(bytes / 1024, 1, std::uint64_t{INT_MAX});
    return run(("pragma cache_size = -" + std::to_string(kibibytes)).c_str());
}

Error Connection::error(std::string_view doing) const {
    return engine_error(sqlite3_extended_errcode(handle()), sqlite3_errmsg(handle()), path_, doing);
}

const char* Connection::text(std::size_t index) const noexcept {
    return index < common_count ? common_texts[index] : texts_[index - common_count];
}

Result<Statement*> Connection::prepare_kept(std::size_t index) {
    Statement& kept = statements_[index];
    if (kept.is_prepared()) {
        return Error(ErrorCode::invalid_argument,
                     path_ + ": a scan was started inside a scan of the same transaction");
    }
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle(), text(index), -1, SQLITE_PREPARE_PERSISTENT, &statement,
                           nullptr) != SQLITE_OK) {
        return error("preparing a statement");
    }
    kept = Statement(statement);
    return &kept;
}

Result<Statement> Connection::prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle(), sql, -1, 0, &statement, nullptr) != SQLITE_OK) {
        return error("preparing a statement");
    }
    return Statement(statement);
}

Result<void> Connection::run(const char* sql) {
    if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return error(std::string_view(sql).substr(0, 40));
    }
    return {};
}

Result<void> Connection::run_kept(std::size_t index) {
    TURNTABLE_TRY(Statement * statement, kept(index));
    const ResetLater reset(*statement);
    if (statement->step() != SQLITE_DONE) {
        return error(text(index));
    }
    return {};
}

Result<std::optional<std::int64_t>> Connection::query_kept(std::size_t index) {
    TURNTABLE_TRY(Statement * statement, kept(index));
    const ResetLater reset(*statement);
    const int code = statement->step();
    if (code == SQLITE_DONE || (code == SQLITE_ROW && statement->type(0) == SQLITE_NULL)) {
        return std::optional<std::int64_t>();
    }
    if (code != SQLITE_ROW) {
        return error("reading");
    }
    if (statement->type(0) != SQLITE_INTEGER) {
        return corrupt_error(path_, "holds something else where a number belongs");
    }
    return std::optional(statement->integer(0));
}

Result<std::optional<std::string>> Connection::query_text(const char* sql) {
    TURNTABLE_TRY(Statement statement, prepare(sql));
    const int code = statement.step();
    if (code == SQLITE_DONE || (code == SQLITE_ROW && statement.type(0) == SQLITE_NULL)) {
        return std::optional<std::string>();
    }
    if (code != SQLITE_ROW) {
        return error("reading");
    }
    return std::optional(statement.bytes(0).to_string());
}

}  // namespace turntable::inline v0::sql
