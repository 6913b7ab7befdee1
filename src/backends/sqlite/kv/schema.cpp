#include "backends/sqlite/kv/schema.hpp"

#include <algorithm>
#include <vector>

#include "backends/sqlite/file/sqlite_error.hpp"

namespace turntable::inline v0::kv::sqlite {

namespace {

// SQLite keeps the text of a CREATE statement from the name on, so these lines are part of the
// file format: spaces and line ends are as Deno writes them.
constexpr const char* migrations[] = {
    "create table data_version (\n"
    "  k integer primary key,\n"
    "  version integer not null\n"
    ");\n"
    "insert into data_version (k, version) values (0, 0);\n"
    "create table kv (\n"
    "  k blob primary key,\n"
    "  v blob not null,\n"
    "  v_encoding integer not null,\n"
    "  version integer not null\n"
    ") without rowid;\n",

    "create table queue (\n"
    "  ts integer not null,\n"
    "  id text not null,\n"
    "  data blob not null,\n"
    "  backoff_schedule text not null,\n"
    "  keys_if_undelivered blob not null,\n"
    "\n"
    "  primary key (ts, id)\n"
    ");\n"
    "create table queue_running(\n"
    "  deadline integer not null,\n"
    "  id text not null,\n"
    "  data blob not null,\n"
    "  backoff_schedule text not null,\n"
    "  keys_if_undelivered blob not null,\n"
    "\n"
    "  primary key (deadline, id)\n"
    ");\n",

    "alter table kv add column seq integer not null default 0;\n"
    "alter table data_version add column seq integer not null default 0;\n"
    "alter table kv add column expiration_ms integer not null default -1;\n"
    "create index kv_expiration_ms_idx on kv (expiration_ms);\n",
};
static_assert(std::size(migrations) == format_version);

constexpr const char* migration_table =
    "create table if not exists migration_state(\n"
    "  k integer not null primary key,\n"
    "  version integer not null\n"
    ");\n";

/// The columns of a table from a migration on: name, type, place in the primary key.
struct TableForm {
    const char* table;
    std::int64_t since;
    std::int64_t until;
    std::string_view columns;
};

constexpr std::string_view queue_columns =
    "ts integer 1, id text 2, data blob 0, backoff_schedule text 0, keys_if_undelivered blob 0";
constexpr std::string_view running_columns =
    "deadline integer 1, id text 2, data blob 0, backoff_schedule text 0, "
    "keys_if_undelivered blob 0";

constexpr TableForm forms[] = {
    {"migration_state", 1, 3, "k integer 1, version integer 0"},
    {"data_version", 1, 2, "k integer 1, version integer 0"},
    {"data_version", 3, 3, "k integer 1, version integer 0, seq integer 0"},
    {"kv", 1, 2, "k blob 1, v blob 0, v_encoding integer 0, version integer 0"},
    {"kv", 3, 3,
     "k blob 1, v blob 0, v_encoding integer 0, version integer 0, seq integer 0, "
     "expiration_ms integer 0"},
    {"queue", 2, 3, queue_columns},
    {"queue_running", 2, 3, running_columns},
};

struct SchemaItem {
    std::string type;
    std::string name;
};

Result<std::vector<SchemaItem>> read_items(Connection& connection) {
    TURNTABLE_TRY(Statement statement,
                  connection.prepare("select type, name from sqlite_schema where type in "
                                     "('table', 'view') and name not like 'sqlite\\_%' escape '\\' "
                                     "and name not like 'turntable\\_%' escape '\\' "
                                     "order by name"));
    std::vector<SchemaItem> items;
    int code = SQLITE_ROW;
    while ((code = statement.step()) == SQLITE_ROW) {
        items.push_back({statement.bytes(0).to_string(), statement.bytes(1).to_string()});
    }
    if (code != SQLITE_DONE) {
        return connection.error("reading the list of tables");
    }
    return items;
}

const SchemaItem* find_item(const std::vector<SchemaItem>& items, std::string_view name) {
    const auto found = std::ranges::find(items, name, &SchemaItem::name);
    return found == items.end() ? nullptr : &*found;
}

/// Answers for a file that has tables but not the one that names the format.
Error foreign_file(const std::string& path, const std::vector<SchemaItem>& items) {
    if (find_item(items, "kv") != nullptr && find_item(items, "data_version") != nullptr) {
        return sql::corrupt_error(path,
                                  "has the tables of a Deno KV database but not migration_state");
    }
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(items.size(), 3); ++i) {
        names.append(i == 0 ? "" : ", ").append(items[i].name);
    }
    return Error(ErrorCode::invalid_config,
                 path + " is an SQLite database of another program (it has " +
                     std::to_string(items.size()) + " tables, among them " + names +
                     "); name a new file or a Deno KV database");
}

Result<std::string> columns_of(Connection& connection, const char* table) {
    const std::string sql =
        std::string(
            "select group_concat(name || ' ' || lower(type) || ' ' || pk, ', ') from "
            "(select name, type, pk from pragma_table_info('") +
        table + "') order by cid)";
    TURNTABLE_TRY(auto columns, connection.query_text(sql.c_str()));
    return std::move(columns).value_or("");
}

Result<void> run_migrations(Connection& connection) {
    TURNTABLE_TRY(const DenoFile state, read_file_state(connection));
    if (state.replica || state.version == format_version) {
        return {};
    }
    TURNTABLE_CHECK(check_tables(connection, state));
    TURNTABLE_CHECK(connection.run(migration_table));
    for (std::int64_t version = state.version + 1; version <= format_version; ++version) {
        TURNTABLE_CHECK(connection.run(migrations[version - 1]));
        const std::string sql =
            "replace into migration_state (k, version) values (0, " + std::to_string(version) + ")";
        TURNTABLE_CHECK(connection.run(sql.c_str()));
    }
    return {};
}

}  // namespace

