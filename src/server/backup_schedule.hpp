#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/backup.hpp"
#include "turntable/kv/database.hpp"

namespace turntable::inline v0::server {

/// Says whether a native backup opens and is sound; what knows the engine passes it.
using NativeBackupCheck = std::function<Result<void>(const std::string& path)>;

/// A database that is saved again and again.
struct ScheduledBackup {
    std::string database_name;
    kv::Database database;
    /// Is made if it is not there.
    std::string folder;
    std::chrono::milliseconds every{std::chrono::hours(24)};
    /// The newest so many whole ones stay.
    std::uint32_t keep = 7;
    NativeBackupCheck check_native = {};
};

/// How the backups of a database stand.
struct BackupState {
    std::string database_name;
    /// The newest whole one; none yet.
    std::optional<WallTime> last_success = {};
    /// Since the last success.
    std::uint32_t failures = 0;
    /// More than twice the period has gone by since the last success, or since the start.
    bool late = false;
};

/// Saves databases on a schedule, while they are served.
///
/// Purpose: each backup is written beside, verified, and only then given its name
/// (backup_files.hpp); after that those beyond `keep` go. The time of the last one is read from the
/// folder, so a restart does not put a backup off; one that is due at the start is made at once.
/// One that fails leaves the older ones alone and is tried again after a minute, or `every` if that
/// is shorter; so is one while another process makes a backup of a database of that name in the
/// same folder. What of an older one cannot be removed is a warning and no failure. Gauges and
/// counters: `turntable_backup_last_success_seconds`, `turntable_backup_failures_total`,
/// `turntable_backup_bytes`, each with {database}. Ownership: shares databases and runtime; owns a
/// thread. The destructor stops a backup under way. Threads: any; `stop` at most once at a time.
/// Time is that of the runtime's clock. Errors: from `create`, those of the folders; later ones are
/// logged as "server.backup".
class TURNTABLE_EXPORT BackupSchedule {
  public:
    static constexpr std::chrono::milliseconds retry_after{std::chrono::minutes(1)};

    /// Reads what there is; nothing is made before begin().
    static Result<std::unique_ptr<BackupSchedule>> create(std::shared_ptr<Runtime> runtime,
                                                          std::vector<ScheduledBackup> backups);

    class State;
    explicit BackupSchedule(std::shared_ptr<State> state);
    BackupSchedule(const BackupSchedule&) = delete;
    BackupSchedule& operator=(const BackupSchedule&) = delete;
    ~BackupSchedule();

    /// Once.
    void begin();
    std::vector<BackupState> states() const;
    /// Breaks off a backup under way, and waits for nothing.
    void request_stop();
    /// The same, and waits until it has ended. A native one that is being verified is verified to
    /// its end first.
    void stop();

  private:
    std::shared_ptr<State> state_;
};

}  // namespace turntable::inline v0::server
