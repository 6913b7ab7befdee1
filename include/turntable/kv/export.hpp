#pragma once

/// \file
/// The entries of a store as lines of JSON, and back into any store.
///
/// Purpose: files that outlive engines and versions, for people and tools too. The format is exact,
/// carries checksums and is documented in docs/formats/export.md. Versionstamps and messages in
/// the queue are not in it.
/// Ownership: everything here borrows its arguments for the length of the call.
/// Threads: each call uses the calling thread, which must not be one of the library.
/// Errors: those of the database and the system, and those at each call.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/transfer.hpp"

namespace turntable::inline v0::kv {

/// Takes the next bytes of an export. An error ends the export with it.
using ExportSink = std::function<Result<void>(std::string_view bytes)>;
/// Puts up to `size` bytes of an export into `buffer` and tells how many; 0 is the end.
using ExportSource = std::function<Result<std::size_t>(char* buffer, std::size_t size)>;

/// What a whole export says of itself.
///
/// Purpose: the answer of check_export. Ownership: a value. Threads: a value. Errors: none.
struct ExportInfo {
    std::uint32_t version = 0;
    std::uint32_t minor = 0;
    /// URL of the store that it came from, without secrets.
    std::string source;
    std::int64_t created_ms = 0;
    /// What was selected.
    KeyRange range;
    std::uint64_t entries = 0;
    /// Of keys, values and expiry times, as in VerifyReport.
    std::uint64_t checksum = 0;
};

/// Writes the entries of one state of `from`. `existing` of the options plays no part.
/// Errors: `unsupported` and `conflict` as copy; `cancelled`; what the sink gave.
TURNTABLE_EXPORT Result<TransferReport> export_entries(const Database& from, const ExportSink& to,
                                                       const TransferOptions& options = {});

/// The same into a new file, which is there under its name when it is whole and on disk, and not
/// before. With Existing::replace a file of that name is replaced at that moment.
/// Errors: `already_exists`; `io`, `no_space`, `permission_denied` with the path.
TURNTABLE_EXPORT Result<TransferReport> export_file(const Database& from, const std::string& path,
                                                    const TransferOptions& options = {});

/// Reads an export to its end and checks all of it.
/// Errors: `corrupt` for damage, naming the line; `unsupported` for a newer version; what the
/// source gave.
TURNTABLE_EXPORT Result<ExportInfo> check_export(const ExportSource& from);
/// The same for a file. Errors: also `not_found`, `io`, `permission_denied` with the path.
TURNTABLE_EXPORT Result<ExportInfo> check_export_file(const std::string& path);

/// Writes the entries of an export into `to`; nothing of it before the checksum over it held. A
/// range of the target is emptied only with Existing::replace: the range that was exported. The
/// selector of the options plays no part. An import that broke off is gone on with by the same
/// call, as copy.
/// Errors: as check_export and copy. What was damaged from some line on leaves the entries above
/// it in the target, which says that it is unfinished.
TURNTABLE_EXPORT Result<TransferReport> import_entries(const ExportSource& from, const Database& to,
                                                       const TransferOptions& options = {});

/// The same from a file, which is checked to its end before anything is written.
/// Errors: also `not_found`, `io`, `permission_denied` with the path.
TURNTABLE_EXPORT Result<TransferReport> import_file(const std::string& path, const Database& to,
                                                    const TransferOptions& options = {});

}  // namespace turntable::inline v0::kv
