#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "turntable/core/stream.hpp"
#include "turntable/kv/backend.hpp"

namespace turntable::inline v0::kv {

/// Makes the calls of a backend one after the other, whatever threads they come from.
///
/// Purpose: a backend that declares Threading::serialized needs no lock of its own; kv::Registry
/// puts this around it. Calls of its watches and snapshots, and their ends, count too: each returns
/// before the next is made. An operation that went on pending holds nobody up.
/// Ownership: owns the backend.
/// Threads: any; a call may wait for others to return.
/// Errors: those of the backend inside.
template <Backend B>
class SerializedBackend {
  public:
    explicit SerializedBackend(B backend)
        : mutex_(std::make_shared<std::mutex>()), backend_(std::move(backend)) {}
    SerializedBackend(SerializedBackend&&) noexcept = default;
    SerializedBackend& operator=(SerializedBackend&&) noexcept = default;
    ~SerializedBackend() = default;

    /// Those of the backend, except that calls may overlap now.
    Capabilities capabilities() const {
        const std::scoped_lock guard(*mutex_);
        Capabilities out = backend_.capabilities();
        out.threading = Threading::concurrent;
        return out;
    }
    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options) {
        const std::scoped_lock guard(*mutex_);
        return backend_.snapshot_read(context, ranges, options);
    }
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write) {
        const std::scoped_lock guard(*mutex_);
        return backend_.atomic_write(context, write);
    }
    Result<Stream<WatchOutput>> watch(const Context& context,
                                      std::span<const WatchTarget> targets) {
        const std::scoped_lock guard(*mutex_);
        Result<Stream<WatchOutput>> stream = backend_.watch(context, targets);
        if (!stream) {
            return stream;
        }
        return Stream<WatchOutput>(std::make_unique<Watch>(mutex_, *std::move(stream)));
    }
    Async<QueueMessage> queue_take(const Context& context) {
        const std::scoped_lock guard(*mutex_);
        return backend_.queue_take(context);
    }
    Async<void> queue_finish(const Context& context, std::string_view id, Delivery delivery) {
        const std::scoped_lock guard(*mutex_);
        return backend_.queue_finish(context, id, delivery);
    }
    Async<void> queue_extend(const Context& context, std::string_view id) {
        const std::scoped_lock guard(*mutex_);
        return backend_.queue_extend(context, id);
    }
    Async<Health> health(const Context& context) {
        const std::scoped_lock guard(*mutex_);
        return backend_.health(context);
    }
    Async<void> close(const Context& context) {
        const std::scoped_lock guard(*mutex_);
        return backend_.close(context);
    }
    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        const std::scoped_lock guard(*mutex_);
        return backend_get(backend_, context, key);
    }
    Async<SnapshotHandle> open_snapshot(const Context& context) {
        const std::scoped_lock guard(*mutex_);
        return detail::wrapped_snapshot(
            backend_open_snapshot(backend_, context), [mutex = mutex_](SnapshotHandle inner) {
                return SnapshotHandle(std::make_unique<Snapshot>(mutex, std::move(inner)));
            });
    }
    Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start, ByteView end) {
        const std::scoped_lock guard(*mutex_);
        return backend_delete_range(backend_, context, start, end);
    }
    Async<void> backup_to(const Context& context, std::string_view path, bool replace) {
        const std::scoped_lock guard(*mutex_);
        return backend_backup_to(backend_, context, path, replace);
    }
    Async<void> restore_from(const Context& context, std::string_view path) {
        const std::scoped_lock guard(*mutex_);
        return backend_restore_from(backend_, context, path);
    }

  private:
    class Watch final : public StreamSource<WatchOutput> {
      public:
        Watch(std::shared_ptr<std::mutex> mutex, Stream<WatchOutput> stream)
            : mutex_(std::move(mutex)), stream_(std::move(stream)) {}
        ~Watch() override {
            const std::scoped_lock guard(*mutex_);
            stream_.reset();
        }
        Async<std::optional<WatchOutput>> next(const Context& context) override {
            const std::scoped_lock guard(*mutex_);
            return stream_->next(context);
        }

      private:
        std::shared_ptr<std::mutex> mutex_;
        std::optional<Stream<WatchOutput>> stream_;
    };

    class Snapshot final : public SnapshotSource {
      public:
        Snapshot(std::shared_ptr<std::mutex> mutex, SnapshotHandle inner)
            : mutex_(std::move(mutex)), inner_(std::move(inner)) {}
        ~Snapshot() override {
            const std::scoped_lock guard(*mutex_);
            inner_.reset();
        }
        Async<ReadOutput> read(const Context& context, std::span<const ReadRange> ranges) override {
            const std::scoped_lock guard(*mutex_);
            return inner_->read(context, ranges);
        }

      private:
        std::shared_ptr<std::mutex> mutex_;
        SnapshotHandle inner_;
    };

    std::shared_ptr<std::mutex> mutex_;
    B backend_;
};

}  // namespace turntable::inline v0::kv
