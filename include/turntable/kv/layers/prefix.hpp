#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "turntable/core/runtime.hpp"
#include "turntable/core/tap.hpp"
#include "turntable/kv/key.hpp"
#include "turntable/kv/layer.hpp"
#include "turntable/kv/limits.hpp"

namespace turntable::inline v0::kv {

namespace detail {

/// What a prefix makes of the capabilities below it.
TURNTABLE_EXPORT Capabilities prefixed_capabilities(Capabilities can, std::size_t prefix_bytes);

/// Keys and ranges with a prefix put before them; views of what it was made from and of itself.
class TURNTABLE_EXPORT PrefixedRequest {
  public:
    explicit PrefixedRequest(ByteView prefix) : prefix_(prefix) {}
    PrefixedRequest(const PrefixedRequest&) = delete;
    PrefixedRequest& operator=(const PrefixedRequest&) = delete;
    ~PrefixedRequest();

    std::span<const ReadRange> ranges(std::span<const ReadRange> ranges);
    std::span<const WatchTarget> targets(std::span<const WatchTarget> targets);
    AtomicWrite write(const AtomicWrite& write);
    ByteView key(ByteView key);

  private:
    void reserve(std::size_t bytes);

    ByteView prefix_;
    std::array<char, 256> small_;
    std::string large_;
    char* next_ = nullptr;
    std::vector<ReadRange> ranges_;
    std::vector<WatchTarget> targets_;
    std::vector<Check> checks_;
    std::vector<Mutation> mutations_;
};

TURNTABLE_EXPORT Stream<WatchOutput> unprefixed_watch(Stream<WatchOutput> stream,
                                                      std::size_t prefix_bytes);
TURNTABLE_EXPORT SnapshotHandle prefixed_snapshot(SnapshotHandle inner,
                                                  std::shared_ptr<const std::string> prefix,
                                                  const Limits& limits);
inline void drop_prefix(Result<ReadOutput>& output, std::size_t prefix_bytes) noexcept {
    if (output) {
        for (EntryBatch& batch : *output) {
            batch.drop_key_prefix(prefix_bytes);
        }
    }
}

}  // namespace detail

/// A part of a database as a database of its own: every key begins with the same parts.
///
/// Purpose: tenants, tests and modules that share one database without meeting. The key `{"a", 1}`
/// of a layer with the prefix `{"tenants", 7}` is `{"tenants", 7, "a", 1}` below, in reads, writes,
/// watches, snapshots and delete_range. The longest key shrinks by the prefix, and so does the
/// whole of a write. There is no queue: its messages have no key, so they would meet; and no
/// backup in the engine's own form, which is of the whole.
/// Ownership: owns the inner backend; shares the runtime. Threads: as the inner backend.
/// Errors: those of the inner backend, with limits that count without the prefix.
template <Backend Inner>
class PrefixLayer : public Layer<Inner> {
  public:
    PrefixLayer(Inner inner, const Key& prefix,
                std::shared_ptr<Runtime> runtime = Runtime::shared())
        : Layer<Inner>(std::move(inner)),
          prefix_(std::make_shared<const std::string>(prefix.encoded().to_string())),
          runtime_(std::move(runtime)) {}

    Capabilities capabilities() const {
        return detail::prefixed_capabilities(this->inner().capabilities(), prefix_->size());
    }
    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options) {
        if (auto checked = check_read(ranges, capabilities().limits); !checked) {
            return std::move(checked).error().during("snapshot_read");
        }
        detail::PrefixedRequest request(*prefix_);
        return tap(this->inner().snapshot_read(context, request.ranges(ranges), options),
                   [bytes = prefix_->size()](Result<ReadOutput>& output) {
                       detail::drop_prefix(output, bytes);
                   });
    }
    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        if (auto checked = check_read_key(key, capabilities().limits); !checked) {
            return std::move(checked).error().during("get");
        }
        detail::PrefixedRequest request(*prefix_);
        return backend_get(this->inner(), context, request.key(key));
    }
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write) {
        if (!write.enqueues.empty()) {
            return detail::unsupported_call("enqueue");
        }
        const std::int64_t now_ms = runtime_->clock().wall_now().time_since_epoch().count();
        if (auto checked = check_write(write, capabilities().limits, now_ms); !checked) {
            return std::move(checked).error().during("atomic_write");
        }
        detail::PrefixedRequest request(*prefix_);
        return this->inner().atomic_write(context, request.write(write));
    }
    Result<Stream<WatchOutput>> watch(const Context& context,
                                      std::span<const WatchTarget> targets) {
        TURNTABLE_CHECK(check_watch(targets, capabilities().limits));
        detail::PrefixedRequest request(*prefix_);
        TURNTABLE_TRY(auto stream, this->inner().watch(context, request.targets(targets)));
        return detail::unprefixed_watch(std::move(stream), prefix_->size());
    }
    static Async<QueueMessage> queue_take(const Context& /*context*/) {
        return detail::unsupported_call("queue_take");
    }
    static Async<void> queue_finish(const Context& /*context*/, std::string_view /*id*/,
                                    Delivery /*delivery*/) {
        return detail::unsupported_call("queue_finish");
    }
    static Async<void> queue_extend(const Context& /*context*/, std::string_view /*id*/) {
        return detail::unsupported_call("queue_extend");
    }
    Async<SnapshotHandle> open_snapshot(const Context& context) {
        return tap(
            backend_open_snapshot(this->inner(), context),
            [prefix = prefix_, limits = capabilities().limits](Result<SnapshotHandle>& opened) {
                if (opened) {
                    opened = detail::prefixed_snapshot(*std::move(opened), prefix, limits);
                }
            });
    }
    Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start, ByteView end) {
        if (auto checked = check_range(start, end, capabilities().limits); !checked) {
            return std::move(checked).error().during("delete_range");
        }
        detail::PrefixedRequest request(*prefix_);
        const ReadRange range{start, end};
        const ReadRange& below = request.ranges({&range, 1})[0];
        return backend_delete_range(this->inner(), context, below.start, below.end);
    }

    static Async<void> backup_to(const Context& /*context*/, std::string_view /*path*/,
                                 bool /*replace*/) {
        return detail::unsupported_call("backup_to");
    }
    static Async<void> restore_from(const Context& /*context*/, std::string_view /*path*/) {
        return detail::unsupported_call("restore_from");
    }

  private:
    std::shared_ptr<const std::string> prefix_;
    std::shared_ptr<Runtime> runtime_;
};

}  // namespace turntable::inline v0::kv
