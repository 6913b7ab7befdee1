#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "turntable/blob/backend.hpp"
#include "turntable/blob/detail/flat_list.hpp"

namespace turntable::inline v0::blob::memory {

/// One version of one blob; never changed.
struct Blob {
    Bytes content;
    Metadata metadata;
};
using BlobPtr = std::shared_ptr<const Blob>;

/// What a write is held to by the backend that it came through.
struct Terms {
    std::int64_t now_ms;
    std::uint64_t blob_bytes_max;
};

/// The blobs of one store, by path; directories that were made are marks.
///
/// Purpose: what backends of one name share. Ownership: shared by them, and by listings and writers
/// that they gave away. Threads: any.
/// Errors: as blob::Backend.
class Store {
  public:
    /// The file, or not_found, or type_mismatch where only a directory is.
    Result<BlobPtr> find(std::string_view path) const;
    Result<Metadata> stat(std::string_view path) const;
    Result<Metadata> put(std::string_view path, Bytes content, const WriteOptions& options,
                         const Terms& terms);
    Result<void> copy(std::string_view from, std::string_view to, const CopyOptions& options,
                      std::int64_t now_ms);
    Result<void> rename(std::string_view from, std::string_view to, const RenameOptions& options);
    Result<void> remove(std::string_view path, const RemoveOptions& options);
    void remove_all(std::string_view path);
    void create_dir(std::string_view path, std::int64_t now_ms);
    /// Goes on with a listing for at most so many entries.
    EntryPage next_page(detail::FlatList& list, std::size_t entries_max) const;

  private:
    using Blobs = std::map<std::string, BlobPtr, std::less<>>;
    bool has_below(std::string_view directory) const;
    Result<BlobPtr> find_locked(std::string_view path) const;
    std::string next_etag() { return std::to_string(++last_etag_); }

    mutable std::shared_mutex mutex_;
    Blobs blobs_;
    std::uint64_t last_etag_ = 0;
};

}  // namespace turntable::inline v0::blob::memory
