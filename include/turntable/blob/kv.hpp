#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "turntable/blob/backend.hpp"
#include "turntable/blob/registry.hpp"
#include "turntable/core/settings.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/kv/registry.hpp"

namespace turntable::inline v0::blob {

/// How blobs lie in a database.
///
/// Purpose: the settings of a KvBackend, also those of a URL. Ownership: a value. Threads: a value.
/// Errors: none.
struct KvOptions {
    /// The first part of all keys that the store uses; the rest of the database is left alone.
    std::string key_prefix = "blobs";
    /// How much of a blob is one value. Blobs keep the size with which they were written.
    ByteSize chunk{std::uint64_t{32} << 10U};
    /// A write that was left unfinished for so long is taken back by whoever opens the store next.
    std::chrono::milliseconds abandoned_after{std::chrono::hours(1)};
};

namespace chunked {
class Table;
}  // namespace chunked

/// Blobs in chunks, over any kv database: `kv+sqlite:app.db`, `kv+memory:`, `kv+lmdb:folder`.
///
/// Purpose: objects where there is a database and nothing else, in the form that
/// docs/formats/kv-blobs.md describes. A blob becomes visible with one atomic write; the chunks of
/// a large one are written before it, and taken back if it never comes.
/// Ownership: shares the database.
/// Threads: any. Errors: as blob::Backend, and those of the database; `corrupt` for a chunk that
/// does not have its checksum. Somebody who reads while the blob is written anew may see
/// `condition_failed` from a reader that is open; read() and copy() then take the new blob.
class TURNTABLE_EXPORT KvBackend {
  public:
    /// Over a database that the caller goes on using.
    explicit KvBackend(kv::Database database, KvOptions options = {});
    /// Over a database that is closed with the store.
    static KvBackend owning(kv::Database database, KvOptions options = {});
    KvBackend(KvBackend&& other) noexcept;
    KvBackend& operator=(KvBackend&& other) noexcept;
    ~KvBackend();

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
    Async<void> copy(const Context& context, std::string_view from, std::string_view to,
                     const CopyOptions& options);
    Async<void> rename(const Context& context, std::string_view from, std::string_view to,
                       const RenameOptions& options);

  private:
    explicit KvBackend(std::shared_ptr<chunked::Table> table) noexcept;
    std::shared_ptr<chunked::Table> table_;
};

/// The description of KvOptions.
TURNTABLE_EXPORT const SettingsDescription<KvOptions>& kv_settings();

/// Serves `kv+SCHEME:` for each scheme that `databases` serves now: the rest of the URL opens the
/// database, but for the settings of KvOptions, which are ours.
TURNTABLE_EXPORT Result<void> register_kv(Registry& registry,
                                          std::shared_ptr<const kv::Registry> databases);

}  // namespace turntable::inline v0::blob
