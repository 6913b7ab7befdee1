#include "server/backup_schedule.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

#include "server/backup_files.hpp"
#include "turntable/core/file_error.hpp"
#include "turntable/core/metrics.hpp"
#include "turntable/kv/export.hpp"

namespace turntable::inline v0::server {

namespace {

/// Others must not read what is in the database.
Result<void> make_folder(const std::string& folder) {
    std::error_code error;
    if (std::filesystem::create_directories(folder, error)) {
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    }
    return error ? file_error(error.value(), "making", folder) : Result<void>();
}

std::int64_t file_size(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 ? status.st_size : 0;
}

/// Reads the export to its end, unless it is told to stop.
Result<void> check_export(const std::string& path, const std::stop_token& stop) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return file_error(errno, "opening", path);
    }
    const auto read = [&](char* buffer, std::size_t size) -> Result<std::size_t> {
        if (stop.stop_requested()) {
            return stopped_error(StopReason::cancelled);
        }
        file.read(buffer, static_cast<std::streamsize>(size));
        if (file.bad()) {
            return file_error(errno, "reading", path);
        }
        return static_cast<std::size_t>(file.gcount());
    };
    const auto checked = kv::check_export(read);
    return checked ? Result<void>() : checked.error();
}

}  // namespace

class BackupSchedule::State {
  public:
    State(std::shared_ptr<Runtime> runtime, std::vector<ScheduledBackup> backups)
        : runtime_(std::move(runtime)) {
        for (ScheduledBackup& backup : backups) {
            jobs_.push_back({std::move(backup)});
        }
    }

    Result<void> read() {
        const Instant now = runtime_->clock().steady_now();
        const WallTime wall = runtime_->clock().wall_now();
        for (Job& job : jobs_) {
            TURNTABLE_CHECK(make_folder(job.what.folder));
            TURNTABLE_TRY(const std::vector<BackupFile> found,
                          whole_backups(job.what.folder, job.what.database_name, wall));
            job.started = now;
            job.due = now;
            // A time in the future tells nothing: then one is due now.
            if (!found.empty() && found.front().made <= wall) {
                job.last_success = found.front().made;
                const auto age = wall - *job.last_success;
                job.due = now + std::max(job.what.every - age, std::chrono::milliseconds(0));
            }
            tell(job);
        }
        return {};
    }

    void begin() {
        if (!jobs_.empty()) {
            thread_ = std::thread([this] { run(); });
        }
    }

    void request_stop() {
        stop_.request_stop();
        const std::scoped_lock guard(mutex_);
        changed_.notify_all();
    }

    void stop() {
        request_stop();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    std::vector<BackupState> states() {
        const std::scoped_lock guard(mutex_);
        std::vector<BackupState> states;
        for (const Job& job : jobs_) {
            const auto silent = job.last_success
                                    ? runtime_->clock().wall_now() - *job.last_success
                                    : std::chrono::floor<std::chrono::milliseconds>(
                                          runtime_->clock().steady_now() - job.started);
            states.push_back({.database_name = job.what.database_name,
                              .last_success = job.last_success,
                              .failures = job.failures,
                              .late = silent > 2 * job.what.every});
        }
        return states;
    }

  private:
    struct Job {
        ScheduledBackup what;
        Instant due{};
        Instant started{};
        std::optional<WallTime> last_success = {};
        std::uint32_t failures = 0;
    };

    void run() {
        const std::stop_token stop = stop_.get_token();
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
            const auto next = std::ranges::min_element(jobs_, {}, &Job::due);
            if (runtime_->clock().steady_now() < next->due) {
                const Instant due = next->due;
                runtime_->clock().wait_until(lock, changed_, due);
                continue;
            }
            lock.unlock();
            const Instant begun = runtime_->clock().steady_now();
            const WallTime made = runtime_->clock().wall_now();
            const Result<std::int64_t> saved = save(next->what, made);
            lock.lock();
            ended(*next, begun, made, saved, stop.stop_requested());
        }
    }

