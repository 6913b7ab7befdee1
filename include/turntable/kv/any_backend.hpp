#pragma once

#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "turntable/kv/backend.hpp"

namespace turntable::inline v0::kv {

/// Any backend behind one type.
///
/// Purpose: run-time choice of the engine. A class that models kv::Backend goes in as it is; this
/// wrapper is the only place where a call becomes virtual.
/// Ownership: owns the backend. An empty or moved-from AnyBackend must not be called.
/// Threads: as the backend inside.
/// Errors: those of the backend inside.
class TURNTABLE_EXPORT AnyBackend {
  public:
    AnyBackend() noexcept = default;
    template <class B>
        requires(!std::is_same_v<std::remove_cvref_t<B>, AnyBackend> &&
                 Backend<std::remove_cvref_t<B>>)
    AnyBackend(B&& backend)
        : model_(std::make_unique<Model<std::remove_cvref_t<B>>>(std::forward<B>(backend))) {}
    /// Makes the backend in place, for those that cannot be moved.
    template <Backend B, class... Args>
    static AnyBackend make(Args&&... args) {
        AnyBackend any;
        any.model_ = std::make_unique<Model<B>>(std::forward<Args>(args)...);
        return any;
    }

    explicit operator bool() const noexcept { return model_ != nullptr; }

    Capabilities capabilities() const { return model_->capabilities(); }
    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options) {
        return model_->snapshot_read(context, ranges, options);
    }
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write) {
        return model_->atomic_write(context, write);
    }
    Result<Stream<WatchOutput>> watch(const Context& context,
                                      std::span<const WatchTarget> targets) {
        return model_->watch(context, targets);
    }
    Async<QueueMessage> queue_take(const Context& context) { return model_->queue_take(context); }
    Async<void> queue_finish(const Context& context, std::string_view id, Delivery delivery) {
        return model_->queue_finish(context, id, delivery);
    }
    Async<void> queue_extend(const Context& context, std::string_view id) {
        return model_->queue_extend(context, id);
    }
    Async<Health> health(const Context& context) { return model_->health(context); }
    Async<void> close(const Context& context) { return model_->close(context); }

    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        return model_->get(context, key);
    }
    Async<SnapshotHandle> open_snapshot(const Context& context) {
        return model_->open_snapshot(context);
    }
    Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start, ByteView end) {
        return model_->delete_range(context, start, end);
    }
    Async<void> backup_to(const Context& context, std::string_view path, bool replace) {
        return model_->backup_to(context, path, replace);
    }
    Async<void> restore_from(const Context& context, std::string_view path) {
        return model_->restore_from(context, path);
    }

    /// The backend inside if it is a B, to reach what only B can do; else null.
    template <Backend B>
    B* get_if() noexcept {
        auto* model = dynamic_cast<Model<B>*>(model_.get());
        return model == nullptr ? nullptr : &model->backend;
    }

  private:
    struct Interface {
        Interface() = default;
        Interface(const Interface&) = delete;
        Interface& operator=(const Interface&) = delete;
        virtual ~Interface() = default;
        virtual Capabilities capabilities() const = 0;
        virtual Async<ReadOutput> snapshot_read(const Context&, std::span<const ReadRange>,
                                                const ReadOptions&) = 0;
        virtual Async<CommitResult> atomic_write(const Context&, const AtomicWrite&) = 0;
        virtual Result<Stream<WatchOutput>> watch(const Context&, std::span<const WatchTarget>) = 0;
        virtual Async<QueueMessage> queue_take(const Context&) = 0;
        virtual Async<void> queue_finish(const Context&, std::string_view, Delivery) = 0;
        virtual Async<void> queue_extend(const Context&, std::string_view) = 0;
        virtual Async<Health> health(const Context&) = 0;
        virtual Async<void> close(const Context&) = 0;
        virtual Async<std::optional<Entry>> get(const Context&, ByteView) = 0;
        virtual Async<SnapshotHandle> open_snapshot(const Context&) = 0;
        virtual Async<DeleteRangeOutput> delete_range(const Context&, ByteView, ByteView) = 0;
        virtual Async<void> backup_to(const Context&, std::string_view, bool) = 0;
        virtual Async<void> restore_from(const Context&, std::string_view) = 0;
    };

    template <Backend B>
    struct Model final : Interface {
        template <class... Args>
        explicit Model(Args&&... args) : backend(std::forward<Args>(args)...) {}

        /// A layer that passes on what it wraps declares, but not these calls, has none.
        Capabilities capabilities() const override {
            Capabilities out = backend.capabilities();
            out.native_backup = out.native_backup && BackendWithBackup<B>;
            return out;
        }
        Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                        const ReadOptions& options) override {
            return backend.snapshot_read(context, ranges, options);
        }
        Async<CommitResult> atomic_write(const Context& context,
                                         const AtomicWrite& write) override {
            return backend.atomic_write(context, write);
        }
        Result<Stream<WatchOutput>> watch(const Context& context,
                                          std::span<const WatchTarget> targets) override {
            return backend.watch(context, targets);
        }
        Async<QueueMessage> queue_take(const Context& context) override {
            return backend.queue_take(context);
        }
        Async<void> queue_finish(const Context& context, std::string_view id,
                                 Delivery delivery) override {
            return backend.queue_finish(context, id, delivery);
        }
        Async<void> queue_extend(const Context& context, std::string_view id) override {
            return backend.queue_extend(context, id);
        }
        Async<Health> health(const Context& context) override { return backend.health(context); }
        Async<void> close(const Context& context) override { return backend.close(context); }
        Async<std::optional<Entry>> get(const Context& context, ByteView key) override {
            return backend_get(backend, context, key);
        }
        Async<SnapshotHandle> open_snapshot(const Context& context) override {
            return backend_open_snapshot(backend, context);
        }
        Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start,
                                              ByteView end) override {
            return backend_delete_range(backend, context, start, end);
        }
        Async<void> backup_to(const Context& context, std::string_view path,
                              bool replace) override {
            return backend_backup_to(backend, context, path, replace);
        }
        Async<void> restore_from(const Context& context, std::string_view path) override {
            return backend_restore_from(backend, context, path);
        }

        B backend;
    };

    std::unique_ptr<Interface> model_;
};

static_assert(Backend<AnyBackend>);

}  // namespace turntable::inline v0::kv
