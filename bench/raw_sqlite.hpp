#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>

namespace turntable_bench {

/// The peer of the sqlite: backend: the C API by hand, on the same schema (also the index on
/// expiry), WAL, synchronous=FULL, prepared statements.
class RawSqlite {
  public:
    explicit RawSqlite(const std::string& path);
    RawSqlite(const RawSqlite&) = delete;
    RawSqlite& operator=(const RawSqlite&) = delete;
    ~RawSqlite();

    void begin();
    void commit();
    void set(std::string_view key, std::string_view value);
    /// Copies the value out; gives its size.
    std::size_t get(std::string_view key, std::string& out);
    /// Copies every key and value of the range out; gives the number of rows.
    std::size_t scan(std::string_view start, std::string_view end, std::string& out);

  private:
    sqlite3_stmt* prepare(const char* sql);
    void run(sqlite3_stmt* statement);

    sqlite3* database_ = nullptr;
    sqlite3_stmt* begin_ = nullptr;
    sqlite3_stmt* commit_ = nullptr;
    sqlite3_stmt* next_version_ = nullptr;
    sqlite3_stmt* set_ = nullptr;
    sqlite3_stmt* get_ = nullptr;
    sqlite3_stmt* scan_ = nullptr;
    sqlite3_int64 version_ = 0;
};

}  // namespace turntable_bench
