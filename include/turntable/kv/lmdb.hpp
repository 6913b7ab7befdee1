#pragma once

/// \file
/// The `lmdb:` backend: a database in a folder, read straight from memory pages.
///
/// Purpose: the fast embedded engine: point reads and scans touch no lock and copy nothing but what
/// is handed out. docs/backends/lmdb.md describes it, docs/formats/lmdb.md what is in the folder.
/// Ownership: all backends of a process that name one folder share one environment of LMDB, which
/// closes with the last of them, its snapshots and the values that these gave.
/// Threads: any. Several processes may use one folder. A process that forks must not use a backend
/// that was opened before the fork in the child, not even to destroy it (LMDB's own rule).
/// Errors: `corrupt`, `no_space`, `busy`, `io`, `permission_denied`, `unsupported` name the folder
/// and carry LMDB's or the system's code as backend_code.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "turntable/core/runtime.hpp"
#include "turntable/core/settings.hpp"
#include "turntable/kv/backend.hpp"
#include "turntable/kv/ordered_store_options.hpp"

namespace turntable::inline v0::kv {

/// When a commit of LMDB is acknowledged.
enum class LmdbDurability : std::uint8_t {
    full,  ///< on disk: survives a loss of power
    normal,  ///< a loss of power may undo the newest commits, and damages nothing (MDB_NOMETASYNC)
    off,  ///< handed to the system: a loss of power may also damage the folder (MDB_NOSYNC)
};

/// Whether the structure of every page and the checksum of every entry is checked when a folder is
/// opened first in a process. Without it a damaged page is found when it is used, and may end the
/// program, since LMDB trusts the structure of its pages; damaged values are always found.
enum class LmdbVerify : std::uint8_t {
    automatic,  ///< for databases of up to lmdb_verify_bytes_max
    always,  ///< a second for every GB or so
    never,
};

/// The largest database that is checked by default.
inline constexpr std::uint64_t lmdb_verify_bytes_max = 16U << 20U;

/// Whose limits hold.
enum class LmdbProfile : std::uint8_t {
    full,  ///< those of this library: see Limits
    deno,  ///< those of Deno's client, see deno_limits()
};

/// The settings of an lmdb: store.
///
/// Purpose: what `lmdb:FOLDER?name=value` says, typed. Ownership: a value. Threads: a value.
/// Errors: invalid_config from lmdb_settings().validate.
struct LmdbOptions {
    /// The folder, which holds data.mdb and lock.mdb and nothing else.
    std::string path{};
    LmdbDurability durability = LmdbDurability::full;
    /// Address space for the file at first; it doubles whenever it is used up.
    ByteSize map_size{64U << 20U};
    /// The file grows no further than this.
    ByteSize max_size{std::uint64_t{1} << 40U};
    /// Snapshots and reads that are open at one time in all processes; of whoever opens first.
    std::uint32_t readers = 1000;
    /// Make the folder if it is not there.
    bool create = true;
    /// Never write to the data.
    bool read_only = false;
    LmdbVerify verify = LmdbVerify::automatic;
    /// Where reads of callers run that do not wait on their own thread.
    ReadMode reads = ReadMode::on_caller;
    /// How often the folder is asked for commits of others while somebody watches it; they are seen
    /// after twice this time at the latest.
    std::chrono::milliseconds poll_interval{50};
    LmdbProfile profile = LmdbProfile::full;
    /// How long a message may be worked on before it is delivered again, unless extended.
    std::chrono::milliseconds lease{5000};
};

/// The description of LmdbOptions: names, ranges, help.
TURNTABLE_EXPORT const SettingsDescription<LmdbOptions>& lmdb_settings();

class Registry;
class LmdbBackend;

/// A backend for the folder that `options` names, which is not touched yet. A null runtime is
/// Runtime::shared(). Errors: invalid_config.
TURNTABLE_EXPORT Result<LmdbBackend> open_lmdb(LmdbOptions options,
                                               std::shared_ptr<Runtime> runtime = nullptr);

/// A database in a folder, on LMDB; models kv::Backend.
///
/// Purpose: what open_lmdb gives; goes into kv::AnyBackend or BasicDatabase as it is.
/// Ownership: shares the environment of its folder, see the top of this file. A value of a snapshot
/// that is larger than a kibibyte is not copied: it keeps its snapshot, and with it the space of
/// everything that is overwritten meanwhile.
/// Threads: any. Do not destroy it on a thread of its runtime's blocking pool.
/// Errors: as kv::Backend, and those at the top of this file.
class TURNTABLE_EXPORT LmdbBackend {
  public:
    LmdbBackend(LmdbBackend&& other) noexcept;
    LmdbBackend& operator=(LmdbBackend&& other) noexcept;
    ~LmdbBackend();

    /// Opens the folder now, on this thread, instead of with the first call.
    Result<void> connect();

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
    friend Result<LmdbBackend> open_lmdb(LmdbOptions, std::shared_ptr<Runtime>);
    struct State;
    explicit LmdbBackend(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// Serves `lmdb:FOLDER`. Errors: as Registry::add.
TURNTABLE_EXPORT Result<void> register_lmdb(Registry& registry);

}  // namespace turntable::inline v0::kv
