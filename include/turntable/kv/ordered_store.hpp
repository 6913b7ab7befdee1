#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/kv/backend.hpp"
#include "turntable/kv/detail/engine_adapter.hpp"
#include "turntable/kv/detail/engine_reads.hpp"
#include "turntable/kv/detail/store_core.hpp"
#include "turntable/kv/ordered_engine.hpp"
#include "turntable/kv/ordered_store_options.hpp"

namespace turntable::inline v0::kv {

/// The whole kv contract on top of any ordered engine.
///
/// Purpose: checks, mutations, versionstamps, expiry, queue, watch and group commit, made of six
/// calls. A backend derives its public class from it or wraps it, and instantiates it in one .cpp
/// file, since the template is thin but not small.
///
/// Writes: one writer gathers what waits into one engine transaction; each write has its own result
/// and version, and one that fails leaves nothing. A blocking caller commits on its own thread when
/// nobody else does. A write that was stopped before it was submitted is not written; afterwards
/// its result is reported. Reads: ready at once on the calling thread within the bounds of the
/// options; larger ones on the pool of the runtime. A caller that waits reads on its own thread.
/// Ownership: shares the engine and lets go of it when close() is done or with the destructor,
/// which waits for what runs; snapshots keep the engine for as long as they live. Threads: any. Do
/// not destroy it on a thread of its runtime's blocking pool. Errors: as kv::Backend; those of the
/// engine are passed on with operation and URL.
template <OrderedEngine E>
class OrderedStore {
  public:
    OrderedStore(std::shared_ptr<E> engine, OrderedStoreOptions options)
        : engine_(engine.get()),
          shared_engine_(engine),
          core_(std::make_unique<detail::StoreCore>(
              std::make_shared<detail::EngineAdapter<E>>(std::move(engine)), std::move(options),
              traits())) {}

