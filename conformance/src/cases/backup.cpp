#include <unistd.h>

#include <filesystem>
#include <string>

#include "cases/groups.hpp"
#include "environment.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

/// A folder that goes with its object.
class BackupFolder {
  public:
    BackupFolder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "turntable-conform-XXXXXX").string();
        expect(::mkdtemp(name.data()) != nullptr, "a folder for backups can be made");
        path_ = name;
    }
    BackupFolder(const BackupFolder&) = delete;
    BackupFolder& operator=(const BackupFolder&) = delete;
    ~BackupFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::string file(const char* name) const { return (path_ / name).string(); }
    std::size_t size() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(path_), {}));
    }

  private:
    std::filesystem::path path_;
};

void appears_as_a_whole(Environment& environment) {
    Store& store = environment.store();
    const BackupFolder folder;
    const std::string file = folder.file("backup");
    store.set(key({"a"}), "x");
    const auto backup = [&](bool replace) {
        return environment.await(store.backend().backup_to({}, file, replace), "backup_to");
    };
    expect(backup(false).has_value(), "a backup is made");
    expect_equal(std::size_t{1}, folder.size(), "files in the folder");
    const auto size = std::filesystem::file_size(file);
    expect(size > 0, "the backup is not empty");
    expect_code(backup(false), {ErrorCode::already_exists}, "a second backup of that name");
    expect_equal(size, std::filesystem::file_size(file), "bytes of the first backup");
    expect(backup(true).has_value(), "a backup is replaced when that is asked for");
    expect_equal(std::size_t{1}, folder.size(), "files in the folder");
}

void stopped_leaves_nothing(Environment& environment) {
    Store& store = environment.store();
    const BackupFolder folder;
    store.set(key({"a"}), "x");
    std::stop_source stop;
    stop.request_stop();
    Context context;
    context.stop = stop.get_token();
    expect_code(environment.await(store.backend().backup_to(context, folder.file("backup"), false),
                                  "backup_to, stopped"),
                {ErrorCode::cancelled}, "a backup that was stopped");
    expect_equal(std::size_t{0}, folder.size(), "files in the folder");
    expect_code(environment.await(store.backend().backup_to({}, folder.file("no/folder"), false),
                                  "backup_to without a folder"),
                {ErrorCode::not_found, ErrorCode::io, ErrorCode::permission_denied},
                "a backup into a folder that is not there");
}

void restores_over_nothing(Environment& environment) {
    Store& store = environment.store();
    const BackupFolder folder;
    const std::string file = folder.file("backup");
    store.set(key({"a"}), "old");
    expect(environment.await(store.backend().backup_to({}, file, false), "backup_to").has_value(),
           "a backup is made");
    store.set(key({"a"}), "new");
    expect_code(environment.await(store.backend().restore_from({}, file), "restore_from"),
                {ErrorCode::already_exists, ErrorCode::unsupported},
                "a restore into a store that is there");
    store.expect_value(key({"a"}), "new");
}

}  // namespace

std::vector<Case> backup_cases() {
    using enum Need;
    return {
        {"backup.appears_as_a_whole",
         "A native backup is one file under its name, and overwrites another only when asked.",
         {writes, native_backup},
         appears_as_a_whole},
        {"backup.stopped_leaves_nothing",
         "A native backup that cannot be made, or is stopped, leaves no file.",
         {writes, native_backup},
         stopped_leaves_nothing},
        {"backup.restores_over_nothing",
         "A native backup is not restored over a store that is there.",
         {writes, native_backup},
         restores_over_nothing},
    };
}

}  // namespace turntable::inline v0::kv::conformance
