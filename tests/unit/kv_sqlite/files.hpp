#pragma once

/// \file
/// Temporary folders, raw files and raw SQLite for the tests of the sqlite backend.

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "backends/sqlite/kv/engine.hpp"
#include "support/read_file.hpp"

namespace sqlite_test {

namespace kv = turntable::kv;
using turntable::Bytes;
using turntable::ByteView;
using turntable::ErrorCode;
using turntable::test::read_file;

/// A folder that is deleted with the test.
class Folder {
  public:
    Folder() {
        std::string name = testing::TempDir() + "turntable-test-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

inline void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// SQLite itself, as another program would use it.
class RawDatabase {
  public:
    explicit RawDatabase(const std::string& path) {
        EXPECT_EQ(sqlite3_open(path.c_str(), &database_), SQLITE_OK);
    }
    RawDatabase(const RawDatabase&) = delete;
    RawDatabase& operator=(const RawDatabase&) = delete;
    ~RawDatabase() { sqlite3_close(database_); }

    void run(const std::string& sql) {
        char* message = nullptr;
        EXPECT_EQ(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
            << (message == nullptr ? "" : message) << " in " << sql;
        sqlite3_free(message);
    }
    /// All columns of all rows: `a|b` and a line end each.
    std::string query(const std::string& sql) {
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
            << sqlite3_errmsg(database_);
        std::string out;
        while (sqlite3_step(statement) == SQLITE_ROW) {
            for (int i = 0; i < sqlite3_column_count(statement); ++i) {
                const auto* text = sqlite3_column_text(statement, i);
                out += i == 0 ? "" : "|";
                out += text == nullptr ? "NULL" : reinterpret_cast<const char*>(text);
            }
            out += "\n";
        }
        sqlite3_finalize(statement);
        return out;
    }

  private:
    sqlite3* database_ = nullptr;
};

inline kv::SqliteOptions options_for(const std::string& path) {
    kv::SqliteOptions options;
    options.path = path;
    options.durability = kv::SqliteDurability::off;  // nothing here is about loss of power
    options.busy_timeout = std::chrono::milliseconds(0);
    return options;
}

/// An engine that waits for locks of other connections.
inline kv::SqliteOptions patient_options_for(const std::string& path) {
    kv::SqliteOptions options = options_for(path);
    options.busy_timeout = std::chrono::seconds(60);
    return options;
}

/// An engine on the clock of the machine, not yet connected.
inline std::unique_ptr<kv::sqlite::Engine> make_engine(kv::SqliteOptions options) {
    return std::make_unique<kv::sqlite::Engine>(std::move(options), turntable::Clock::system());
}
inline std::unique_ptr<kv::sqlite::Engine> make_engine(const std::string& path) {
    return make_engine(options_for(path));
}

inline kv::Record record(const std::string& data, std::uint64_t version = 1,
                         std::int64_t expire_at_ms = kv::never_expires) {
    return {Bytes::take(data), kv::ValueEncoding::bytes, version, expire_at_ms};
}

/// Puts in a transaction of its own.
inline turntable::Result<void> put(kv::sqlite::Engine& engine, ByteView key,
                                   const kv::Record& record) {
    TURNTABLE_TRY(auto transaction, engine.begin_write());
    TURNTABLE_CHECK(transaction.put(key, record));
    return transaction.commit();
}

/// The text under a key, "-" for none, "!" and the error code for an error.
inline std::string get_text(kv::sqlite::Engine& engine, ByteView key) {
    auto found = engine.get(key);
    if (!found) {
        return "!" + std::string(to_string(found.error().code()));
    }
    return *found ? (*found)->data.to_string() : "-";
}

/// `key=data` of every record in a range, separated by spaces; "!" and the code for an error.
template <class Transaction>
std::string scan_text(Transaction& transaction, ByteView start, ByteView end,
                      bool reverse = false) {
    std::string out;
    auto visit = [&](ByteView key, const kv::Record& record) {
        out += (out.empty() ? "" : " ") + key.to_string() + "=" + record.data.to_string();
        return true;
    };
    const auto done = transaction.scan(start, end, reverse, visit);
    return done ? out : "!" + std::string(to_string(done.error().code()));
}

/// The tables of Deno's format as one of its versions left them.
inline std::string deno_schema(int version) {
    std::string sql =
        "create table migration_state(\n  k integer not null primary key,\n"
        "  version integer not null\n);"
        "create table data_version (\n  k integer primary key,\n  version integer not null\n);"
        "insert into data_version (k, version) values (0, 0);"
        "create table kv (\n  k blob primary key,\n  v blob not null,\n"
        "  v_encoding integer not null,\n  version integer not null\n) without rowid;";
    if (version >= 2) {
        sql +=
            "create table queue (\n  ts integer not null,\n  id text not null,\n"
            "  data blob not null,\n  backoff_schedule text not null,\n"
            "  keys_if_undelivered blob not null,\n\n  primary key (ts, id)\n);"
            "create table queue_running(\n  deadline integer not null,\n  id text not null,\n"
            "  data blob not null,\n  backoff_schedule text not null,\n"
            "  keys_if_undelivered blob not null,\n\n  primary key (deadline, id)\n);";
    }
    if (version >= 3) {
        sql +=
            "alter table kv add column seq integer not null default 0;"
            "alter table data_version add column seq integer not null default 0;"
            "alter table kv add column expiration_ms integer not null default -1;"
            "create index kv_expiration_ms_idx on kv (expiration_ms);";
    }
    return sql + "insert into migration_state values (0, " + std::to_string(version) + ");";
}

}  // namespace sqlite_test
