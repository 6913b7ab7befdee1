#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "turntable/kv/backend.hpp"

namespace turntable::inline v0::kv {

/// A backend that passes every call on to another: what a layer starts from.
///
/// Purpose: a layer is a class that derives from Layer<Inner> and hides what it does otherwise:
///
///     template <kv::Backend Inner>
///     class CountReads : public kv::Layer<Inner> {
///       public:
///         using kv::Layer<Inner>::Layer;
///         Async<kv::ReadOutput> snapshot_read(const Context& context,
///                                             std::span<const kv::ReadRange> ranges,
///                                             const kv::ReadOptions& options) {
///             auto output = this->inner().snapshot_read(context, ranges, options);
///             if (output.is_ready() && output.peek()) {
///                 entries_ += ...;
///             }
///             return output;
///         }
///     };
///
/// Return the Async of the inner call itself, from one return statement: then an answer that is
/// ready passes through any number of layers without being moved.
/// Ownership: owns the inner backend. Nothing is virtual: put the outermost layer into AnyBackend.
/// Threads: as the inner backend. Errors: those of the inner backend.
template <Backend Inner>
class Layer {
  public:
    explicit Layer(Inner inner) : inner_(std::move(inner)) {}

    Capabilities capabilities() const { return inner_.capabilities(); }
    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options) {
        return inner_.snapshot_read(context, ranges, options);
    }
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write) {
        return inner_.atomic_write(context, write);
    }
    Result<Stream<WatchOutput>> watch(const Context& context,
                                      std::span<const WatchTarget> targets) {
        return inner_.watch(context, targets);
    }
    Async<QueueMessage> queue_take(const Context& context) { return inner_.queue_take(context); }
    Async<void> queue_finish(const Context& context, std::string_view id, Delivery delivery) {
        return inner_.queue_finish(context, id, delivery);
    }
    Async<void> queue_extend(const Context& context, std::string_view id) {
        return inner_.queue_extend(context, id);
    }
    Async<Health> health(const Context& context) { return inner_.health(context); }
    Async<void> close(const Context& context) { return inner_.close(context); }
    /// A layer that changes snapshot_read changes this too.
    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        return backend_get(inner_, context, key);
    }
    Async<SnapshotHandle> open_snapshot(const Context& context) {
        return backend_open_snapshot(inner_, context);
    }
    Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start, ByteView end) {
        return backend_delete_range(inner_, context, start, end);
    }
    Async<void> backup_to(const Context& context, std::string_view path, bool replace) {
        return backend_backup_to(inner_, context, path, replace);
    }
    Async<void> restore_from(const Context& context, std::string_view path) {
        return backend_restore_from(inner_, context, path);
    }

    Inner& inner() noexcept { return inner_; }
    const Inner& inner() const noexcept { return inner_; }

  private:
    Inner inner_;
};

}  // namespace turntable::inline v0::kv
