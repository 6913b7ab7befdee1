#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0::sql {

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

    void bind_null(int index) noexcept { note(sqlite3_bind_null(statement_.get(), index)); }

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

/// The statements that every connection keeps.
enum class Common : std::uint8_t {
    begin_immediate,
    commit,
    rollback,
    data_version,  ///< changes when another connection has committed, not when this one has
    checkpoint,  ///< as much as can be moved without waiting for readers
    count,
};

/// The texts of the statements that connections of one kind keep beside those, in the order of an
/// enumeration of theirs. What it names lives for ever.
using StatementTexts = std::span<const char* const>;

enum class Access : std::uint8_t {
    read_write,  ///< the file must be there
    create,
    read_only,
    immutable,  ///< nobody can change the file: no locks, no -wal, no -shm
};

struct ConnectionOptions {
    Access access = Access::read_write;
    std::chrono::milliseconds busy_timeout{5000};
    StatementTexts statements = {};
};

/// One connection to a file and the statements it has prepared. One thread at a time.
class TURNTABLE_EXPORT Connection {
  public:
    Connection() noexcept = default;
    /// Opens the file; SQLite does not read it yet.
    static Result<Connection> open(const std::string& path, const ConnectionOptions& options);

    /// How much of the file is kept in memory. Reads the file.
    Result<void> set_cache(std::uint64_t bytes);

    bool is_open() const noexcept { return database_ != nullptr; }
    sqlite3* handle() const noexcept { return database_.get(); }
    const std::string& path() const noexcept { return path_; }

    /// A kept statement, reset: one of Common or of the enumeration that
    /// ConnectionOptions::statements goes by. `invalid_argument` while an outer call still steps
    /// through it.
    template <class Which>
        requires std::is_enum_v<Which>
    Result<Statement*> statement(Which which) {
        return kept(index_of(which));
    }
    /// A statement for a single use.
    Result<Statement> prepare(const char* sql);

    /// Runs statements that give nothing.
    Result<void> run(const char* sql);
    template <class Which>
        requires std::is_enum_v<Which>
    Result<void> run(Which which) {
        return run_kept(index_of(which));
    }
    /// The first column of the first row; nothing when there is no row or the value is null.
    template <class Which>
        requires std::is_enum_v<Which>
    Result<std::optional<std::int64_t>> query_integer(Which which) {
        return query_kept(index_of(which));
    }
    Result<std::optional<std::string>> query_text(const char* sql);

    bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle()) == 0; }
    /// The error of the last call that failed.
    Error error(std::string_view doing) const;

  private:
    struct Close {
        void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
    };
    static constexpr auto common_count = static_cast<std::size_t>(Common::count);

    template <class Which>
    static constexpr std::size_t index_of(Which which) noexcept {
        const auto index = static_cast<std::size_t>(which);
        return std::is_same_v<Which, Common> ? index : common_count + index;
    }
    Result<Statement*> kept(std::size_t index) {
        Statement& statement = statements_[index];
        if (statement.is_prepared() && !statement.is_open()) [[likely]] {
            return &statement;
        }
        return prepare_kept(index);
    }
    const char* text(std::size_t index) const noexcept;
    Result<Statement*> prepare_kept(std::size_t index);
    Result<void> run_kept(std::size_t index);
    Result<std::optional<std::int64_t>> query_kept(std::size_t index);

    std::string path_;
    std::unique_ptr<sqlite3, Close> database_;
    // After the database, so that they are finalized before it closes.
    StatementTexts texts_;
    std::vector<Statement> statements_;
};

}  // namespace turntable::inline v0::sql
