#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "turntable/kv/backend.hpp"
#include "turntable/kv/ordered_store_options.hpp"

namespace turntable::inline v0::kv {

/// How to open a database in memory.
///
/// Purpose: the argument of MemoryBackend. Ownership: shares the runtime. Threads: a value.
/// Errors: none.
struct MemoryOptions {
    /// Null: Runtime::shared().
    std::shared_ptr<Runtime> runtime = nullptr;
    /// Empty: a database of its own. Else all backends of the process that were opened with this
    /// name share one database, which ends with the last of them.
    std::string name = {};
    Limits limits = {};
    ReadMode reads = ReadMode::on_caller;
    /// How long a message of the queue may be worked on before it is delivered again.
    std::chrono::milliseconds lease{5000};
};

/// The database in memory, `memory:` and `memory:NAME`.
///
/// Purpose: tests, caches, and the measure of what the library itself costs. Everything of the kv
/// contract works, and is gone with the process.
/// Ownership: owns the database, or shares a named one. A snapshot keeps the data alive.
/// Threads: any; reads do not wait for each other, writes follow one another and are done on the
/// calling thread, so that every answer but that of a take or a watch is ready at once.
/// Errors: as kv::Backend; none of its own.
class TURNTABLE_EXPORT MemoryBackend {
  public:
    explicit MemoryBackend(MemoryOptions options = {});
    MemoryBackend(MemoryBackend&& other) noexcept;
    MemoryBackend& operator=(MemoryBackend&& other) noexcept;
    ~MemoryBackend();

    Capabilities capabilities() const;
    Async<std::optional<Entry>> get(const Context& context, ByteView key);
    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options);
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write);
    Result<Stream<WatchOutput>> watch(const Context& context, std::span<const WatchTarget> targets);
    Async<QueueMessage> queue_take(const Context& context);
    Async<void> queue_finish(const Context& context, std::string_view id, Delivery delivery);
    Async<void> queue_extend(const Context& context, std::string_view id);
    Async<SnapshotHandle> open_snapshot(const Context& context);
    Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start, ByteView end);
    Async<Health> health(const Context& context);
    Async<void> close(const Context& context);

  private:
    struct Store;
    std::unique_ptr<Store> store_;
};

}  // namespace turntable::inline v0::kv