Result<DenoFile> read_file_state(Connection& connection) {
    TURNTABLE_TRY(const auto items, read_items(connection));
    if (items.empty()) {
        return DenoFile{};
    }
    const SchemaItem* migration = find_item(items, "migration_state");
    if (migration == nullptr) {
        return foreign_file(connection.path(), items);
    }
    DenoFile state;
    state.replica = migration->type == "view";
    TURNTABLE_TRY(Statement statement,
                  connection.prepare("select version from migration_state where k = 0"));
    const int code = statement.step();
    if (code == SQLITE_DONE) {
        if (items.size() > 1) {
            return sql::corrupt_error(connection.path(),
                                      "does not say which version of the format it "
                                      "has (migration_state has no row)");
        }
        return state;
    }
    if (code != SQLITE_ROW) {
        return connection.error("reading the version of the format");
    }
    state.version = statement.integer(0);
    if (statement.type(0) != SQLITE_INTEGER || state.version < 0) {
        return sql::corrupt_error(connection.path(),
                                  "has a value in migration_state that is no version");
    }
    if (state.version > format_version) {
        return Error(ErrorCode::unsupported,
                     connection.path() + " has version " + std::to_string(state.version) +
                         " of the Deno KV file format, and this program knows up to " +
                         std::to_string(format_version) +
                         "; use a newer version of this program. The file was not changed");
    }
    return state;
}

Result<void> check_tables(Connection& connection, const DenoFile& state) {
    if (state.version == 0) {
        return {};
    }
    for (const TableForm& form : forms) {
        if (state.replica || state.version < form.since || state.version > form.until) {
            continue;
        }
        TURNTABLE_TRY(const std::string columns, columns_of(connection, form.table));
        if (columns != form.columns) {
            return sql::corrupt_error(
                connection.path(), columns.empty()
                                       ? std::string("has no table ") + form.table
                                       : std::string("has other columns in its table ") +
                                             form.table + " than a Deno KV database: " + columns);
        }
    }
    if (state.version == format_version) {
        TURNTABLE_CHECK(connection.statement(Sql::get));
        TURNTABLE_CHECK(connection.statement(Sql::scan));
    }
    TURNTABLE_TRY(const auto version, connection.query_integer(Sql::read_version));
    if (!version) {
        return sql::corrupt_error(connection.path(), "has lost its commit counter (data_version)");
    }
    return {};
}

sql::Schema deno_schema() {
    return {
        .statements = sql_text,
        .inspect = [](Connection& connection) -> Result<sql::FileState> {
            TURNTABLE_TRY(const DenoFile state, read_file_state(connection));
            TURNTABLE_CHECK(check_tables(connection, state));
            return sql::FileState{.current = state.version == format_version,
                                  .read_only = state.replica};
        },
        .migrate =
            [](Connection& connection) {
                return sql::in_transaction(connection,
                                           [&connection] { return run_migrations(connection); });
            },
        .unfit_for_reading = [](Connection& connection) -> std::string {
            const Result<DenoFile> state = read_file_state(connection);
            return "has version " + std::to_string(state ? state->version : 0) +
                   " of the Deno KV file format; open it once without read_only=true to bring it "
                   "to version " +
                   std::to_string(format_version);
        },
    };
}

}  // namespace turntable::inline v0::kv::sqlite
