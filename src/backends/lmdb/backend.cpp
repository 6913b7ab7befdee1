#include "backends/lmdb/engine.hpp"
#include "turntable/kv/limits.hpp"
#include "turntable/kv/lmdb.hpp"
#include "turntable/kv/ordered_store.hpp"

namespace turntable::inline v0::kv {

static_assert(Backend<LmdbBackend> && BackendWithGet<LmdbBackend> &&
              BackendWithSnapshots<LmdbBackend> && BackendWithDeleteRange<LmdbBackend>);

namespace {

OrderedStoreOptions store_options(const LmdbOptions& options, std::shared_ptr<Runtime> runtime) {
    OrderedStoreOptions out;
    out.runtime = std::move(runtime);
    out.capabilities.durability =
        options.durability == LmdbDurability::full ? Durability::machine : Durability::process;
    out.capabilities.reopen = true;
    if (options.profile == LmdbProfile::deno) {
        out.capabilities.limits = deno_limits();
    }
    out.reads = options.reads;
    out.lease = options.lease;
    out.poll_interval = options.poll_interval;
    out.read_only = options.read_only;
    out.url = "lmdb:" + options.path;
    return out;
}

}  // namespace

struct LmdbBackend::State {
    State(const LmdbOptions& options, std::shared_ptr<Runtime> runtime)
        : store(std::make_shared<lmdb::Engine>(options),
                store_options(options, std::move(runtime))) {}

    OrderedStore<lmdb::Engine> store;
};

LmdbBackend::LmdbBackend(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
LmdbBackend::LmdbBackend(LmdbBackend&& other) noexcept = default;
LmdbBackend& LmdbBackend::operator=(LmdbBackend&& other) noexcept = default;
LmdbBackend::~LmdbBackend() = default;

Result<void> LmdbBackend::connect() {
    const std::shared_ptr<lmdb::Engine> engine = state_->store.engine();
    return engine == nullptr ? Error(ErrorCode::closed, "the store was closed") : engine->connect();
}

Capabilities LmdbBackend::capabilities() const { return state_->store.capabilities(); }

Async<std::optional<Entry>> LmdbBackend::get(const Context& context, ByteView key) {
    return state_->store.get(context, key);
}

Async<ReadOutput> LmdbBackend::snapshot_read(const Context& context,
                                             std::span<const ReadRange> ranges,
                                             const ReadOptions& options) {
    return state_->store.snapshot_read(context, ranges, options);
}

Async<CommitResult> LmdbBackend::atomic_write(const Context& context, const AtomicWrite& write) {
    return state_->store.atomic_write(context, write);
}

Result<Stream<WatchOutput>> LmdbBackend::watch(const Context& context,
                                               std::span<const WatchTarget> targets) {
    return state_->store.watch(context, targets);
}

Async<QueueMessage> LmdbBackend::queue_take(const Context& context) {
    return state_->store.queue_take(context);
}

Async<void> LmdbBackend::queue_finish(const Context& context, std::string_view id,
                                      Delivery delivery) {
    return state_->store.queue_finish(context, id, delivery);
}

Async<void> LmdbBackend::queue_extend(const Context& context, std::string_view id) {
    return state_->store.queue_extend(context, id);
}

Async<SnapshotHandle> LmdbBackend::open_snapshot(const Context& context) {
    return state_->store.open_snapshot(context);
}

Async<DeleteRangeOutput> LmdbBackend::delete_range(const Context& context, ByteView start,
                                                   ByteView end) {
    return state_->store.delete_range(context, start, end);
}

Async<Health> LmdbBackend::health(const Context& context) { return state_->store.health(context); }

Async<void> LmdbBackend::close(const Context& context) { return state_->store.close(context); }

Result<LmdbBackend> open_lmdb(LmdbOptions options, std::shared_ptr<Runtime> runtime) {
    TURNTABLE_CHECK(lmdb_settings().validate(options));
    if (runtime == nullptr) {
        runtime = Runtime::shared();
    }
    return LmdbBackend(std::make_unique<LmdbBackend::State>(options, std::move(runtime)));
}

}  // namespace turntable::inline v0::kv
