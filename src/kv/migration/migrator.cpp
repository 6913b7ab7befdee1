#include <algorithm>
#include <set>
#include <utility>

#include "kv/migration/lock.hpp"
#include "kv/migration/records.hpp"
#include "turntable/kv/migration.hpp"

namespace turntable::inline v0::kv {

std::string_view to_string(MigrationState state) noexcept {
    switch (state) {
        case MigrationState::pending:
            return "pending";
        case MigrationState::applied:
            return "applied";
        case MigrationState::half_applied:
            return "half_applied";
        case MigrationState::half_reverted:
            return "half_reverted";
        case MigrationState::edited:
            return "edited";
        case MigrationState::missing:
            return "missing";
    }
    return "unknown";
}

namespace detail {

struct MigratorState {
    Database database;
    /// Ascending by version.
    std::vector<Migration> migrations;
    MigratorOptions options;

    Key applied() const { return options.place / "migrations" / "applied"; }
    Key lock() const { return options.place / "migrations" / "lock"; }

    const Migration* find(std::uint64_t version) const {
        const auto found = std::ranges::find(migrations, version, &Migration::version);
        return found == migrations.end() ? nullptr : &*found;
    }
};

}  // namespace detail

namespace {

using detail::MigratorState;
using Phase = MigrationRecord::Phase;

/// How often a step is done again because one of its own checks failed.
constexpr int attempts_max = 1000;

std::string title(std::uint64_t version, const std::string& name) {
    return "migration " + std::to_string(version) + " (" + name + ")";
}

Error problem(ErrorCode code, std::uint64_t version, const std::string& name, MigrationState state,
              const std::string& what) {
    return Error(code, title(version, name) + " " + what)
        .with("migration", std::to_string(version))
        .with("state", std::string(to_string(state)))
        .with_retry(Retry::permanent);
}

MigrationState state_of(const Migration* migration, const MigrationRecord* record) {
    if (record == nullptr) {
        return MigrationState::pending;
    }
    if (record->phase != Phase::applied) {
        return record->phase == Phase::applying ? MigrationState::half_applied
                                                : MigrationState::half_reverted;
    }
    if (migration == nullptr) {
        return MigrationState::missing;
    }
    return checksum(*migration) == record->checksum ? MigrationState::applied
                                                    : MigrationState::edited;
}

std::vector<MigrationStatus> merge(const MigratorState& state, const MigrationRecords& records) {
    std::set<std::uint64_t> versions;
    for (const Migration& migration : state.migrations) {
        versions.insert(migration.version);
    }
    for (const auto& [version, record] : records) {
        versions.insert(version);
    }
    std::vector<MigrationStatus> out;
    for (const std::uint64_t version : versions) {
        const Migration* migration = state.find(version);
        const auto found = records.find(version);
        const MigrationRecord* record = found == records.end() ? nullptr : &found->second;
        out.push_back({version, migration != nullptr ? migration->name : record->name,
                       state_of(migration, record), record == nullptr ? 0 : record->changed_at_ms});
    }
    return out;
}

/// Refuses to build on what is not as the list says.
Result<void> check_applied(const std::vector<MigrationStatus>& all, bool allow_missing) {
    for (const MigrationStatus& one : all) {
        switch (one.state) {
            case MigrationState::edited:
                return problem(ErrorCode::invalid_config, one.version, one.name, one.state,
                               "was edited after it was applied; write a new migration instead");
            case MigrationState::missing:
                if (allow_missing) {
                    break;
                }
                return problem(ErrorCode::invalid_config, one.version, one.name, one.state,
                               "was applied to this database, and is not in the list");
            case MigrationState::half_applied:
            case MigrationState::half_reverted:
                return problem(ErrorCode::conflict, one.version, one.name, one.state,
                               one.state == MigrationState::half_applied
                                   ? "was applied by half; resume it first"
                                   : "was reverted by half; resume it first");
            default:
                break;
        }
    }
    return {};
}

/// Runs migrations while it holds the lock.
class Run {
  public:
    explicit Run(const MigratorState& state)
        : state_(state), lock_(state.database, state.lock(), state.options.lease) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() {
        if (locked_) {
            lock_.release();
        }
    }

    Result<void> begin() {
        TURNTABLE_CHECK(lock_.acquire(state_.options.wait));
        locked_ = true;
        TURNTABLE_TRY(records_, read_records(state_.database, state_.applied()));
        return {};
    }
    const MigrationRecords& records() const noexcept { return records_; }

