#pragma once

#include <cstdint>
#include <memory>

#include "backends/sqlite/file/connection.hpp"
#include "turntable/core/bytes.hpp"
#include "turntable/tape/storage.hpp"

/// \file
/// The bytes of a tape, as rows.
namespace turntable::inline v0::tape::sqlite {

/// The most bytes of a row.
inline constexpr std::size_t chunk_bytes = std::size_t{32} << 10U;

/// How many bytes tape `n` has.
Result<std::uint64_t> content_size(sql::Connection& connection, std::int64_t n);
/// Those from `offset` on; fewer where it ends. Errors: `corrupt` where a row is missing.
Result<Bytes> read_content(sql::Connection& connection, std::int64_t n, std::uint64_t offset,
                           std::uint64_t length);
/// Appends to the `size` bytes that are there.
Result<void> append_content(sql::Connection& connection, std::int64_t n, std::uint64_t size,
                            ByteView bytes);
/// All of a source as the content of a tape that has none. Gives its bytes.
Result<std::uint64_t> copy_content(sql::Connection& connection, std::int64_t n, Source& source);
/// For a Reader; lives no longer than the transaction.
std::unique_ptr<Source> content_source(sql::Connection& connection, std::int64_t n);

}  // namespace turntable::inline v0::tape::sqlite
