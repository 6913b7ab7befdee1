#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/sqlite/blob/sql.hpp"
#include "turntable/blob/contract.hpp"
#include "turntable/core/bytes.hpp"

/// \file
/// Blobs as rows, inside the caller's transaction. A row that is not of its form is `corrupt`.
namespace turntable::inline v0::blob::sqlite {

/// A row of turntable_blob_file: a blob without its bytes, or the mark of a directory.
struct FileRow {
    Metadata metadata;
    /// Names its chunks; of no other blob, nor of another version of this one. A mark has 0.
    std::int64_t content = 0;
};

/// The end of what lies below a directory, in the order of paths.
std::string end_of_directory(std::string_view directory);

Result<std::optional<FileRow>> find_row(Connection& connection, std::string_view path);
/// The row that the statement is at, which is one of Sql::list_files.
Result<FileRow> read_row(const Connection& connection, const Statement& row);
/// Whether anything lies below a directory, beside its own mark.
Result<bool> has_below(Connection& connection, std::string_view directory);
/// The file of a path, or the error that says why there is none.
Result<FileRow> find_file(Connection& connection, std::string_view path);
Result<void> put_row(Connection& connection, std::string_view path, const FileRow& row);

/// A content that has no chunks yet.
Result<std::int64_t> new_content(Connection& connection);
/// Chunks of `bytes`, the first of which begins at `start`.
Result<void> put_chunks(Connection& connection, std::int64_t content, std::uint64_t start,
                        ByteView bytes, std::size_t chunk_bytes);
/// The same behind the `size` bytes that are there, into the last chunk if that is small.
Result<void> append_chunks(Connection& connection, std::int64_t content, std::uint64_t size,
                           ByteView bytes, std::size_t chunk_bytes);
/// The bytes; nothing if the content has no chunks at all.
Result<std::optional<Bytes>> read_chunks(Connection& connection, std::int64_t content,
                                         std::uint64_t offset, std::size_t length);
Result<void> remove_chunks(Connection& connection, std::int64_t content);

/// What binds and runs a statement that gives no rows; how many rows it changed.
Result<int> change(Connection& connection, Sql which, std::int64_t first,
                   std::optional<std::int64_t> second = {}, std::optional<std::int64_t> third = {});
Result<int> change(Connection& connection, Sql which, std::string_view first,
                   std::optional<std::string_view> second = {});

/// Another one for each version of a blob, from any 64 bits; and back.
std::string etag_text(std::uint64_t version);

}  // namespace turntable::inline v0::blob::sqlite
