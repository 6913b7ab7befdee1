#include "raw_sqlite.hpp"

#include <cstdio>
#include <cstdlib>

namespace turntable_bench {

namespace {

void require(bool ok, sqlite3* database) {
    if (!ok) {
        std::fprintf(stderr, "raw SQLite: %s\n", sqlite3_errmsg(database));
        std::exit(1);
    }
}

void bind(sqlite3_stmt* statement, int at, std::string_view bytes) {
    sqlite3_bind_blob(statement, at, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
}

}  // namespace

RawSqlite::RawSqlite(const std::string& path) {
    require(sqlite3_open_v2(path.c_str(), &database_,
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                            nullptr) == SQLITE_OK,
            database_);
    const char* schema =
        "pragma journal_mode=wal; pragma synchronous=full;"
        "create table if not exists data_version(k integer primary key, version integer not null,"
        " seq integer not null default 0);"
        "insert or ignore into data_version values(0, 0, 0);"
        "create table if not exists kv(k blob primary key, v blob not null,"
        " v_encoding integer not null, version integer not null, seq integer not null default 0,"
        " expiration_ms integer not null default -1) without rowid;"
        "create index if not exists kv_expiration_ms_idx on kv(expiration_ms);";
    require(sqlite3_exec(database_, schema, nullptr, nullptr, nullptr) == SQLITE_OK, database_);
    begin_ = prepare("begin immediate");
    commit_ = prepare("commit");
    next_version_ = prepare("update data_version set version = ? where k = 0");
    set_ = prepare(
        "insert into kv(k, v, v_encoding, version, seq, expiration_ms) values(?, ?, 3, ?, 0, -1)"
        " on conflict(k) do update set v = excluded.v, v_encoding = excluded.v_encoding,"
        " version = excluded.version, seq = 0, expiration_ms = -1");
    get_ = prepare("select v, v_encoding, version, expiration_ms from kv where k = ?");
    scan_ = prepare(
        "select k, v, v_encoding, version, expiration_ms from kv where k >= ? and k < ?"
        " order by k");
}

RawSqlite::~RawSqlite() {
    for (sqlite3_stmt* statement : {begin_, commit_, next_version_, set_, get_, scan_}) {
        sqlite3_finalize(statement);
    }
    sqlite3_close(database_);
}

sqlite3_stmt* RawSqlite::prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    require(sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                               nullptr) == SQLITE_OK,
            database_);
    return statement;
}

void RawSqlite::run(sqlite3_stmt* statement) {
    require(sqlite3_step(statement) == SQLITE_DONE, database_);
    sqlite3_reset(statement);
}

void RawSqlite::begin() { run(begin_); }

void RawSqlite::commit() {
    sqlite3_bind_int64(next_version_, 1, version_);
    run(next_version_);
    run(commit_);
}

void RawSqlite::set(std::string_view key, std::string_view value) {
    bind(set_, 1, key);
    bind(set_, 2, value);
    sqlite3_bind_int64(set_, 3, ++version_);
    run(set_);
}

std::size_t RawSqlite::get(std::string_view key, std::string& out) {
    bind(get_, 1, key);
    std::size_t size = 0;
    if (sqlite3_step(get_) == SQLITE_ROW) {
        size = static_cast<std::size_t>(sqlite3_column_bytes(get_, 0));
        out.assign(static_cast<const char*>(sqlite3_column_blob(get_, 0)), size);
    }
    sqlite3_reset(get_);
    return size;
}

std::size_t RawSqlite::scan(std::string_view start, std::string_view end, std::string& out) {
    bind(scan_, 1, start);
    bind(scan_, 2, end);
    std::size_t rows = 0;
    while (sqlite3_step(scan_) == SQLITE_ROW) {
        for (const int column : {0, 1}) {
            out.append(static_cast<const char*>(sqlite3_column_blob(scan_, column)),
                       static_cast<std::size_t>(sqlite3_column_bytes(scan_, column)));
        }
        ++rows;
    }
    sqlite3_reset(scan_);
    return rows;
}

}  // namespace turntable_bench
