#include "backends/sqlite/kv/engine.hpp"

#include "backends/sqlite/file/sqlite_error.hpp"
#include "backends/sqlite/kv/record_row.hpp"
#include "backends/sqlite/kv/schema.hpp"

namespace turntable::inline v0::kv::sqlite {

static_assert(OrderedEngine<Engine> && EngineWithGet<Engine> && EngineWithOthers<Engine> &&
              EngineWithSnapshots<Engine> && EngineWithBackup<Engine>);
static_assert(sqlite_verify_bytes_max == sql::verify_bytes_max);

namespace {

sql::Verify verify(SqliteVerify verify) {
    switch (verify) {
        case SqliteVerify::automatic:
            return sql::Verify::automatic;
        case SqliteVerify::always:
            return sql::Verify::always;
        case SqliteVerify::never:
            return sql::Verify::never;
    }
    return sql::Verify::automatic;
}

sql::FileOptions file_options(const SqliteOptions& options) {
    return {.path = options.path,
            .synchronous = sql::synchronous_of(options.durability),
            .busy_timeout = options.busy_timeout,
            .readers = options.readers,
            .create = options.create,
            .read_only = options.read_only,
            .verify = verify(options.verify),
            .cache_bytes = options.cache.bytes};
}

}  // namespace

Engine::Engine(const SqliteOptions& options, std::shared_ptr<Clock> clock)
    : clock_(clock), file_(file_options(options), deno_schema(), std::move(clock)) {}

Engine::~Engine() = default;

Result<std::optional<Record>> Engine::get(ByteView key) {
    TURNTABLE_TRY(const sql::ReaderPool::Lease lease, file_.reader());
    return get_record(*lease, key);
}

Result<ReadTransaction> Engine::begin_read() {
    TURNTABLE_TRY(sql::ReaderPool::Lease lease, file_.reader());
    Connection& connection = *lease;
    TURNTABLE_TRY(Statement * anchor, connection.statement(Sql::read_version));
    // As long as this statement has not ended, all others of the connection read the same state.
    if (const int code = anchor->step(); code != SQLITE_ROW) {
        Error error = code == SQLITE_DONE
                          ? sql::corrupt_error(path(), "has lost its commit counter (data_version)")
                          : connection.error("starting to read");
        anchor->reset();
        return error;
    }
    return ReadTransaction(std::move(lease), *anchor,
                           static_cast<std::uint64_t>(anchor->integer(0)));
}

Result<WriteTransaction> Engine::begin_write() {
    TURNTABLE_TRY(sql::Writing writing, file_.begin_write());
    return WriteTransaction(std::move(writing));
}

}  // namespace turntable::inline v0::kv::sqlite
