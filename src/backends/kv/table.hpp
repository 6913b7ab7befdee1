#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/kv/manifest.hpp"
#include "turntable/blob/kv.hpp"
#include "turntable/core/coroutine.hpp"
#include "turntable/kv/async_database.hpp"

namespace turntable::inline v0::blob::chunked {

/// Where blobs lie among the keys of a database, encoded.
class Keys {
  public:
    explicit Keys(const std::string& prefix);
    std::string file(std::string_view path) const;
    /// After all files.
    const std::string& files_end() const noexcept { return files_end_; }
    Result<std::string> path_of(ByteView file_key) const;
    std::string chunk(const ContentId& id, std::uint64_t number) const;
    std::string pending(const ContentId& id) const;
    std::string pending_start() const { return pending_; }
    std::string pending_end() const;
    Result<ContentId> pending_id(ByteView pending_key) const;
    /// The bytes of a file's key beside its path.
    std::size_t overhead() const;

  private:
    std::string files_;
    std::string files_end_;
    std::string chunks_;
    std::string pending_;
};

/// An atomic write that owns what it names.
class Batch {
  public:
    void check(std::string key, std::optional<kv::Versionstamp> versionstamp);
    void set(std::string key, std::string value);
    void remove(std::string key);
    kv::AtomicWrite view() const noexcept { return {checks_, mutations_, {}}; }

  private:
    ByteView keep(std::string text);

    std::deque<std::string> texts_;
    std::vector<kv::Check> checks_;
    std::vector<kv::Mutation> mutations_;
};

/// A manifest and the version of its entry.
struct Stored {
    Manifest manifest;
    kv::Versionstamp versionstamp;
};

/// The blobs of one database.
///
/// Purpose: what a KvBackend and what it gave away share. Ownership: shares the database.
/// Threads: any; calls are coroutines that keep the table.
/// Errors: as blob::Backend.
class Table : public std::enable_shared_from_this<Table> {
  public:
    Table(kv::Database database, KvOptions options, bool owns_database);

    kv::AnyBackend& database() const noexcept { return database_.backend(); }
    Runtime& runtime() const noexcept { return database_.runtime(); }
    const kv::AsyncDatabase& handle() const noexcept { return database_; }
    const Keys& keys() const noexcept { return keys_; }
    std::int64_t now_ms() const;
    std::uint32_t chunk_bytes() const noexcept { return chunk_bytes_; }
    /// How many chunks one write of the database takes.
    std::size_t chunks_at_once() const noexcept { return chunks_at_once_; }
    bool owns_database() const noexcept { return owns_database_; }
    const std::atomic<bool>& closed() const noexcept { return closed_; }
    void close() noexcept { closed_ = true; }
    /// True for the first who asks: takes back what others left unfinished.
    bool must_sweep() noexcept { return !swept_.exchange(true); }
    std::int64_t abandoned_before_ms() const;

    /// The entry of a path as it is, if there is one.
    static Async<std::optional<Stored>> find(std::shared_ptr<Table> self, Context context,
                                             std::string path);
    /// The file of a path, or the error that says why there is none.
    static Async<Stored> find_file(std::shared_ptr<Table> self, Context context, std::string path);
    /// Whether anything lies below a directory, beside its own mark.
    static Async<bool> has_below(std::shared_ptr<Table> self, Context context,
                                 std::string directory);
    static Async<Metadata> stat(std::shared_ptr<Table> self, Context context, std::string path);
    static Async<void> remove(std::shared_ptr<Table> self, Context context, std::string path,
                              std::string if_match);
    static Async<void> rename(std::shared_ptr<Table> self, Context context, std::string from,
                              std::string to, bool if_not_exists);
    static Async<void> create_dir(std::shared_ptr<Table> self, Context context, std::string path);

    /// Marks the content of a manifest as no longer in use, in the write that makes it so.
    void discard(Batch& batch, const Manifest& manifest) const;
    /// Removes chunks, and at last the mark that they are to be removed.
    static Async<void> erase(std::shared_ptr<Table> self, Context context, ContentId id,
                             std::uint64_t chunks);
    static Async<void> erase(std::shared_ptr<Table> self, Context context, Manifest manifest);
    static Async<void> sweep(std::shared_ptr<Table> self, Context context);

  private:
    kv::AsyncDatabase database_;
    KvOptions options_;
    Keys keys_;
    std::uint32_t chunk_bytes_;
    std::size_t chunks_at_once_;
    bool owns_database_;
    std::atomic<bool> closed_ = false;
    std::atomic<bool> swept_ = false;
};
using TablePtr = std::shared_ptr<Table>;

/// How often a write starts again because the blob changed meanwhile.
inline constexpr int tries_max = 10'000;
Error too_many_tries(std::string_view path);

/// Bytes of a blob from `offset` on, at most `length_max` and at least one. `condition_failed` when
/// a chunk is gone, because the blob was written anew.
Async<Bytes> read_chunks(TablePtr table, Context context, std::shared_ptr<const Manifest> manifest,
                         std::uint64_t offset, std::size_t length_max);

ReadHandle make_reader(TablePtr table, Manifest manifest);
WriteHandle make_writer(TablePtr table, std::string_view path, const WriteOptions& options);
Stream<EntryPage> make_listing(TablePtr table, std::string_view prefix, const ListOptions& options);

}  // namespace turntable::inline v0::blob::chunked
