#pragma once

/// \file
/// A store as a file, while it is in use, and a store made of such a file.
///
/// Purpose: two forms. Native: a file in the engine's own form, if capabilities().native_backup,
/// which keeps everything: versionstamps, messages in the queue, the commit counter. Portable: an
/// export (kv/export.hpp), which any engine takes back, without versionstamps and queue.
/// Ownership: everything here borrows its arguments for the length of the call.
/// Threads: each call uses the calling thread, which must not be one of the library.
/// Errors: those of the database and the system, and those at each call.

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/export.hpp"
#include "turntable/kv/transfer.hpp"

namespace turntable::inline v0::kv {

/// What kind of file a backup is.
enum class BackupForm : std::uint8_t {
    automatic,  ///< native where the engine has it, else portable
    native,
    portable,
};

/// The name of a form as written in its enumerator.
TURNTABLE_EXPORT std::string_view to_string(BackupForm form) noexcept;

/// Options of a backup.
///
/// Purpose: which form, and what becomes of an older file. Ownership: shares the stop token and
/// the callback. Threads: the callback runs on the calling thread. Errors: those of the call.
struct BackupOptions {
    BackupForm form = BackupForm::automatic;
    /// A file of this name is replaced, at the moment when the new one is whole.
    bool replace = false;
    bool count_first = false;
    std::stop_token stop = {};
    /// Of a portable backup; a native one counts no entries.
    std::function<void(const TransferProgress&)> on_progress = {};
};

/// What a backup or a restore did.
///
/// Purpose: the answer of backup and restore. Ownership, threads: a value. Errors: none.
struct BackupReport {
    /// native or portable.
    BackupForm form = BackupForm::portable;
    /// Of a portable one; all zero for a native one.
    TransferReport transfer;
};

/// Saves one state of `from` as a file, while others write. The file is there when it is whole and
/// on disk, and not before; a kill leaves at most PATH.partial, which the next backup to the same
/// path takes away.
/// Errors: `already_exists`; `unsupported` for a native form that the engine does not have;
/// `conflict` for a portable one of a store that holds an unfinished transfer; `cancelled`.
TURNTABLE_EXPORT Result<BackupReport> backup(const Database& from, const std::string& path,
                                             const BackupOptions& options = {});

/// Makes `to` hold what a backup does; which form the file has is seen from it. A portable one goes
/// into any store, as import_file. A native one goes into a store of the same engine that is not
/// there yet, and is there when it is whole; it takes no `merge` or `replace`.
/// Errors: as import_file; `already_exists` if the store is there; `unsupported` for a file that
/// is no export where the engine has no native form; `corrupt`.
TURNTABLE_EXPORT Result<BackupReport> restore(const std::string& path, const Database& to,
                                              const TransferOptions& options = {});

}  // namespace turntable::inline v0::kv
