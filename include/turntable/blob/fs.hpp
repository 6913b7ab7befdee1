#pragma once

/// \file
/// The `fs:` backend: blobs as files in a folder.
///
/// Purpose: files that every other program can read, written so that nobody sees half of one.
/// docs/backends/fs.md says what holds, and what other programs in the same folder can break.
/// Ownership: a backend holds the folder open. Threads: any; several processes may use one folder.
/// Errors: `not_found`, `already_exists`, `type_mismatch`, `permission_denied` (also for symbolic
/// links, which are never followed), `no_space`, `limit_exceeded`, `io` name the path and carry the
/// system's number as backend_code.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "turntable/blob/backend.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/core/settings.hpp"

namespace turntable::inline v0::blob {

/// When a change is acknowledged.
enum class FsDurability : std::uint8_t {
    full,  ///< file and folder are on disk: it survives a loss of power
    process,  ///< handed to the system: the newest may be lost with the power, not with us
};

/// The folder in the root of a store in which it keeps what is not content: unfinished files, and
/// attributes where the file system has none. It is in no listing, and no path may lead there, nor
/// into that of a store whose root lies in this one.
inline constexpr std::string_view fs_private_folder = ".turntable-fs";

/// The settings of an fs: store.
///
/// Purpose: what `fs:FOLDER?name=value` says, typed. Ownership: a value. Threads: a value.
/// Errors: invalid_config from fs_settings().validate.
struct FsOptions {
    /// The folder that holds all blobs.
    std::string root{};
    /// Make the folder, and those above it, if it is not there.
    bool create = true;
    FsDurability durability = FsDurability::full;
};

/// The description of FsOptions: names, ranges, help.
TURNTABLE_EXPORT const SettingsDescription<FsOptions>& fs_settings();

namespace fs {
class Store;
}  // namespace fs

class FsBackend;
class Registry;

/// A backend for the folder that `options` names, which is not touched yet. A null runtime is
/// Runtime::shared(). Errors: invalid_config.
TURNTABLE_EXPORT Result<FsBackend> open_fs(FsOptions options,
                                           std::shared_ptr<Runtime> runtime = nullptr);

/// Blobs as files in a folder; models blob::Backend.
///
/// Purpose: what open_fs gives; goes into blob::AnyBackend or BasicStore as it is.
/// Ownership: holds the folder open, by its descriptor: it may be renamed meanwhile.
/// Threads: any. A caller that waits does the work on its own thread, others on the blocking pool.
/// Errors: as blob::Backend, and those at the top of this file.
class TURNTABLE_EXPORT FsBackend {
  public:
    FsBackend(FsBackend&& other) noexcept;
    FsBackend& operator=(FsBackend&& other) noexcept;
    ~FsBackend();

    /// Opens the folder now, on this thread, instead of with the first call, and removes what
    /// killed processes left unfinished.
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
    friend Result<FsBackend> open_fs(FsOptions, std::shared_ptr<Runtime>);
    explicit FsBackend(std::shared_ptr<fs::Store> store) noexcept;
    std::shared_ptr<fs::Store> store_;
};

/// Serves `fs:FOLDER`. Errors: as Registry::add.
TURNTABLE_EXPORT Result<void> register_fs(Registry& registry);

}  // namespace turntable::inline v0::blob
