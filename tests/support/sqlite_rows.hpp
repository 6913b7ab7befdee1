#pragma once

#include <sqlite3.h>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace turntable::test {

/// One row as text: integers in decimal, blobs and text as their bytes.
using SqliteRow = std::vector<std::string>;

/// Runs SQL on a file through plain SQLite, so that tests see the rows as they are.
inline std::vector<SqliteRow> sqlite_rows(const std::string& file, const std::string& sql) {
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    std::vector<SqliteRow> rows;
    int code = sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr);
    sqlite3_busy_timeout(database, 5000);
    if (code == SQLITE_OK) {
        code = sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr);
    }
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW) {
            break;
        }
        SqliteRow row;
        for (int i = 0; i < sqlite3_column_count(statement); ++i) {
            const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, i));
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, i));
            row.push_back(bytes == nullptr ? std::string() : std::string(bytes, size));
        }
        rows.push_back(std::move(row));
    }
    const std::string problem = code == SQLITE_DONE ? "" : sqlite3_errmsg(database);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    if (!problem.empty()) {
        throw std::runtime_error(file + ": " + sql + ": " + problem);
    }
    return rows;
}

}  // namespace turntable::test
