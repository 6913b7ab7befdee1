#pragma once

#include <memory>
#include <utility>

#include "turntable/core/runtime.hpp"
#include "turntable/kv/layer.hpp"
#include "turntable/kv/limits.hpp"

namespace turntable::inline v0::kv {

namespace detail {

/// Refuses a write that goes over the limits of `can`, or needs what it does not declare.
TURNTABLE_EXPORT Result<void> check_declared_write(const AtomicWrite& write,
                                                   const Capabilities& can, std::int64_t now_ms);
TURNTABLE_EXPORT Result<void> check_declared_watch(std::span<const WatchTarget> targets,
                                                   const Capabilities& can);
TURNTABLE_EXPORT Result<void> check_declared_delete_range(ByteView start, ByteView end,
                                                          const Capabilities& can);

}  // namespace detail

/// Refuses, before it is sent, what the backend's capabilities say that it cannot do.
///
/// Purpose: the same error from every backend, also from one that is careless or far away: sizes
/// over the limits, reserved keys, inverted ranges, writes to a read-only store, queue, watch,
/// snapshots, delete_range or set_expiry where they are not declared.
/// Ownership: owns the inner backend; shares the runtime. Threads: as the inner backend.
/// Errors: those of kv/limits.hpp, permission_denied, unsupported.
template <Backend Inner>
class CheckLayer : public Layer<Inner> {
  public:
    explicit CheckLayer(Inner inner, std::shared_ptr<Runtime> runtime = Runtime::shared())
        : Layer<Inner>(std::move(inner)), runtime_(std::move(runtime)) {}

    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options) {
        if (auto checked = check_read(ranges, declared().limits); !checked) {
            return refused(std::move(checked).error(), "snapshot_read");
        }
        return Layer<Inner>::snapshot_read(context, ranges, options);
    }
    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        if (auto checked = check_read_key(key, declared().limits); !checked) {
            return refused(std::move(checked).error(), "get");
        }
        return Layer<Inner>::get(context, key);
    }
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write) {
        const std::int64_t now_ms = runtime_->clock().wall_now().time_since_epoch().count();
        if (auto checked = detail::check_declared_write(write, declared(), now_ms); !checked) {
            return refused(std::move(checked).error(), "atomic_write");
        }
        return Layer<Inner>::atomic_write(context, write);
    }
    Result<Stream<WatchOutput>> watch(const Context& context,
                                      std::span<const WatchTarget> targets) {
        if (auto checked = detail::check_declared_watch(targets, declared()); !checked) {
            return refused(std::move(checked).error(), "watch");
        }
        return Layer<Inner>::watch(context, targets);
    }
    Async<QueueMessage> queue_take(const Context& context) {
        return declared().queue ? Layer<Inner>::queue_take(context)
                                : Async<QueueMessage>(detail::unsupported_call("queue_take"));
    }
    Async<void> queue_finish(const Context& context, std::string_view id, Delivery delivery) {
        return declared().queue ? Layer<Inner>::queue_finish(context, id, delivery)
                                : Async<void>(detail::unsupported_call("queue_finish"));
    }
    Async<void> queue_extend(const Context& context, std::string_view id) {
        return declared().queue ? Layer<Inner>::queue_extend(context, id)
                                : Async<void>(detail::unsupported_call("queue_extend"));
    }
    Async<SnapshotHandle> open_snapshot(const Context& context) {
        return declared().snapshots
                   ? Layer<Inner>::open_snapshot(context)
                   : Async<SnapshotHandle>(detail::unsupported_call("open_snapshot"));
    }
    Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start, ByteView end) {
        if (auto checked = detail::check_declared_delete_range(start, end, declared()); !checked) {
            return refused(std::move(checked).error(), "delete_range");
        }
        return Layer<Inner>::delete_range(context, start, end);
    }

  private:
    /// Asked each time: they may become exact only after connecting.
    Capabilities declared() const { return this->inner().capabilities(); }
    static Error refused(Error error, std::string_view operation) {
        return std::move(error).during(operation).with("layer", "check");
    }

    std::shared_ptr<Runtime> runtime_;
};

}  // namespace turntable::inline v0::kv
