#include "server/backup_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/sync_folder.hpp"
#include "turntable/core/file_error.hpp"

namespace turntable::inline v0::server {

namespace {

constexpr std::string_view whole_ending = ".backup";
constexpr std::string_view unverified_ending = ".unverified";
/// What follows the name of a file of which there is more: that of NewFile, and those of SQLite
/// while it looks at one.
constexpr std::array<std::string_view, 4> beside_endings = {"-wal", "-shm", "-journal", ".partial"};
constexpr std::size_t stamp_length = std::string_view("20261123T044826Z").size();

std::optional<int> number_of(std::string_view digits) noexcept {
    int number = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        number = number * 10 + (c - '0');
    }
    return number;
}

std::optional<WallTime> time_of_stamp(std::string_view stamp) noexcept {
    if (stamp.size() != stamp_length || stamp[8] != 'T' || stamp[15] != 'Z') {
        return std::nullopt;
    }
    const auto year = number_of(stamp.substr(0, 4));
    const auto month = number_of(stamp.substr(4, 2));
    const auto day = number_of(stamp.substr(6, 2));
    const auto hour = number_of(stamp.substr(9, 2));
    const auto minute = number_of(stamp.substr(11, 2));
    const auto second = number_of(stamp.substr(13, 2));
    if (!year || !month || !day || !hour || !minute || !second) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) {
        return std::nullopt;
    }
    return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
           std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

/// The names in a folder; none where it is not there.
Result<std::vector<std::string>> names_in(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator at(folder, error);
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
        names.push_back(at->path().filename().string());
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        return file_error(error.value(), "listing", folder);
    }
    return names;
}

Result<void> remove_file(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return file_error(errno, "removing", path);
    }
    return {};
}

/// Removes all of them, and tells the first error.
Result<void> remove_files(const std::vector<std::string>& paths) {
    Result<void> first;
    for (const std::string& path : paths) {
        Result<void> removed = remove_file(path);
        if (!removed && first) {
            first = std::move(removed);
        }
    }
    return first;
}

std::string in_folder(const std::string& folder, const std::string& name) {
    return (std::filesystem::path(folder) / name).string();
}

}  // namespace

Result<BackupLock> BackupLock::take(const std::string& folder, std::string_view database) {
    const std::string path = in_folder(folder, std::string(database) + ".backup-lock");
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return file_error(errno, "opening", path);
    }
    BackupLock lock(file);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK
                   ? Error(ErrorCode::busy, "another process is making a backup here: " + path)
                   : file_error(errno, "locking", path);
    }
    return lock;
}

BackupLock::~BackupLock() {
    if (file_ >= 0) {
        ::close(file_);
    }
}

std::string backup_file_name(std::string_view database, WallTime made) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(made);
    const auto days = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss time(seconds - days);
    std::array<char, 64> stamp{};
    std::snprintf(stamp.data(), stamp.size(), "%04d%02u%02uT%02d%02d%02dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return std::string(database) + "-" + stamp.data() + std::string(whole_ending);
}

std::optional<WallTime> backup_time(std::string_view database, std::string_view file_name) {
    if (!file_name.starts_with(database) || !file_name.ends_with(whole_ending)) {
        return std::nullopt;
    }
    file_name.remove_prefix(database.size());
    if (!file_name.starts_with('-')) {
        return std::nullopt;
    }
    file_name.remove_prefix(1);
    if (file_name.size() != stamp_length + whole_ending.size()) {
        return std::nullopt;
    }
    return time_of_stamp(file_name.substr(0, stamp_length));
}

std::string unverified_path(std::string_view path) {
    return std::string(path) + std::string(unverified_ending);
}

Result<std::vector<BackupFile>> whole_backups(const std::string& folder, std::string_view database,
                                              WallTime now) {
    TURNTABLE_TRY(const std::vector<std::string> names, names_in(folder));
    std::vector<BackupFile> found;
    for (const std::string& name : names) {
        if (const auto made = backup_time(database, name)) {
            found.push_back({in_folder(folder, name), *made});
        }
    }
    std::ranges::sort(found, std::greater(), [now](const BackupFile& file) {
        return std::pair(file.made <= now, file.made);
    });
    return found;
}

Result<void> remove_torn_backups(const std::string& folder, std::string_view database) {
    TURNTABLE_TRY(const std::vector<std::string> names, names_in(folder));
    std::vector<std::string> torn;
    for (const std::string& name : names) {
        std::string_view begins = name;
        for (const std::string_view ending : beside_endings) {
            if (begins.ends_with(ending)) {
                begins.remove_suffix(ending.size());
            }
        }
        if (begins.ends_with(unverified_ending)) {
            begins.remove_suffix(unverified_ending.size());
            if (backup_time(database, begins)) {
                torn.push_back(in_folder(folder, name));
            }
        }
    }
    return remove_files(torn);
}

Result<void> remove_old_backups(const std::string& folder, std::string_view database,
                                std::size_t keep, WallTime now) {
    TURNTABLE_TRY(const std::vector<BackupFile> found, whole_backups(folder, database, now));
    std::vector<std::string> old;
    for (std::size_t i = std::max<std::size_t>(keep, 1); i < found.size(); ++i) {
        for (const std::string_view ending : beside_endings) {
            old.push_back(found[i].path + std::string(ending));
        }
        old.push_back(found[i].path);
    }
    return remove_files(old);
}

Result<void> publish_backup(const std::string& path) {
    if (std::rename(unverified_path(path).c_str(), path.c_str()) != 0) {
        return file_error(errno, "renaming", path);
    }
    return sync_folder_of(path);
}

}  // namespace turntable::inline v0::server
