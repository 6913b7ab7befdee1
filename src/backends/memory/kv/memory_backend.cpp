#include <map>
#include <mutex>
#include <utility>

#include "backends/memory/kv/memory_engine.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/kv/ordered_store.hpp"

namespace turntable::inline v0::kv {

template class OrderedStore<memory::MemoryEngine>;

namespace {

/// The named databases that are open in this process. What a name means is the same everywhere in
/// it, so this is one object; it holds nothing that nobody uses.
std::shared_ptr<memory::Database> find_database(const std::string& name) {
    if (name.empty()) {
        return std::make_shared<memory::Database>();
    }
    static std::mutex mutex;
    static std::map<std::string, std::weak_ptr<memory::Database>> databases;
    const std::scoped_lock guard(mutex);
    std::erase_if(databases, [](const auto& item) { return item.second.expired(); });
    auto& known = databases[name];
    auto database = known.lock();
    if (database == nullptr) {
        database = std::make_shared<memory::Database>();
        known = database;
    }
    return database;
}

OrderedStoreOptions store_options(const MemoryOptions& options) {
    OrderedStoreOptions out;
    out.runtime = options.runtime;
    out.capabilities.durability = Durability::none;
    out.capabilities.limits = options.limits;
    out.reads = options.reads;
    out.inline_rows_max = 10'000;
    out.inline_bytes_max = std::size_t{16} << 20U;
    out.lease = options.lease;
    out.url = "memory:" + options.name;
    return out;
}

}  // namespace

struct MemoryBackend::Store : OrderedStore<memory::MemoryEngine> {
    explicit Store(const MemoryOptions& options)
        : OrderedStore(std::make_shared<memory::MemoryEngine>(find_database(options.name)),
                       store_options(options)) {}
};

static_assert(Backend<MemoryBackend> && BackendWithGet<MemoryBackend> &&
              BackendWithSnapshots<MemoryBackend> && BackendWithDeleteRange<MemoryBackend>);

MemoryBackend::MemoryBackend(MemoryOptions options) : store_(std::make_unique<Store>(options)) {}
MemoryBackend::MemoryBackend(MemoryBackend&& other) noexcept = default;
MemoryBackend& MemoryBackend::operator=(MemoryBackend&& other) noexcept = default;
MemoryBackend::~MemoryBackend() = default;

Capabilities MemoryBackend::capabilities() const { return store_->capabilities(); }
Async<std::optional<Entry>> MemoryBackend::get(const Context& context, ByteView key) {
    return store_->get(context, key);
}
Async<ReadOutput> MemoryBackend::snapshot_read(const Context& context,
                                               std::span<const ReadRange> ranges,
                                               const ReadOptions& options) {
    return store_->snapshot_read(context, ranges, options);
}
Async<CommitResult> MemoryBackend::atomic_write(const Context& context, const AtomicWrite& write) {
    return store_->atomic_write(context, write);
}
Result<Stream<WatchOutput>> MemoryBackend::watch(const Context& context,
                                                 std::span<const WatchTarget> targets) {
    return store_->watch(context, targets);
}
Async<QueueMessage> MemoryBackend::queue_take(const Context& context) {
    return store_->queue_take(context);
}
Async<void> MemoryBackend::queue_finish(const Context& context, std::string_view id,
                                        Delivery delivery) {
    return store_->queue_finish(context, id, delivery);
}
Async<void> MemoryBackend::queue_extend(const Context& context, std::string_view id) {
    return store_->queue_extend(context, id);
}
Async<SnapshotHandle> MemoryBackend::open_snapshot(const Context& context) {
    return store_->open_snapshot(context);
}
Async<DeleteRangeOutput> MemoryBackend::delete_range(const Context& context, ByteView start,
                                                     ByteView end) {
    return store_->delete_range(context, start, end);
}
Async<Health> MemoryBackend::health(const Context& context) { return store_->health(context); }
Async<void> MemoryBackend::close(const Context& context) { return store_->close(context); }

}  // namespace turntable::inline v0::kv