    /// Applies or reverts one migration, from where its record says.
    Result<void> run(const Migration& migration, bool forward) {
        Result<void> done = run_steps(migration, forward);
        if (!done) {
            return std::move(done).error().with("migration", std::to_string(migration.version));
        }
        return {};
    }

  private:
    Result<void> run_steps(const Migration& migration, bool forward) {
        while (true) {
            TURNTABLE_TRY(const Batch batch, run_step(migration, forward));
            if (batch == Batch::last) {
                return {};
            }
        }
    }

    /// One call of the function and its commit.
    Result<Batch> run_step(const Migration& migration, bool forward) {
        const MigrationAction& action = forward ? migration.up : *migration.down;
        const Phase running = forward ? Phase::applying : Phase::reverting;
        for (int attempt = 0; attempt < attempts_max; ++attempt) {
            const auto found = records_.find(migration.version);
            const bool begun = found != records_.end() && found->second.phase == running;
            MigrationStep step(state_.database, begun ? found->second.progress : std::string());
            TURNTABLE_TRY(const Batch batch, action.run(step));
            const bool last = batch == Batch::last;
            const std::optional<Phase> phase =
                !last ? std::optional(running)
                      : (forward ? std::optional(Phase::applied) : std::nullopt);
            TURNTABLE_TRY(const bool committed, commit(step, migration, phase));
            if (committed) {
                return batch;
            }
        }
        return Error(ErrorCode::conflict, "a check of " + title(migration.version, migration.name) +
                                              " failed " + std::to_string(attempts_max) + " times")
            .with_retry(Retry::exhausted);
    }

    /// Commits a step with its record, which no phase removes; false if a check of the step failed.
    Result<bool> commit(MigrationStep& step, const Migration& migration,
                        std::optional<Phase> phase) {
        const Key key = state_.applied() / migration.version;
        const auto found = records_.find(migration.version);
        MigrationRecord record{
            migration.name,
            checksum(migration),
            phase.value_or(Phase::applied),
            state_.database.runtime().clock().wall_now().time_since_epoch().count(),
            step.progress(),
            {}};
        detail::WriteBuffer& writes = step.writes();
        writes.check(key.encoded(), found == records_.end()
                                        ? std::nullopt
                                        : std::optional(found->second.versionstamp));
        lock_.guard(writes);
        if (phase) {
            TURNTABLE_TRY(const Value value, record_value(record));
            writes.mutate(MutationKind::set, key.encoded(), value);
        } else {
            writes.mutate(MutationKind::remove, key.encoded());
        }
        TURNTABLE_TRY(const CommitResult result, submit(writes));
        if (!result.committed) {
            return judge(result, found == records_.end() ? nullptr : &found->second, key);
        }
        lock_.renewed(result.versionstamp);
        record.versionstamp = result.versionstamp;
        records_.erase(migration.version);
        if (phase) {
            records_.emplace(migration.version, std::move(record));
        }
        return true;
    }

    Result<CommitResult> submit(detail::WriteBuffer& writes) {
        const auto& state = state_.database.state();
        TURNTABLE_TRY(const AtomicWrite write, writes.build(state->core.now_ms()));
        Result<CommitResult> result = detail::named(
            state->backend.atomic_write(CallOptions().context(*state->core.runtime, true), write)
                .wait(),
            "migrate", state->core);
        if (!result && result.error().code() == ErrorCode::limit_exceeded) {
            return std::move(result).error().with("hint", "in_batches takes it in several commits");
        }
        return result;
    }

    /// Whether only checks of the step itself failed.
    Result<bool> judge(const CommitResult& result, const MigrationRecord* record, const Key& key) {
        TURNTABLE_TRY(const std::optional<Entry> now, state_.database.get(key));
        const bool same = now.has_value() == (record != nullptr) &&
                          (record == nullptr || now->versionstamp == record->versionstamp);
        TURNTABLE_TRY(const bool held, lock_.is_held());
        if (!same || !held || result.failed_checks.empty()) {
            locked_ = held;
            return Error(ErrorCode::conflict,
                         "the lease ended and another process took over the migrations; nothing of "
                         "this step was written")
                .with_retry(Retry::permanent);
        }
        return false;
    }

