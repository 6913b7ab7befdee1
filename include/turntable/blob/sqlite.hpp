#pragma once

/// \file
/// The `sqlite:` backend of blobs: objects in one SQLite file, which may be that of a kv database.
///
/// Purpose: a file that holds what a program knows and what it keeps, in tables beside those of
/// Deno KV's format. docs/backends/sqlite-blobs.md describes it, docs/formats/sqlite-blobs.md the
/// tables. Ownership: a backend owns its connections, and with the path `:memory:` a temporary
/// file. Threads: any. Several processes may use one file, also through kv::SqliteBackend. A
/// process that forks must not use a backend that was opened before the fork in the child (SQLite's
/// own rule). Errors: `corrupt`, `busy`, `no_space`, `io`, `permission_denied`, `commit_unknown`
/// name the file and carry SQLite's extended code as backend_code.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "turntable/blob/backend.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/core/settings.hpp"

namespace turntable::inline v0::blob {

/// When a change is acknowledged (`PRAGMA synchronous`).
enum class SqliteDurability : std::uint8_t {
    full,  ///< on disk: survives a loss of power
    normal,  ///< handed to the system: the newest may be lost with the power, not with us
    off,  ///< as normal; a loss of power may also damage the file
};

/// The settings of a sqlite: store of blobs.
///
/// Purpose: what `sqlite:FILE?name=value` says, typed. Ownership: a value. Threads: a value.
/// Errors: invalid_config from sqlite_settings().validate.
struct SqliteOptions {
    /// The file, or `:memory:` for a private temporary one that is deleted with the backend.
    std::string path{};
    SqliteDurability durability = SqliteDurability::full;
    /// How long a call waits for a lock that another connection holds.
    std::chrono::milliseconds busy_timeout{5000};
    /// Make the file if it is not there.
    bool create = true;
    /// Never write: neither blobs nor tables.
    bool read_only = false;
    /// How much of a blob is one row. Blobs keep the size with which they were written.
    ByteSize chunk{std::uint64_t{64} << 10U};
    /// A write that was left unfinished for so long is taken back by the next who writes.
    std::chrono::milliseconds abandoned_after{std::chrono::hours(1)};
};

/// The description of SqliteOptions: names, ranges, help.
TURNTABLE_EXPORT const SettingsDescription<SqliteOptions>& sqlite_settings();

namespace sqlite {
class Store;
}  // namespace sqlite

class SqliteBackend;
class Registry;

/// A backend for the file that `options` names, which is not touched yet. A null runtime is
/// Runtime::shared(). Errors: invalid_config.
TURNTABLE_EXPORT Result<SqliteBackend> open_sqlite(SqliteOptions options,
                                                   std::shared_ptr<Runtime> runtime = nullptr);

/// Blobs in a SQLite file; models blob::Backend.
///
/// Purpose: what open_sqlite gives; goes into blob::AnyBackend or BasicStore as it is. Every change
/// is one transaction; the chunks of a large streamed write are put before it, and taken back if it
/// never comes.
/// Ownership: owns its connections; readers, writers and listings share them.
/// Threads: any. A caller that waits does the work on its own thread, others on the blocking pool.
/// Errors: as blob::Backend, and those at the top of this file; `corrupt` for a chunk that does not
/// have its checksum. Somebody who reads while the blob is written anew may see `condition_failed`
/// from a reader that is open; read() and copy() see one version.
class TURNTABLE_EXPORT SqliteBackend {
  public:
    SqliteBackend(SqliteBackend&& other) noexcept;
    SqliteBackend& operator=(SqliteBackend&& other) noexcept;
    ~SqliteBackend();

    /// Opens the file now, on this thread, instead of with the first call.
    Result<void> connect();

    Capabilities capabilities() const;
    Async<Metadata> stat(const Context& context, std::string_view path,
                         const Conditions& conditions);
    Async<ReadHandle> open_read(const Context& context, std::string_view path,
                                const Conditions& conditions);
    Async<WriteHandle> open_write(const Context& context, std::string_view path,
                                  const WriteOptions& options);
    Result<Stream<EntryPage>> list(const Context& context, std::string_view prefix,
                                   const ListOptions& options);
    Async<void> remove(const Context& context, std::string_view path, const RemoveOptions& options);
    Async<void> create_dir(const Context& context, std::string_view path);
    Async<Health> health(const Context& context);
    Async<void> close(const Context& context);

    Async<Bytes> read(const Context& context, std::string_view path, const ByteRange& range,
                      const Conditions& conditions);
    Async<Metadata> write(const Context& context, std::string_view path, ByteView bytes,
                          const WriteOptions& options);
    Async<void> copy(const Context& context, std::string_view from, std::string_view to,
                     const CopyOptions& options);
    Async<void> rename(const Context& context, std::string_view from, std::string_view to,
                       const RenameOptions& options);
    Async<void> remove_all(const Context& context, std::string_view path);

  private:
    friend Result<SqliteBackend> open_sqlite(SqliteOptions, std::shared_ptr<Runtime>);
    explicit SqliteBackend(std::shared_ptr<sqlite::Store> store) noexcept;
    std::shared_ptr<sqlite::Store> store_;
};

/// Serves `sqlite:FILE` and `sqlite::memory:`. Errors: as Registry::add.
TURNTABLE_EXPORT Result<void> register_sqlite(Registry& registry);

}  // namespace turntable::inline v0::blob
