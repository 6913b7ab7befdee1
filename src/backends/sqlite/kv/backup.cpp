#include <sys/stat.h>

#include "backends/sqlite/file/sqlite_error.hpp"
#include "backends/sqlite/kv/engine.hpp"
#include "backends/sqlite/kv/schema.hpp"
#include "turntable/core/async.hpp"
#include "turntable/core/new_file.hpp"

namespace turntable::inline v0::kv::sqlite {

namespace {

/// A backup under way; ends with the object.
class PageCopy {
  public:
    PageCopy(sqlite3* to, sqlite3* from) noexcept
        : backup_(sqlite3_backup_init(to, "main", from, "main")) {}
    PageCopy(const PageCopy&) = delete;
    PageCopy& operator=(const PageCopy&) = delete;
    ~PageCopy() { sqlite3_backup_finish(backup_); }

    /// SQLITE_OK: there is more; SQLITE_DONE.
    int step(int pages) noexcept {
        return backup_ == nullptr ? SQLITE_ERROR : sqlite3_backup_step(backup_, pages);
    }

  private:
    sqlite3_backup* backup_;
};

Result<void> check_stopped(const Context& context, const Clock& clock) {
    if (context.stop.stop_requested()) {
        return stopped_error(StopReason::cancelled);
    }
    if (context.has_deadline() && context.deadline <= clock.steady_now()) {
        return stopped_error(StopReason::timeout);
    }
    return {};
}

/// The connection is in a read transaction, so that all pages are of one state.
Result<void> copy_pages(Connection& from, const std::string& path, bool replace,
                        const Context& context, const Clock& clock) {
    constexpr int pages_a_step = 1024;
    TURNTABLE_TRY(NewFile file, NewFile::create(path, replace));
    TURNTABLE_TRY(Connection to, Connection::open(file.partial_path(), {.busy_timeout = {}}));
    // A copy that fails is thrown away, and one that succeeds is synced as a whole.
    TURNTABLE_CHECK(to.run("pragma synchronous = off"));
    TURNTABLE_TRY(const auto mode, to.query_text("pragma journal_mode = off"));
    static_cast<void>(mode);
    {
        PageCopy copy(to.handle(), from.handle());
        int code = SQLITE_OK;
        while (code == SQLITE_OK) {
            TURNTABLE_CHECK(check_stopped(context, clock));
            code = copy.step(pages_a_step);
        }
        if (code != SQLITE_DONE) {
            return sql::engine_error(code, sqlite3_errstr(code), from.path(), "copying pages");
        }
    }
    to = Connection();
    return file.commit();
}

}  // namespace

Result<void> Engine::backup_to(const Context& context, const std::string& path, bool replace) {
    TURNTABLE_TRY(ReadTransaction state, begin_read());
    return copy_pages(state.connection(), path, replace, context, *clock_);
}

Result<void> Engine::restore_from(const Context& context, const std::string& path) {
    const sql::FileOptions& options = file_.options();
    if (options.path == ":memory:" || options.read_only || !options.create) {
        return Error(ErrorCode::unsupported,
                     "a file is restored into a new file; name one, and do not say read_only or "
                     "create=false");
    }
    return file_.before_connecting([&]() -> Result<void> {
        struct stat status{};
        if (::lstat(options.path.c_str(), &status) == 0) {
            return Error(ErrorCode::already_exists,
                         options.path +
                             " is there already; restore into a new file, or copy the "
                             "entries from the backup");
        }
        sql::Schema schema = deno_schema();
        TURNTABLE_TRY(
            sql::OpenedFile backup,
            sql::open_file(
                {.path = path, .create = false, .read_only = true, .verify = sql::Verify::always},
                path, schema));
        TURNTABLE_TRY(Statement * anchor, backup.connection.statement(Sql::read_version));
        const ResetLater reset(*anchor);
        if (anchor->step() != SQLITE_ROW) {
            return sql::corrupt_error(path, "has lost its commit counter (data_version)");
        }
        return copy_pages(backup.connection, options.path, false, context, *clock_);
    });
}

}  // namespace turntable::inline v0::kv::sqlite
