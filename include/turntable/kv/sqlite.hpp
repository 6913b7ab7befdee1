#pragma once

/// \file
/// The `sqlite:` backend: a database in one file, in Deno KV's own format.
///
/// Purpose: the embedded default. A file made by Deno is opened as it is, and Deno opens what this
/// backend wrote. docs/backends/sqlite.md describes it, docs/formats/sqlite.md the file.
/// Ownership: a backend owns its connections, and with the path `:memory:` a temporary file.
/// Threads: any. Several processes may use one file. A process that forks must not use a backend
/// that was opened before the fork in the child, not even to destroy it (SQLite's own rule).
/// Errors: `corrupt`, `busy`, `no_space`, `io`, `permission_denied`, `commit_unknown` name the path
/// and carry SQLite's extended code as backend_code.

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

/// When a commit of SQLite is acknowledged (`PRAGMA synchronous`).
enum class SqliteDurability : std::uint8_t {
    full,  ///< on disk: survives a loss of power
    normal,  ///< handed to the system: the newest commits may be lost with the power, not with us
    off,  ///< as normal; a loss of power may also damage the file
};

/// Whether the structure of every page is checked when a file is opened (`PRAGMA quick_check`),
/// beyond its header and its tables. Without it damage is found when a page is used, and some of it
/// not even then: SQLite follows a damaged page to a place where an entry is not.
enum class SqliteVerify : std::uint8_t {
    automatic,  ///< for files of up to sqlite_verify_bytes_max, which takes some 60 ms
    always,  ///< a second for every 250 MB or so
    never,
};

/// The largest file that is checked by default.
inline constexpr std::uint64_t sqlite_verify_bytes_max = 16U << 20U;

/// Whose limits hold.
enum class SqliteProfile : std::uint8_t {
    full,  ///< those of this library: see Limits
    deno,  ///< those of Deno's client, see deno_limits(): nothing is written that Deno refuses
};

/// The settings of a sqlite: store.
///
/// Purpose: what `sqlite:FILE?name=value` says, typed. Ownership: a value. Threads: a value.
/// Errors: invalid_config from sqlite_settings().validate.
struct SqliteOptions {
    /// The file, or `:memory:` for a private temporary one that is deleted with the backend.
    std::string path{};
    SqliteDurability durability = SqliteDurability::full;
    /// How long a call waits for a lock that another connection holds.
    std::chrono::milliseconds busy_timeout{5000};
    /// Connections that are kept for reading; more are opened and closed when all are in use.
    std::uint32_t readers = 8;
    /// Make the file if it is not there.
    bool create = true;
    /// Never write: neither entries nor a newer format.
    bool read_only = false;
    SqliteVerify verify = SqliteVerify::automatic;
    /// Page cache of each connection.
    ByteSize cache{2U << 20U};
    /// Where reads of callers run that do not wait on their own thread.
    ReadMode reads = ReadMode::on_caller;
    /// How often the file is asked for commits of other processes while somebody watches it; they
    /// are seen after twice this time at the latest.
    std::chrono::milliseconds poll_interval{50};
    SqliteProfile profile = SqliteProfile::full;
    /// How long a message may be worked on before it is delivered again, unless extended.
    std::chrono::milliseconds lease{5000};
};

/// The description of SqliteOptions: names, ranges, help.
TURNTABLE_EXPORT const SettingsDescription<SqliteOptions>& sqlite_settings();

class Registry;
class SqliteBackend;

/// A backend for the file that `options` names, which is not touched yet. A null runtime is
/// Runtime::shared(). Errors: invalid_config.
TURNTABLE_EXPORT Result<SqliteBackend> open_sqlite(SqliteOptions options,
                                                   std::shared_ptr<Runtime> runtime = nullptr);

/// A database in one file, in Deno KV's format; models kv::Backend.
///
/// Purpose: what open_sqlite gives; goes into kv::AnyBackend or BasicDatabase as it is.
/// Ownership: owns its connections, and the temporary file of `:memory:`. The destructor closes
/// them; the last connection to a file moves the log into it and removes -wal and -shm.
/// Threads: any. Do not destroy it on a thread of its runtime's blocking pool.
/// Errors: as kv::Backend, and those at the top of this file.
class TURNTABLE_EXPORT SqliteBackend {
  public:
    SqliteBackend(SqliteBackend&& other) noexcept;
    SqliteBackend& operator=(SqliteBackend&& other) noexcept;
    ~SqliteBackend();

    /// Opens the file now, on this thread, instead of with the first call.
    Result<void> connect();

    /// `read_only` is exact once connected: denokv's replicas are opened for reading only.
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
    Async<void> backup_to(const Context& context, std::string_view path, bool replace);
    Async<void> restore_from(const Context& context, std::string_view path);
    Async<Health> health(const Context& context);
    Async<void> close(const Context& context);

  private:
    friend Result<SqliteBackend> open_sqlite(SqliteOptions, std::shared_ptr<Runtime>);
    struct State;
    explicit SqliteBackend(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// Serves `sqlite:FILE`, `sqlite::memory:` and, where nothing else does, strings without a scheme:
/// plain paths. Errors: as Registry::add.
TURNTABLE_EXPORT Result<void> register_sqlite(Registry& registry);

}  // namespace turntable::inline v0::kv
