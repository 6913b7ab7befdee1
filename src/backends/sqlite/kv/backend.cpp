#include "backends/sqlite/kv/engine.hpp"
#include "turntable/kv/limits.hpp"
#include "turntable/kv/ordered_store.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable::inline v0::kv {

static_assert(Backend<SqliteBackend> && BackendWithGet<SqliteBackend> &&
              BackendWithSnapshots<SqliteBackend> && BackendWithDeleteRange<SqliteBackend> &&
              BackendWithBackup<SqliteBackend>);

namespace {

Durability declared(const SqliteOptions& options) {
    if (options.path == ":memory:") {
        return Durability::none;
    }
    return options.durability == SqliteDurability::full ? Durability::machine : Durability::process;
}

OrderedStoreOptions store_options(const SqliteOptions& options, std::shared_ptr<Runtime> runtime) {
    OrderedStoreOptions out;
    out.runtime = std::move(runtime);
    out.capabilities.durability = declared(options);
    out.capabilities.reopen = options.path != ":memory:";
    if (options.profile == SqliteProfile::deno) {
        out.capabilities.limits = deno_limits();
    }
    out.reads = options.reads;
    out.lease = options.lease;
    out.poll_interval = options.poll_interval;
    out.read_only = options.read_only;
    out.url = "sqlite:" + options.path;
    return out;
}

}  // namespace

struct SqliteBackend::State {
    State(const SqliteOptions& options, const std::shared_ptr<Runtime>& runtime)
        : store(std::make_shared<sqlite::Engine>(
                    options, std::shared_ptr<Clock>(runtime, &runtime->clock())),
                store_options(options, runtime)) {}

    OrderedStore<sqlite::Engine> store;
};

SqliteBackend::SqliteBackend(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
SqliteBackend::SqliteBackend(SqliteBackend&& other) noexcept = default;
SqliteBackend& SqliteBackend::operator=(SqliteBackend&& other) noexcept = default;
SqliteBackend::~SqliteBackend() = default;

Result<void> SqliteBackend::connect() {
    const std::shared_ptr<sqlite::Engine> engine = state_->store.engine();
    return engine == nullptr ? Error(ErrorCode::closed, "the store was closed") : engine->connect();
}

Capabilities SqliteBackend::capabilities() const {
    Capabilities capabilities = state_->store.capabilities();
    const std::shared_ptr<sqlite::Engine> engine = state_->store.engine();
    if (engine != nullptr && engine->read_only()) {
        capabilities.read_only = true;
        capabilities.queue = false;
        capabilities.delete_range = false;
    }
    if (!capabilities.reopen) {
        capabilities.watch_others_within =
            std::chrono::milliseconds(0);  // nobody else has the file
    }
    return capabilities;
}

Async<std::optional<Entry>> SqliteBackend::get(const Context& context, ByteView key) {
    return state_->store.get(context, key);
}

Async<ReadOutput> SqliteBackend::snapshot_read(const Context& context,
                                               std::span<const ReadRange> ranges,
                                               const ReadOptions& options) {
    return state_->store.snapshot_read(context, ranges, options);
}

Async<CommitResult> SqliteBackend::atomic_write(const Context& context, const AtomicWrite& write) {
    return state_->store.atomic_write(context, write);
}

Result<Stream<WatchOutput>> SqliteBackend::watch(const Context& context,
                                                 std::span<const WatchTarget> targets) {
    return state_->store.watch(context, targets);
}

Async<QueueMessage> SqliteBackend::queue_take(const Context& context) {
    return state_->store.queue_take(context);
}

Async<void> SqliteBackend::queue_finish(const Context& context, std::string_view id,
                                        Delivery delivery) {
    return state_->store.queue_finish(context, id, delivery);
}

Async<void> SqliteBackend::queue_extend(const Context& context, std::string_view id) {
    return state_->store.queue_extend(context, id);
}

Async<SnapshotHandle> SqliteBackend::open_snapshot(const Context& context) {
    return state_->store.open_snapshot(context);
}

Async<DeleteRangeOutput> SqliteBackend::delete_range(const Context& context, ByteView start,
                                                     ByteView end) {
    return state_->store.delete_range(context, start, end);
}

Async<void> SqliteBackend::backup_to(const Context& context, std::string_view path, bool replace) {
    return state_->store.backup_to(context, path, replace);
}

Async<void> SqliteBackend::restore_from(const Context& context, std::string_view path) {
    return state_->store.restore_from(context, path);
}

Async<Health> SqliteBackend::health(const Context& context) {
    return state_->store.health(context);
}

Async<void> SqliteBackend::close(const Context& context) { return state_->store.close(context); }

Result<SqliteBackend> open_sqlite(SqliteOptions options, std::shared_ptr<Runtime> runtime) {
    TURNTABLE_CHECK(sqlite_settings().validate(options));
    if (runtime == nullptr) {
        runtime = Runtime::shared();
    }
    return SqliteBackend(std::make_unique<SqliteBackend::State>(options, runtime));
}

}  // namespace turntable::inline v0::kv
