#pragma once

#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/sqlite/sql.hpp"
#include "turntable/core/byte_view.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0::kv::sqlite {

/// A prepared statement. What is bound must live until `reset`, and what a column gives lives until
/// the next `step` or `reset`. One thread at a time, the one that uses the connection.
class Statement {
  public:
    Statement() noexcept = default;
    explicit Statement(sqlite3_stmt* statement) noexcept : statement_(statement) {}

    bool is_prepared() const noexcept { return statement_ != nullptr; }
    /// True between a step that gave a row and the reset.
    bool is_open() const noexcept { return sqlite3_stmt_busy(statement_.get()) != 0; }

    void bind(int index, ByteView blob) noexcept {
        // A null pointer would bind NULL, not the empty blob.
        const char* data = blob.data() == nullptr ? "" : blob.data();
        note(sqlite3_bind_blob64(statement_.get(), index, data, blob.size(), SQLITE_STATIC));
    }
    void bind_text(int index, std::string_view text) noexcept {
        note(sqlite3_bind_text64(statement_.get(), index, text.data() == nullptr ? "" : text.data(),
                                 text.size(), SQLITE_STATIC, SQLITE_UTF8));
    }
    void bind(int index, std::int64_t number) noexcept {
        note(sqlite3_bind_int64(statement_.get(), index, number));
    }

    /// SQLITE_ROW, SQLITE_DONE or an error code.
    int step() noexcept {
        return bind_code_ == SQLITE_OK ? sqlite3_step(statement_.get()) : bind_code_;
    }
    void reset() noexcept {
        sqlite3_reset(statement_.get());  // repeats the code that step has already given
        bind_code_ = SQLITE_OK;
    }

    int type(int column) const noexcept { return sqlite3_column_type(statement_.get(), column); }
    std::int64_t integer(int column) const noexcept {
        return sqlite3_column_int64(statement_.get(), column);
    }
    /// The bytes of a blob or text.
    ByteView bytes(int column) const noexcept {
        const void* data = sqlite3_column_blob(statement_.get(), column);
        const int size = sqlite3_column_bytes(statement_.get(), column);
        return data == nullptr
                   ? ByteView()
                   : ByteView(static_cast<const char*>(data), static_cast<std::size_t>(size));
    }

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
    };
    void note(int code) noexcept {
        if (code != SQLITE_OK) {
            bind_code_ = code;
        }
    }

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int bind_code_ = SQLITE_OK;
};

/// Resets a statement when the block ends, also early.
class ResetLater {
  public:
    explicit ResetLater(Statement& statement) noexcept : statement_(statement) {}
    ResetLater(const ResetLater&) = delete;
    ResetLater& operator=(const ResetLater&) = delete;
    ~ResetLater() { statement_.reset(); }

  private:
    Statement& statement_;
};

enum class Access : std::uint8_t {
    read_write,  ///< the file must be there
    create,
    read_only,
    immutable,  ///< nobody can change the file: no locks, no -wal, no -shm
};

struct ConnectionOptions {
    Access access = Access::read_write;
    std::chrono::milliseconds busy_timeout{5000};
};

/// One connection to a file and the statements it has prepared. One thread at a time.
class Connection {
  public:
    Connection() noexcept = default;
    /// Opens the file; SQLite does not read it yet.
    static Result<Connection> open(const std::string& path, const ConnectionOptions& options);

    /// How much of the file is kept in memory. Reads the file.
    Result<void> set_cache(std::uint64_t bytes);

    bool is_open() const noexcept { return database_ != nullptr; }
    sqlite3* handle() const noexcept { return database_.get(); }
    const std::string& path() const noexcept { return path_; }

    /// A kept statement, reset; `busy` while an outer call still steps through it.
    Result<Statement*> statement(Sql which) {
        Statement& kept = statements_[static_cast<std::size_t>(which)];
        if (kept.is_prepared() && !kept.is_open()) [[likely]] {
            return &kept;
        }
        return prepare_kept(which);
    }
    /// A statement for a single use.
    Result<Statement> prepare(const char* sql);

    /// Runs statements that give nothing.
    Result<void> run(const char* sql);
    Result<void> run(Sql which);
    /// The first column of the first row; nothing when there is no row or the value is null.
    Result<std::optional<std::int64_t>> query_integer(Sql which);
    Result<std::optional<std::string>> query_text(const char* sql);

    bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle()) == 0; }
    /// The error of the last call that failed.
    Error error(std::string_view doing) const;

  private:
    struct Close {
        void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
    };
    Result<Statement*> prepare_kept(Sql which);

    std::string path_;
    std::unique_ptr<sqlite3, Close> database_;
    // After the database, so that they are finalized before it closes.
    std::array<Statement, sql_count> statements_;
};

}  // namespace turntable::inline v0::kv::sqlite
