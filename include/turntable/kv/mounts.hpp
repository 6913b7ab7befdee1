#pragma once

/// \file
/// Several databases as one: each serves the keys that begin with its prefix.
/// Purpose: data of different kinds in different engines behind one handle. Ownership: see
/// MountedBackend. Threads: any. Errors: see MountedBackend.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/any_backend.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv {

/// One database and the keys that it serves.
///
/// Purpose: an argument of MountedBackend::make. Ownership: owns the backend.
/// Threads: a value. Errors: none.
struct Mount {
    /// Serves this key and every key that begins with its parts, as they are: nothing is cut off.
    Key prefix;
    AnyBackend backend;
    /// Shown in errors, such as a masked URL.
    std::string name = {};
};

namespace detail {
class MountTable;
}  // namespace detail

/// Several databases behind one contract: the longest prefix that a key begins with serves it, and
/// the default mount what no prefix takes.
///
/// Purpose: `{"sessions"}` in memory and all else in a file, as one database. Reads, lists and
/// watches go over all mounts, in key order. What mounts cannot give together is said in the
/// capabilities, which are otherwise what all of them can do:
/// - one_snapshot is false: a read over several mounts shows one state of each.
/// - one_commit is false: an atomic write names keys of one mount only, else it is `unsupported`
///   and nothing is written. A delete_range over several mounts is a commit in each of them.
/// - Versionstamps are those of each mount; two of different mounts do not compare.
/// - The queue is that of the default mount; a write with messages names only keys of that one.
/// Ownership: owns the backends. close() closes all of them.
/// Threads: as the backends; each must be Threading::concurrent.
/// Errors: those of the mount that serves; make() gives invalid_argument for two mounts of one
/// prefix and for one without parts.
class TURNTABLE_EXPORT MountedBackend {
  public:
    static Result<MountedBackend> make(AnyBackend default_mount, std::vector<Mount> mounts,
                                       std::shared_ptr<Runtime> runtime = Runtime::shared());
    MountedBackend(MountedBackend&&) noexcept;
    ~MountedBackend();

    Capabilities capabilities() const;
    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options);
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write);
    Result<Stream<WatchOutput>> watch(const Context& context, std::span<const WatchTarget> targets);
    Async<QueueMessage> queue_take(const Context& context);
    Async<void> queue_finish(const Context& context, std::string_view id, Delivery delivery);
    Async<void> queue_extend(const Context& context, std::string_view id);
    Async<Health> health(const Context& context);
    Async<void> close(const Context& context);
    Async<std::optional<Entry>> get(const Context& context, ByteView key);
    Async<SnapshotHandle> open_snapshot(const Context& context);
    Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start, ByteView end);

  private:
    explicit MountedBackend(std::shared_ptr<detail::MountTable> table);

    std::shared_ptr<detail::MountTable> table_;
};

}  // namespace turntable::inline v0::kv
