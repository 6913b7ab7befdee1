#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

#include "support/providers.hpp"
#include "support/recorded_tape.hpp"

/// \file
/// Files of tapes, with SQLite itself.
namespace turntable::test {

/// SQLite itself, as another program would use it.
class RawFile {
  public:
    explicit RawFile(const std::string& path) {
        sqlite3* database = nullptr;
        EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
        database_.reset(database);
    }
    /// Runs statements; gives the rows, with a bar between columns.
    std::vector<std::string> run(const std::string& sql) {
        std::vector<std::string> rows;
        char* message = nullptr;
        const int code = sqlite3_exec(database_.get(), sql.c_str(), take_row, &rows, &message);
        EXPECT_EQ(code, SQLITE_OK) << sql << ": " << (message == nullptr ? "" : message);
        sqlite3_free(message);
        return rows;
    }
    sqlite3* handle() const noexcept { return database_.get(); }

  private:
    struct Close {
        void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
    };
    static int take_row(void* rows, int count, char** values, char**) {
        std::string row;
        for (int i = 0; i < count; ++i) {
            row += i == 0 ? "" : "|";
            row += values[i] == nullptr ? "null" : values[i];
        }
        static_cast<std::vector<std::string>*>(rows)->push_back(row);
        return 0;
    }
    std::unique_ptr<sqlite3, Close> database_;
};

inline Result<tape::Library> open_tapes(const std::string& path, const std::string& settings = {}) {
    return provider_registry().open("tape+sqlite:" + path + settings, {.analyzer = words()});
}

inline Result<tape::TapeMetadata> save_text(const tape::Library& library, const std::string& text,
                                            const tape::SaveOptions& options = {}) {
    return library.save(std::make_unique<tape::MemorySource>(Bytes::copy(text)), options);
}

}  // namespace turntable::test