    /// How large the new file is.
    Result<std::int64_t> save(const ScheduledBackup& what, WallTime made) {
        const std::string path =
            (std::filesystem::path(what.folder) / backup_file_name(what.database_name, made))
                .string();
        TURNTABLE_TRY(const BackupLock lock, BackupLock::take(what.folder, what.database_name));
        warn(what, remove_torn_backups(what.folder, what.database_name));
        const std::string beside = unverified_path(path);
        TURNTABLE_TRY(const kv::BackupReport report,
                      kv::backup(what.database, beside, {.stop = stop_.get_token()}));
        if (report.form == kv::BackupForm::portable) {
            TURNTABLE_CHECK(check_export(beside, stop_.get_token()));
        } else if (what.check_native) {
            TURNTABLE_CHECK(what.check_native(beside));
        }
        TURNTABLE_CHECK(publish_backup(path));
        // From here on it is made; the older ones are another matter.
        warn(what, remove_old_backups(what.folder, what.database_name, what.keep, made));
        return file_size(path);
    }

    void warn(const ScheduledBackup& what, const Result<void>& removed) {
        if (!removed) {
            const std::string why = removed.error().to_string();
            const std::array fields = {LogField{"database", what.database_name},
                                       LogField{"error", why}};
            runtime_->log(LogLevel::warning, "server.backup",
                          "what an older backup left could not be removed", fields);
        }
    }

    /// Under the lock.
    void ended(Job& job, Instant begun, WallTime made, const Result<std::int64_t>& saved,
               bool stopped) {
        if (saved) {
            job.last_success = std::chrono::floor<std::chrono::seconds>(made);
            job.failures = 0;
            job.due = begun + job.what.every;
            gauge("turntable_backup_bytes", "The size of the newest backup.", job).set(*saved);
            const std::array fields = {LogField{"database", job.what.database_name},
                                       LogField{"bytes", *saved}};
            runtime_->log(LogLevel::info, "server.backup", "a backup was made", fields);
        } else if (!stopped) {
            ++job.failures;
            job.due = runtime_->clock().steady_now() + std::min(job.what.every, retry_after);
            failures(job).add();
            const std::string why = saved.error().to_string();
            const std::array fields = {LogField{"database", job.what.database_name},
                                       LogField{"error", why}};
            runtime_->log(LogLevel::error, "server.backup", "a backup failed", fields);
        }
        tell(job);
    }

    void tell(const Job& job) {
        (void)failures(job);  // so that it is there before the first one
        gauge("turntable_backup_last_success_seconds",
              "When the newest whole backup was made, in Unix seconds; 0: there is none.", job)
            .set(job.last_success ? std::chrono::floor<std::chrono::seconds>(*job.last_success)
                                        .time_since_epoch()
                                        .count()
                                  : 0);
    }
    Gauge& gauge(std::string_view name, std::string_view help, const Job& job) {
        return runtime_->metrics()->gauge(name, help, {{"database", job.what.database_name}});
    }
    Counter& failures(const Job& job) {
        return runtime_->metrics()->counter("turntable_backup_failures_total",
                                            "Backups that failed.",
                                            {{"database", job.what.database_name}});
    }

    std::shared_ptr<Runtime> runtime_;
    std::stop_source stop_;
    std::mutex mutex_;
    std::condition_variable changed_;
    /// Their count and `what` never change.
    std::vector<Job> jobs_;
    std::thread thread_;
};

Result<std::unique_ptr<BackupSchedule>> BackupSchedule::create(
    std::shared_ptr<Runtime> runtime, std::vector<ScheduledBackup> backups) {
    auto state = std::make_shared<State>(std::move(runtime), std::move(backups));
    TURNTABLE_CHECK(state->read());
    return std::make_unique<BackupSchedule>(std::move(state));
}

BackupSchedule::BackupSchedule(std::shared_ptr<State> state) : state_(std::move(state)) {}

BackupSchedule::~BackupSchedule() { stop(); }

void BackupSchedule::begin() { state_->begin(); }

std::vector<BackupState> BackupSchedule::states() const { return state_->states(); }

void BackupSchedule::request_stop() { state_->request_stop(); }

void BackupSchedule::stop() { state_->stop(); }

}  // namespace turntable::inline v0::server
