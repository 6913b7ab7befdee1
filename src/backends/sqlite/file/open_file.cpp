#include "backends/sqlite/file/open_file.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <system_error>

#include "backends/sqlite/file/file_header.hpp"
#include "backends/sqlite/file/sqlite_error.hpp"

namespace turntable::inline v0::sql {

namespace {

std::string folder_of(const std::string& path) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    return folder.empty() ? "." : folder;
}

std::uint64_t size_of(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool on_read_only_system(const std::string& path) {
    struct statvfs status{};
    return ::statvfs(path.c_str(), &status) == 0 && (status.f_flag & ST_RDONLY) != 0;
}

/// Whether the file is there; an error when something else is, or cannot be.
Result<bool> look_at(const std::string& path, const FileOptions& options) {
    std::error_code problem;
    const auto type = std::filesystem::status(path, problem).type();
    switch (type) {
        case std::filesystem::file_type::regular:
            return true;
        case std::filesystem::file_type::not_found:
            break;
        case std::filesystem::file_type::none:
        case std::filesystem::file_type::unknown:
            return Error(ErrorCode::permission_denied,
                         path + " cannot be looked at: " + problem.message());
        default:
            return Error(ErrorCode::invalid_config,
                         path + " is not a file; name a file for the database");
    }
    if (options.read_only || !options.create) {
        return Error(ErrorCode::not_found,
                     path + " is not there; it is only made with create=true and read_only=false");
    }
    if (!std::filesystem::is_directory(folder_of(path), problem)) {
        return Error(ErrorCode::not_found, path + " cannot be made: the folder " + folder_of(path) +
                                               " is not there; make it first");
    }
    return false;
}

Access choose_access(const std::string& path, const FileOptions& options, bool exists) {
    // On a file system that nobody can write, SQLite cannot make the -shm that it reads through,
    // and needs none.
    if (options.read_only && on_read_only_system(path) && size_of(path + "-wal") == 0) {
        return Access::immutable;
    }
    // Also for reading only: a connection that may not write leaves the -wal and -shm that it had
    // to make. SQLite itself falls back to reading where the file cannot be written.
    return exists ? Access::read_write : Access::create;
}

/// SQLite gives up at once when two connections to a new file both want the log, since one of
/// them has to let go first; its busy timeout does not cover that.
Result<std::optional<std::string>> ask_for_wal(Connection& connection,
                                               std::chrono::milliseconds busy_timeout) {
    constexpr int pause_ms = 2;
    for (std::int64_t waited = 0;; waited += pause_ms) {
        auto mode = connection.query_text("pragma journal_mode = wal");
        if (mode || mode.error().code() != ErrorCode::busy || waited >= busy_timeout.count()) {
            return mode;
        }
        sqlite3_sleep(pause_ms);
    }
}

Result<void> use_wal(Connection& connection, std::chrono::milliseconds busy_timeout) {
    TURNTABLE_TRY(const auto mode, ask_for_wal(connection, busy_timeout));
    if (mode != "wal") {
        return Error(ErrorCode::unsupported, connection.path() +
                                                 " is on a file system that cannot serve a "
                                                 "write-ahead log; move it to a local disk");
    }
    return {};
}

const char* synchronous_pragma(Synchronous how) {
    switch (how) {
        case Synchronous::full:
            return "pragma synchronous = full";
        case Synchronous::normal:
            return "pragma synchronous = normal";
        case Synchronous::off:
            return "pragma synchronous = off";
    }
    return "pragma synchronous = full";
}

Result<void> verify(Connection& connection) {
    TURNTABLE_TRY(const auto answer, connection.query_text("pragma quick_check(1)"));
    if (answer != "ok") {
        return corrupt_error(connection.path(), "is damaged: " + answer.value_or("no answer"));
    }
    return {};
}

/// Everything that only reads. Gives what the file is.
Result<FileState> inspect(Connection& connection, const FileOptions& options, Schema& schema) {
    TURNTABLE_CHECK(check_header(connection));
    TURNTABLE_CHECK(connection.set_cache(options.cache_bytes));
    TURNTABLE_TRY(const FileState state, schema.inspect(connection));
    const bool small = size_of(connection.path()) <= verify_bytes_max;
    if (options.verify == Verify::always || (options.verify == Verify::automatic && small)) {
        TURNTABLE_CHECK(verify(connection));
    }
    return state;
}

Result<void> prepare_for_reading(Connection& connection, const FileState& state, Schema& schema) {
    if (!state.current) {
        return Error(ErrorCode::invalid_config,
                     connection.path() + " " + schema.unfit_for_reading(connection));
    }
    return connection.run("pragma query_only = on");
}

Result<void> prepare_for_writing(Connection& connection, const FileState& state,
                                 const FileOptions& options, Schema& schema) {
    if (sqlite3_db_readonly(connection.handle(), "main") != 0) {
        return engine_error(SQLITE_READONLY, "", connection.path(), "opening the file for writing");
    }
    TURNTABLE_CHECK(use_wal(connection, options.busy_timeout));
    TURNTABLE_CHECK(connection.run(synchronous_pragma(options.synchronous)));
    return state.current ? Result<void>() : schema.migrate(connection);
}

}  // namespace

Result<OpenedFile> open_file(const FileOptions& options, const std::string& path, Schema& schema) {
    TURNTABLE_TRY(const bool exists, look_at(path, options));
    const Access access = choose_access(path, options, exists);
    TURNTABLE_TRY(Connection connection,
                  Connection::open(path, {access, options.busy_timeout, schema.statements}));
    // Until the file is accepted, closing it must not move a log that was left there into it.
    const bool keep_log = size_of(path + "-wal") > 0;
    const auto checkpoint_on_close = [&](bool on) {
        sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on ? 0 : 1,
                          nullptr);
    };
    checkpoint_on_close(!keep_log);
    TURNTABLE_TRY(const FileState state, inspect(connection, options, schema));
    OpenedFile opened;
    opened.read_only = options.read_only || state.read_only;
    opened.reader_access = access == Access::immutable ? Access::immutable : Access::read_only;
    if (opened.read_only) {
        TURNTABLE_CHECK(prepare_for_reading(connection, state, schema));
    } else {
        TURNTABLE_CHECK(prepare_for_writing(connection, state, options, schema));
        checkpoint_on_close(true);
    }
    opened.connection = std::move(connection);
    return opened;
}

Result<void> in_transaction(Connection& connection, UniqueFunction<Result<void>()> change) {
    TURNTABLE_CHECK(connection.run(Common::begin_immediate));
    Result<void> done = change();
    if (done) {
        done = connection.run(Common::commit);
    }
    if (connection.in_transaction()) {
        // Nothing is lost by a failure here: closing the connection rolls back too.
        (void)connection.run(Common::rollback);
    }
    return done;
}

}  // namespace turntable::inline v0::sql