    const MigratorState& state_;
    MigrationLock lock_;
    bool locked_ = false;
    MigrationRecords records_;
};

Error on_database(const MigratorState& state, Error error) {
    return std::move(error).during("migrate").on(state.database.url());
}

Result<std::vector<std::uint64_t>> apply(const MigratorState& state, std::size_t count) {
    Run run(state);
    TURNTABLE_CHECK(run.begin());
    const auto all = merge(state, run.records());
    TURNTABLE_CHECK(check_applied(all, state.options.allow_missing));
    std::vector<std::uint64_t> done;
    for (const MigrationStatus& one : all) {
        if (one.state == MigrationState::pending && done.size() < count) {
            TURNTABLE_CHECK(run.run(*state.find(one.version), true));
            done.push_back(one.version);
        }
    }
    return done;
}

Result<std::vector<std::uint64_t>> revert(const MigratorState& state, std::size_t count) {
    Run run(state);
    TURNTABLE_CHECK(run.begin());
    const auto all = merge(state, run.records());
    TURNTABLE_CHECK(check_applied(all, state.options.allow_missing));
    std::vector<const Migration*> chosen;
    for (auto one = all.rbegin(); one != all.rend() && chosen.size() < count; ++one) {
        if (one->state == MigrationState::applied) {
            chosen.push_back(state.find(one->version));
            if (!chosen.back()->down) {
                return problem(ErrorCode::unsupported, one->version, one->name, one->state,
                               "has no down; nothing was reverted");
            }
        }
    }
    std::vector<std::uint64_t> done;
    for (const Migration* migration : chosen) {
        TURNTABLE_CHECK(run.run(*migration, false));
        done.push_back(migration->version);
    }
    return done;
}

Result<std::optional<std::uint64_t>> go_on(const MigratorState& state) {
    Run run(state);
    TURNTABLE_CHECK(run.begin());
    // A copy: running it replaces its record.
    const MigrationRecords records = run.records();
    for (const auto& [version, record] : records) {
        if (record.phase == Phase::applied) {
            continue;
        }
        const bool forward = record.phase == Phase::applying;
        const Migration* migration = state.find(version);
        if (migration == nullptr || (!forward && !migration->down)) {
            return problem(ErrorCode::invalid_config, version, record.name, MigrationState::missing,
                           "is to be resumed, and is not in the list");
        }
        if (checksum(*migration) != record.checksum) {
            return problem(ErrorCode::invalid_config, version, record.name, MigrationState::edited,
                           "is to be resumed, and was edited since it began");
        }
        TURNTABLE_CHECK(run.run(*migration, forward));
        return std::optional(version);
    }
    return std::optional<std::uint64_t>();
}

}  // namespace

Result<Migrator> Migrator::make(Database database, std::vector<Migration> migrations,
                                MigratorOptions options) {
    std::ranges::sort(migrations, {}, &Migration::version);
    for (std::size_t i = 0; i < migrations.size(); ++i) {
        const Migration& one = migrations[i];
        const bool repeated = i > 0 && migrations[i - 1].version == one.version;
        if (one.version == 0 || one.name.empty() || repeated) {
            return Error(ErrorCode::invalid_argument,
                         title(one.version, one.name) +
                             (repeated ? " is in the list twice"
                                       : ": a migration has a version above 0 and a name"));
        }
    }
    if (options.lease.count() <= 0 || options.wait.count() < 0) {
        return Error(ErrorCode::invalid_argument,
                     "the lease is above 0 ms, and the wait not below");
    }
    return Migrator(std::make_shared<const detail::MigratorState>(
        detail::MigratorState{std::move(database), std::move(migrations), std::move(options)}));
}

Result<std::vector<MigrationStatus>> Migrator::status() const {
    Result<MigrationRecords> records = read_records(state_->database, state_->applied());
    if (!records) {
        return on_database(*state_, std::move(records).error());
    }
    return merge(*state_, *records);
}

Result<std::vector<MigrationStatus>> Migrator::pending() const {
    TURNTABLE_TRY(std::vector<MigrationStatus> out, status());
    std::erase_if(out,
                  [](const MigrationStatus& one) { return one.state != MigrationState::pending; });
    return out;
}

Result<std::vector<std::uint64_t>> Migrator::up(std::size_t count) const {
    auto done = apply(*state_, count);
    return done ? std::move(done) : on_database(*state_, std::move(done).error());
}

Result<std::vector<std::uint64_t>> Migrator::down(std::size_t count) const {
    auto done = revert(*state_, count);
    return done ? std::move(done) : on_database(*state_, std::move(done).error());
}

Result<std::optional<std::uint64_t>> Migrator::resume() const {
    auto done = go_on(*state_);
    return done ? std::move(done) : on_database(*state_, std::move(done).error());
}

}  // namespace turntable::inline v0::kv
