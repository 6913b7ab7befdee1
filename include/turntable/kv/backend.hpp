#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string_view>

#include "turntable/core/async.hpp"
#include "turntable/core/health.hpp"
#include "turntable/core/stream.hpp"
#include "turntable/core/unique_function.hpp"
#include "turntable/kv/capabilities.hpp"
#include "turntable/kv/contract.hpp"

namespace turntable::inline v0::kv {

/// What stands behind a snapshot; implemented by backends.
///
/// Purpose: many reads of one state of the database, which stays as it is while others write.
/// Ownership: owned by a SnapshotHandle; keeps what it needs of its backend alive.
/// Threads: one thread at a time. Errors: as snapshot_read.
class TURNTABLE_EXPORT SnapshotSource {
  public:
    SnapshotSource() = default;
    SnapshotSource(const SnapshotSource&) = delete;
    SnapshotSource& operator=(const SnapshotSource&) = delete;
    virtual ~SnapshotSource() = default;
    virtual Async<ReadOutput> read(const Context& context, std::span<const ReadRange> ranges) = 0;
    /// A point read; by default a range of one. An engine may give a value that it did not copy.
    virtual Async<std::optional<Entry>> get(const Context& context, ByteView key);
};

using SnapshotHandle = std::unique_ptr<SnapshotSource>;

/// The kv contract: what a class must have to serve as a database. No base class: anything that
/// models this goes into kv::AnyBackend as it is.
///
/// Purpose: the seam between engines and users. `kv::OrderedStore` models it for any engine with
/// six calls, so most backends are written against kv::OrderedEngine instead.
/// Ownership: whoever holds the backend. Its destructor releases connections and temporary files,
/// asks what is pending to stop, and returns when nothing of it runs any more.
/// Threads: as `capabilities().threading` says.
/// Errors: each call answers with a Result. `closed` after close; `limit_exceeded`,
/// `invalid_argument`, `permission_denied` (read-only), `unsupported` as declared;
/// `commit_unknown` when the fate of a submitted write is not known; otherwise the engine's.
///
/// - capabilities(): cheap, never fails.
/// - snapshot_read: all ranges from one snapshot; reserved keys (first byte FF) are never given.
/// - atomic_write: checks, then mutations in order, then enqueues; all or nothing. A write without
///   mutations still commits and gets a versionstamp.
/// - watch: see WatchOutput. The stream ends with the backend.
/// - queue_take: pends until a message is due; leases it. queue_finish, queue_extend: `not_found`
///   when the lease has ended and the message went back.
/// - health: asks the engine now.
/// - close: refuses new calls, ends watches and takes, waits for the rest. A second close is fine.
template <class B>
concept Backend = requires(B& backend, const B& constant, const Context& context,
                           std::span<const ReadRange> ranges, const ReadOptions& options,
                           const AtomicWrite& write, std::span<const WatchTarget> targets,
                           std::string_view id, Delivery delivery) {
    { constant.capabilities() } -> std::convertible_to<Capabilities>;
    { backend.snapshot_read(context, ranges, options) } -> std::same_as<Async<ReadOutput>>;
    { backend.atomic_write(context, write) } -> std::same_as<Async<CommitResult>>;
    { backend.watch(context, targets) } -> std::same_as<Result<Stream<WatchOutput>>>;
    { backend.queue_take(context) } -> std::same_as<Async<QueueMessage>>;
    { backend.queue_finish(context, id, delivery) } -> std::same_as<Async<void>>;
    { backend.queue_extend(context, id) } -> std::same_as<Async<void>>;
    { backend.health(context) } -> std::same_as<Async<Health>>;
    { backend.close(context) } -> std::same_as<Async<void>>;
};

/// Optional: a point read that is faster than a range of one.
template <class B>
concept BackendWithGet = requires(B& backend, const Context& context, ByteView key) {
    { backend.get(context, key) } -> std::same_as<Async<std::optional<Entry>>>;
};
/// Optional, announced by `capabilities().snapshots`.
template <class B>
concept BackendWithSnapshots = requires(B& backend, const Context& context) {
    { backend.open_snapshot(context) } -> std::same_as<Async<SnapshotHandle>>;
};
/// Optional, announced by `capabilities().delete_range`.
template <class B>
concept BackendWithDeleteRange =
    requires(B& backend, const Context& context, ByteView start, ByteView end) {
        { backend.delete_range(context, start, end) } -> std::same_as<Async<DeleteRangeOutput>>;
    };
/// Optional, announced by `capabilities().native_backup`: everything that the store holds as a file
/// in the engine's own form, versionstamps and messages included, of one state while others write.
/// backup_to: the file is there when it is whole and on disk; `already_exists` unless `replace`.
/// restore_from: makes a store that is not there yet of such a file; `already_exists` otherwise.
template <class B>
concept BackendWithBackup =
    requires(B& backend, const Context& context, std::string_view path, bool replace) {
        { backend.backup_to(context, path, replace) } -> std::same_as<Async<void>>;
        { backend.restore_from(context, path) } -> std::same_as<Async<void>>;
    };

namespace detail {
/// Completes a point read that was made as a range; the answer may still be pending.
TURNTABLE_EXPORT Async<std::optional<Entry>> single_entry(Async<ReadOutput> read);
/// Puts something around a snapshot, once it is there.
TURNTABLE_EXPORT Async<SnapshotHandle> wrapped_snapshot(
    Async<SnapshotHandle> opened, UniqueFunction<SnapshotHandle(SnapshotHandle)> wrap);
TURNTABLE_EXPORT Error unsupported_call(std::string_view call);
}  // namespace detail

/// The point read of any backend: its own if it has one, else a range of one.
template <Backend B>
Async<std::optional<Entry>> backend_get(B& backend, const Context& context, ByteView key) {
    if constexpr (BackendWithGet<B>) {
        return backend.get(context, key);
    } else {
        const std::string end = key.to_string() + '\0';
        const ReadRange range{key, end, 1, false};
        return detail::single_entry(backend.snapshot_read(context, std::span(&range, 1), {}));
    }
}

/// The snapshot of any backend, or `unsupported`.
template <Backend B>
Async<SnapshotHandle> backend_open_snapshot(B& backend, const Context& context) {
    if constexpr (BackendWithSnapshots<B>) {
        return backend.open_snapshot(context);
    } else {
        return detail::unsupported_call("open_snapshot");
    }
}

/// The range removal of any backend, or `unsupported`.
template <Backend B>
Async<DeleteRangeOutput> backend_delete_range(B& backend, const Context& context, ByteView start,
                                              ByteView end) {
    if constexpr (BackendWithDeleteRange<B>) {
        return backend.delete_range(context, start, end);
    } else {
        return detail::unsupported_call("delete_range");
    }
}

/// The native backup of any backend, or `unsupported`.
template <Backend B>
Async<void> backend_backup_to(B& backend, const Context& context, std::string_view path,
                              bool replace) {
    if constexpr (BackendWithBackup<B>) {
        return backend.backup_to(context, path, replace);
    } else {
        return detail::unsupported_call("backup_to");
    }
}

/// The native restore of any backend, or `unsupported`.
template <Backend B>
Async<void> backend_restore_from(B& backend, const Context& context, std::string_view path) {
    if constexpr (BackendWithBackup<B>) {
        return backend.restore_from(context, path);
    } else {
        return detail::unsupported_call("restore_from");
    }
}

}  // namespace turntable::inline v0::kv