    Capabilities capabilities() const {
        const OrderedStoreOptions& options = core_->options();
        Capabilities capabilities = options.capabilities;
        capabilities.read_only = options.read_only;
        capabilities.queue = capabilities.queue && !options.read_only;
        capabilities.snapshots = EngineWithSnapshots<E>;
        capabilities.delete_range = !options.read_only;
        capabilities.expiry_times = true;
        capabilities.native_backup = EngineWithBackup<E>;
        if (EngineWithOthers<E> && capabilities.watch_others_within.count() == 0) {
            capabilities.watch_others_within = 2 * options.poll_interval;
        }
        return capabilities;
    }

    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        if (auto checked = check_read_key(key, core_->options().capabilities.limits); !checked)
            [[unlikely]] {
            return core_->describe(std::move(checked).error(), "get");
        }
        Pass pass(core_->gate());
        if (!pass) [[unlikely]] {
            return core_->closed("get");
        }
        if (auto checked = core_->check_context(context); !checked) [[unlikely]] {
            return core_->describe(std::move(checked).error(), "get");
        }
        if (core_->options().reads == ReadMode::on_caller || context.caller_waits) [[likely]] {
            return described(detail::read_entry(*engine_, key, core_->clock()), "get");
        }
        return on_pool<std::optional<Entry>>(
            context, "get", std::move(pass),
            [owned = key.to_string()](E& engine, detail::StoreCore& core) {
                return detail::read_entry(engine, owned, core.clock());
            });
    }

    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& /*options*/) {
        constexpr std::string_view operation = "snapshot_read";
        const OrderedStoreOptions& options = core_->options();
        if (auto checked = check_read(ranges, options.capabilities.limits); !checked) {
            return core_->describe(std::move(checked).error(), operation);
        }
        Pass pass(core_->gate());
        if (!pass) {
            return core_->closed(operation);
        }
        if (auto checked = core_->check_context(context); !checked) {
            return core_->describe(std::move(checked).error(), operation);
        }
        const bool unbounded = context.caller_waits;
        if (unbounded || (options.reads == ReadMode::on_caller &&
                          detail::rows_asked(ranges) <= options.inline_rows_max)) {
            const std::size_t bytes_max = unbounded ? SIZE_MAX : options.inline_bytes_max;
            auto read = detail::read_ranges(*engine_, ranges, core_->now_ms(), bytes_max);
            if (!read || read->has_value()) {
                return described(detail::complete_read(std::move(read)), operation);
            }
        }
        return on_pool<ReadOutput>(
            context, operation, std::move(pass),
            [owned = detail::OwnedRanges(ranges)](E& engine, detail::StoreCore& core) {
                return detail::complete_read(
                    detail::read_ranges(engine, owned.view(), core.now_ms(), SIZE_MAX));
            });
    }

    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write) {
        return core_->atomic_write(context, write);
    }
    Result<Stream<WatchOutput>> watch(const Context& context,
                                      std::span<const WatchTarget> targets) {
        return core_->watch(context, targets);
    }
    Async<QueueMessage> queue_take(const Context& context) { return core_->queue_take(context); }
    Async<void> queue_finish(const Context& context, std::string_view id, Delivery delivery) {
        return core_->queue_finish(context, id, delivery);
    }
    Async<void> queue_extend(const Context& context, std::string_view id) {
        return core_->queue_extend(context, id);
    }
    Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start, ByteView end) {
        return core_->delete_range(context, start, end);
    }
    Async<Health> health(const Context& context) { return core_->health(context); }
    Async<void> close(const Context& context) { return core_->close(context); }

    /// Many reads of one state, that of now; entries that expire later stay in it.
    Async<SnapshotHandle> open_snapshot(const Context& context)
        requires EngineWithSnapshots<E>
    {
        constexpr std::string_view operation = "open_snapshot";
        const Pass pass(core_->gate());
        if (!pass) {
            return core_->closed(operation);
        }
        if (auto checked = core_->check_context(context); !checked) {
            return core_->describe(std::move(checked).error(), operation);
        }
        auto snapshot = detail::EngineSnapshot<E>::open(
            shared_engine_.lock(), core_->options().capabilities.limits, core_->now_ms());
        if (!snapshot) {
            return core_->describe(std::move(snapshot).error(), operation);
        }
        return *std::move(snapshot);
    }

    Async<void> backup_to(const Context& context, std::string_view path, bool replace)
        requires EngineWithBackup<E>
    {
        return with_file(context, "backup_to",
                         [path = std::string(path), replace, context](E& engine) {
                             return engine.backup_to(context, path, replace);
                         });
    }
    Async<void> restore_from(const Context& context, std::string_view path)
        requires EngineWithBackup<E>
    {
        return with_file(context, "restore_from", [path = std::string(path), context](E& engine) {
            return engine.restore_from(context, path);
        });
    }

    /// The engine, or null after close(); for what only this kind of engine can do.
    std::shared_ptr<E> engine() const noexcept { return shared_engine_.lock(); }

  private:
    static constexpr detail::EngineTraits traits() noexcept {
        detail::EngineTraits traits;
        traits.commits_at_once = EngineThatCommitsAtOnce<E>;
        traits.has_others = EngineWithOthers<E>;
        return traits;
    }

    template <class T>
    Result<T> described(Result<T> result, std::string_view operation) const {
        if (!result) [[unlikely]] {
            return core_->describe(std::move(result).error(), operation);
        }
        return result;
    }

    /// Work that takes long: on the thread of a caller that waits, else on the pool.
    template <class F>
    Async<void> with_file(const Context& context, std::string_view operation, F work) {
        Pass pass(core_->gate());
        if (!pass) {
            return core_->closed(operation);
        }
        if (auto checked = core_->check_context(context); !checked) {
            return core_->describe(std::move(checked).error(), operation);
        }
        if (context.caller_waits) {
            return described(work(*engine_), operation);
        }
        return on_pool<void>(
            context, operation, std::move(pass),
            [work = std::move(work)](E& engine, detail::StoreCore&) { return work(engine); });
    }

    /// Answers on the pool; engine and core stay there until the pass is gone.
    template <class T, class F>
    Async<T> on_pool(const Context& context, std::string_view operation, Pass pass, F work) {
        auto [shared, async] = SharedPromise<T>::make(*core_->options().runtime, context);
        shared->on_stop(
            [promise = shared](StopReason reason) { promise->complete(stopped_error(reason)); });
        core_->post(std::move(pass), [core = core_.get(), engine = engine_, promise = shared,
                                      operation, work = std::move(work)] {
            if (!promise->is_open()) {
                return;
            }
            Result<T> result = work(*engine, *core);
            if (!result) {
                result = core->describe(std::move(result).error(), operation);
            }
            promise->complete(std::move(result));
        });
        return std::move(async);
    }

    // Valid inside the gate.
    E* engine_;
    std::weak_ptr<E> shared_engine_;
    std::unique_ptr<detail::StoreCore> core_;
};

}  // namespace turntable::inline v0::kv
