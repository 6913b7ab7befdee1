#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/clock.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

/// \file
/// The files of scheduled backups.
///
/// Purpose: `NAME-20261123T044826Z.backup` is one that is whole and was verified. What a killed
/// process leaves has another ending and is taken away by the next backup. Ownership: values.
/// Threads: plain functions that block on the disk. Errors: `io` and the like, with the path.
namespace turntable::inline v0::server {

/// A whole backup of a database.
struct BackupFile {
    std::string path;
    WallTime made;
};

/// Keeps other processes from making backups of a database in the same folder meanwhile.
///
/// Purpose: each takes away what a killed one left, which must not be what another one writes.
/// Ownership: holds the file `NAME.backup-lock`, which stays; the system lets go of it when the
/// process ends. Threads: a value. Errors: `busy`, with the path, when another one has it.
class TURNTABLE_EXPORT BackupLock {
  public:
    static Result<BackupLock> take(const std::string& folder, std::string_view database);
    BackupLock(BackupLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    BackupLock& operator=(BackupLock&&) = delete;
    ~BackupLock();

  private:
    explicit BackupLock(int file) : file_(file) {}
    int file_;
};

/// The name of a file by its time, which is cut to the second.
TURNTABLE_EXPORT std::string backup_file_name(std::string_view database, WallTime made);
/// The time in the name of a whole backup; none if it is no such name.
TURNTABLE_EXPORT std::optional<WallTime> backup_time(std::string_view database,
                                                     std::string_view file_name);
/// Where a backup is written before it was verified.
TURNTABLE_EXPORT std::string unverified_path(std::string_view path);

/// The whole backups of a database in a folder, the newest first. Those of a time after `now` were
/// made while the clock was ahead; nobody knows when, and they count as the oldest. A folder that
/// is not there has none.
TURNTABLE_EXPORT Result<std::vector<BackupFile>> whole_backups(const std::string& folder,
                                                               std::string_view database,
                                                               WallTime now);
/// Takes away what killed processes left of backups of this database. Errors: as
/// remove_old_backups().
TURNTABLE_EXPORT Result<void> remove_torn_backups(const std::string& folder,
                                                  std::string_view database);
/// Takes away all but the newest `keep`, which is at least 1, in the order of whole_backups(). One
/// that cannot be removed does not keep the others; the first such error is told.
TURNTABLE_EXPORT Result<void> remove_old_backups(const std::string& folder,
                                                 std::string_view database, std::size_t keep,
                                                 WallTime now);
/// Gives a verified backup its name, on disk when this returns.
TURNTABLE_EXPORT Result<void> publish_backup(const std::string& path);

}  // namespace turntable::inline v0::server
