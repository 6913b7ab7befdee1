#include "backends/sqlite/blob/schema.hpp"

#include <string>
#include <string_view>

#include "backends/sqlite/blob/sql.hpp"
#include "backends/sqlite/file/sqlite_error.hpp"

namespace turntable::inline v0::blob::sqlite {

namespace {

constexpr const char* tables =
    "create table turntable_blob_state (\n"
    "  k integer primary key,\n"
    "  version integer not null,\n"
    "  last_content integer not null\n"
    ");\n"
    "insert into turntable_blob_state (k, version, last_content) values (0, 1, 0);\n"
    "create table turntable_blob_file (\n"
    "  path blob primary key,\n"
    "  content integer not null,\n"
    "  size integer not null,\n"
    "  version integer not null,\n"
    "  modified_ms integer not null,\n"
    "  content_type blob not null,\n"
    "  user blob not null\n"
    ") without rowid;\n"
    "create table turntable_blob_chunk (\n"
    "  content integer not null,\n"
    "  start integer not null,\n"
    "  checksum integer not null,\n"
    "  data blob not null,\n"
    "  primary key (content, start)\n"
    ") without rowid;\n"
    "create table turntable_blob_unfinished (\n"
    "  content integer primary key,\n"
    "  since_ms integer not null\n"
    ");\n";

/// Each table with its columns: name, type, place in the primary key.
constexpr std::string_view forms =
    "turntable_blob_chunk: content integer 1, start integer 2, checksum integer 0, data blob 0; "
    "turntable_blob_file: path blob 1, content integer 0, size integer 0, version integer 0, "
    "modified_ms integer 0, content_type blob 0, user blob 0; "
    "turntable_blob_state: k integer 1, version integer 0, last_content integer 0; "
    "turntable_blob_unfinished: content integer 1, since_ms integer 0";

constexpr const char* forms_sql =
    "select group_concat(name || ': ' || columns, '; ') from (select name, "
    "(select group_concat(c.name || ' ' || lower(c.type) || ' ' || c.pk, ', ') "
    "from (select * from pragma_table_info(s.name) order by cid) c) as columns "
    "from sqlite_schema s where type = 'table' and name like 'turntable\\_blob\\_%' escape '\\' "
    "order by name)";

constexpr const char* has_state_sql =
    "select 1 from sqlite_schema where type = 'table' and name = 'turntable_blob_state'";

/// Tables of other programs in a file that is neither Turntable's nor Deno's.
constexpr const char* strangers_sql =
    "select group_concat(name, ', ') from (select name from sqlite_schema "
    "where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\' "
    "and not exists (select 1 from sqlite_schema where type = 'table' and "
    "(name = 'migration_state' or name like 'turntable\\_%' escape '\\')) order by name limit 3)";

Result<std::int64_t> version_of(Connection& connection) {
    TURNTABLE_TRY(Statement statement,
                  connection.prepare("select version from turntable_blob_state where k = 0"));
    const int code = statement.step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return connection.error("reading the version of the tables");
    }
    if (code == SQLITE_DONE || statement.type(0) != SQLITE_INTEGER || statement.integer(0) < 1) {
        return sql::corrupt_error(connection.path(),
                                  "does not say which version of the tables for blobs it has "
                                  "(turntable_blob_state)");
    }
    return statement.integer(0);
}

Result<sql::FileState> inspect(Connection& connection) {
    TURNTABLE_TRY(const auto strangers, connection.query_text(strangers_sql));
    if (strangers) {
        return Error(ErrorCode::invalid_config,
                     connection.path() +
                         " is an SQLite database of another program (it has the tables " +
                         *strangers + "); name a new file, or one that Turntable or Deno made");
    }
    TURNTABLE_TRY(const auto has_state, connection.query_text(has_state_sql));
    if (!has_state) {
        return sql::FileState{.current = false};
    }
    TURNTABLE_TRY(const std::int64_t version, version_of(connection));
    if (version > format_version) {
        return Error(ErrorCode::unsupported,
                     connection.path() + " has version " + std::to_string(version) +
                         " of the tables for blobs, and this program knows up to " +
                         std::to_string(format_version) +
                         "; use a newer version of this program. The file was not changed");
    }
    TURNTABLE_TRY(const auto found, connection.query_text(forms_sql));
    if (found != forms) {
        return sql::corrupt_error(connection.path(), "has other tables for blobs than it should: " +
                                                         found.value_or("none"));
    }
    return sql::FileState{};
}

}  // namespace

sql::Schema blob_schema() {
    return {
        .statements = sql_text,
        .inspect = [](Connection& connection) { return inspect(connection); },
        .migrate =
            [](Connection& connection) {
                return sql::in_transaction(connection, [&connection]() -> Result<void> {
                    TURNTABLE_TRY(const sql::FileState state, inspect(connection));
                    return state.current ? Result<void>() : connection.run(tables);
                });
            },
        .unfit_for_reading = [](Connection&) -> std::string {
            return "holds no blobs; open it once without read_only=true to make the tables";
        },
    };
}

}  // namespace turntable::inline v0::blob::sqlite
