#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "turntable/core/bytes.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/atomic.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv {

/// One atomic write of a migration in the making.
///
/// Purpose: what the function of a migration gets. It reads from `database()` and writes with the
/// verbs of an atomic write (`step.set(...)`, `step.check(...)`). The migrator commits these
/// together with its own records. What is written past it is neither undone nor kept to once.
/// Ownership: copies what it is given; lives during the call. Threads: one thread.
/// Errors: a wrong argument is told by the commit. When a check fails, the function is called
/// again on a new step.
class TURNTABLE_EXPORT MigrationStep : public detail::AtomicVerbs<MigrationStep> {
  public:
    MigrationStep(const Database& database, std::string progress)
        : database_(database), progress_(std::move(progress)) {}

    const Database& database() const noexcept { return database_; }
    /// What the batch before this one left with set_progress; empty for the first.
    const std::string& progress() const noexcept { return progress_; }
    /// Stored with this batch: where the next one goes on, also after a kill. Any bytes.
    void set_progress(std::string progress) { progress_ = std::move(progress); }

    /// For the migrator.
    detail::WriteBuffer& writes() noexcept { return buffer_; }

  private:
    Database database_;
    std::string progress_;
};

/// What the function of a migration in batches says after each.
enum class Batch : std::uint8_t {
    more,  ///< call it again
    last,  ///< the migration is complete with this one
};

/// One direction of a migration.
///
/// Purpose: what in_one_write, in_batches and the changes of collections
/// (turntable/kv/collection/change.hpp) make. Ownership: shares its function. Threads: a value; the
/// function runs on the thread that runs the migration. Errors: those of the function.
class MigrationAction {
  public:
    explicit MigrationAction(std::function<Result<Batch>(MigrationStep&)> run,
                             std::string source = {})
        : run_(
              std::make_shared<const std::function<Result<Batch>(MigrationStep&)>>(std::move(run))),
          source_(std::move(source)) {}

    Result<Batch> run(MigrationStep& step) const { return (*run_)(step); }
    /// Part of the checksum: what it does, where that is known.
    const std::string& source() const noexcept { return source_; }

  private:
    std::shared_ptr<const std::function<Result<Batch>(MigrationStep&)>> run_;
    std::string source_;
};

/// All of it in one commit, with the note that it was applied: it happens once or not at all.
/// `function(MigrationStep&)` returns a Result<void>.
template <class F>
    requires std::convertible_to<std::invoke_result_t<F&, MigrationStep&>, Result<void>>
MigrationAction in_one_write(F function) {
    return MigrationAction(
        [function = std::move(function)](MigrationStep& step) mutable -> Result<Batch> {
            TURNTABLE_CHECK(function(step));
            return Batch::last;
        });
}

/// For what does not fit into one commit: `function(MigrationStep&)` is called for one batch after
/// the other and returns a Result<Batch>. Between the first and the last, the migration is
/// half-applied.
template <class F>
    requires std::convertible_to<std::invoke_result_t<F&, MigrationStep&>, Result<Batch>>
MigrationAction in_batches(F function) {
    return MigrationAction(std::move(function));
}

/// A change of what a database holds, applied once.
///
/// Purpose: one entry of the list that a Migrator gets. Ownership: owns its parts.
/// Threads: a value. Errors: none.
struct Migration {
    /// Above 0; migrations are applied in ascending order.
    std::uint64_t version;
    std::string name;
    /// The text of the migration, or anything that changes when what it does changes. Name and
    /// source make the checksum by which an edit after the fact is noticed.
    std::string source;
    MigrationAction up;
    /// None: it cannot be reverted.
    std::optional<MigrationAction> down = {};
};

/// How a migration stands.
enum class MigrationState : std::uint8_t {
    pending,  ///< not applied
    applied,  ///< applied as it is in the list
    half_applied,  ///< some of its batches are applied; see Migrator::resume
    half_reverted,  ///< some of the batches of its `down` are
    edited,  ///< applied, and changed in the list since
    missing,  ///< applied, and not in the list
};
TURNTABLE_EXPORT std::string_view to_string(MigrationState state) noexcept;

/// One migration and how it stands.
///
/// Purpose: what Migrator::status gives. Ownership: owns its texts. Threads: a value.
/// Errors: none.
struct MigrationStatus {
    std::uint64_t version = 0;
    std::string name;
    MigrationState state = MigrationState::pending;
    /// Unix milliseconds; 0 if it is pending.
    std::int64_t changed_at_ms = 0;
};

/// How a Migrator works.
///
/// Purpose: place, and how processes keep out of each other's way. Ownership: owns its key.
/// Threads: a value. Errors: see Migrator::make.
struct MigratorOptions {
    /// The key that the migrator's own entries extend with "migrations".
    Key place = {};
    /// How long the lock holds without a sign of life; each batch renews it. A process that is
    /// killed blocks others for this long.
    std::chrono::milliseconds lease = std::chrono::seconds(30);
    /// How long to wait while another process migrates.
    std::chrono::milliseconds wait{0};
    /// Do not mind applied migrations that are not in the list.
    bool allow_missing = false;
};

namespace detail {
struct MigratorState;
}  // namespace detail

/// Applies and reverts an ordered list of migrations, each exactly once.
///
/// Purpose: `kv::Migrator::make(db, {...}).value().up()` when a program starts. What was applied is
/// recorded in the database. One process migrates at a time: it holds a lock with a lease, and each
/// of its commits checks that the lock is still its own, so that one which was thought dead writes
/// nothing more.
/// Ownership: keeps the database open and the functions alive. Time is that of its runtime.
/// Threads: all functions may be called from any thread; they exclude each other by the lock.
/// Errors: `busy` while another migrates; `invalid_config` when an applied migration was edited or
/// is missing; `conflict` when one is half-applied (nothing else runs until `resume`), or when the
/// lock was lost; what the function of a migration gives, with its version. An older migration that
/// appears after newer ones were applied is pending and is applied.
class [[nodiscard]] TURNTABLE_EXPORT Migrator {
  public:
    static constexpr std::size_t all = static_cast<std::size_t>(-1);

    /// Checks the list: `invalid_argument` for a version of 0 or twice, or without a name.
    static Result<Migrator> make(Database database, std::vector<Migration> migrations,
                                 MigratorOptions options = {});

    /// All migrations that are in the list or applied, by version. Reads only.
    Result<std::vector<MigrationStatus>> status() const;
    /// Those that `up` would apply.
    Result<std::vector<MigrationStatus>> pending() const;

    /// Applies the next `count` pending migrations; gives their versions. More than there are
    /// means all, 0 none.
    Result<std::vector<std::uint64_t>> up(std::size_t count = all) const;
    /// Reverts the last `count` applied migrations, newest first; gives their versions.
    /// Errors: unsupported, before anything is reverted, if one of them has no `down`.
    Result<std::vector<std::uint64_t>> down(std::size_t count = 1) const;
    /// Goes on with the migration that is half-applied or half-reverted, from its last batch; gives
    /// its version, or none if there is no such migration.
    Result<std::optional<std::uint64_t>> resume() const;

  private:
    explicit Migrator(std::shared_ptr<const detail::MigratorState> state)
        : state_(std::move(state)) {}

    std::shared_ptr<const detail::MigratorState> state_;
};

}  // namespace turntable::inline v0::kv
