#include "backends/sqlite/tape/schema.hpp"

#include <string>

#include "backends/sqlite/file/sqlite_error.hpp"
#include "backends/sqlite/tape/sql.hpp"

namespace turntable::inline v0::tape::sqlite {

namespace {

constexpr const char* tables =
    "create table tape (\n"
    // A number is never given twice: a stream that is open knows its tape by it.
    "  n integer primary key autoincrement,\n"
    "  id text not null unique,\n"
    "  seen integer not null,\n"
    "  name text not null,\n"
    "  names_cut integer not null,\n"
    "  answered integer not null,\n"
    "  fastest integer not null,\n"
    "  pinned integer not null,\n"
    "  created integer not null,\n"
    "  duration integer not null,\n"
    "  frames integer not null,\n"
    "  size integer not null,\n"
    "  stored integer not null,\n"
    "  dropped integer not null,\n"
    "  redacted integer not null,\n"
    "  requests integer not null,\n"
    "  notifications integer not null,\n"
    "  errors integer not null,\n"
    "  unanswered integer not null,\n"
    "  noise integer not null,\n"
    "  p50 integer not null,\n"
    "  p95 integer not null,\n"
    "  slowest integer not null\n"
    ");\n"
    // Apart, so that the rows that searches compare are short.
    "create table about (tape integer primary key, metadata text not null, labels text);\n"
    "create table chunk (tape integer not null, offset integer not null, bytes blob not null);\n"
    "create unique index chunk_place on chunk (tape, offset);\n"
    "create table value (\n"
    "  field text not null, value text not null, tape integer not null,\n"
    "  primary key (field, value, tape)\n"
    ") without rowid;\n"
    "create index value_tape on value (tape);\n"
    "create table call (\n"
    "  tape integer not null, number integer not null, method text not null,\n"
    "  subject text not null, error text not null, message text not null,\n"
    "  direction text not null, took integer,\n"
    "  primary key (tape, number)\n"
    ") without rowid;\n"
    "create index call_subject on call (subject, tape);\n"
    // A number is never given twice: what the index of texts still says of an old one hits nothing.
    "create table piece (\n"
    "  n integer primary key autoincrement, tape integer not null, first integer not null,\n"
    "  frames integer not null\n"
    ");\n"
    "create index piece_tape on piece (tape);\n"
    "create table growing (tape integer primary key);\n";

constexpr const char* texts =
    "create virtual table words using fts5 "
    "(grams, content = '', columnsize = 0, detail = none, tokenize = 'ascii');\n";

/// The columns by which tapes can be ordered, or compared.
constexpr const char* ordered[] = {
    "name",     "created",       "duration", "frames",     "size",  "stored", "dropped", "redacted",
    "requests", "notifications", "errors",   "unanswered", "noise", "p50",    "p95",     "slowest"};

Result<std::int64_t> number(sql::Connection& connection, const char* pragma) {
    TURNTABLE_TRY(sql::Statement statement, connection.prepare(pragma));
    if (statement.step() != SQLITE_ROW) {
        return connection.error("reading the header");
    }
    return statement.integer(0);
}

Result<sql::FileState> inspect_tapes(sql::Connection& connection) {
    TURNTABLE_TRY(const std::int64_t application, number(connection, "pragma application_id"));
    TURNTABLE_TRY(const std::int64_t version, number(connection, "pragma user_version"));
    TURNTABLE_TRY(const std::int64_t items,
                  number(connection, "select count(*) from sqlite_schema"));
    if (items == 0 && application == 0) {
        return sql::FileState{.current = false};
    }
    if (application != application_id) {
        return Error(ErrorCode::invalid_config,
                     connection.path() +
                         " is an SQLite database of another program; name a new file, or one that "
                         "tape+sqlite: made");
    }
    if (version > format_version) {
        return Error(ErrorCode::unsupported,
                     connection.path() + " has version " + std::to_string(version) +
                         " of the form of tape+sqlite:, and this program knows up to " +
                         std::to_string(format_version) +
                         "; use a newer version of this program. The file was not changed");
    }
    if (version < 1 || items == 0) {
        return sql::corrupt_error(connection.path(),
                                  "says that it holds tapes, and has not the "
                                  "tables for them");
    }
    return sql::FileState{};
}

Result<void> make_tables(sql::Connection& connection) {
    TURNTABLE_TRY(const sql::FileState state, inspect_tapes(connection));
    if (state.current) {
        return {};
    }
    if (auto made = connection.run(texts); !made) {
        // The only thing that a new file can lack.
        if (made.error().message().contains("no such module")) {
            return Error(ErrorCode::unsupported,
                         "the SQLite of this machine was built without FTS5, which finds texts in "
                         "tapes; use tape:DIR");
        }
        return made;
    }
    TURNTABLE_CHECK(connection.run(tables));
    for (const char* column : ordered) {
        std::string sql = "create index tape_";
        sql += column;
        sql += " on tape (";
        sql += column;
        sql += ", id)";
        TURNTABLE_CHECK(connection.run(sql.c_str()));
    }
    TURNTABLE_CHECK(
        connection.run(("pragma application_id = " + std::to_string(application_id)).c_str()));
    return connection.run(("pragma user_version = " + std::to_string(format_version)).c_str());
}

}  // namespace

sql::Schema tape_schema() {
    sql::Schema schema;
    schema.statements = sql_text;
    schema.inspect = inspect_tapes;
    schema.migrate = [](sql::Connection& connection) {
        return sql::in_transaction(connection, [&] { return make_tables(connection); });
    };
    schema.unfit_for_reading = [](sql::Connection&) {
        return std::string("is empty; open it once without read_only=true");
    };
    return schema;
}

}  // namespace turntable::inline v0::tape::sqlite
