#include "raw_fs.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace turntable_bench {

namespace {

int require(int answer, const char* call) {
    if (answer < 0) {
        std::perror(call);
        std::abort();
    }
    return answer;
}

void sync_folder(const std::string& folder) {
    const int file = require(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open");
    require(::fsync(file), "fsync");
    ::close(file);
}

}  // namespace

std::string raw_read(const std::string& path) {
    const int file = require(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open");
    struct ::stat status{};
    require(::fstat(file, &status), "fstat");
    std::string out;
    out.resize_and_overwrite(static_cast<std::size_t>(status.st_size), [&](char* data,
                                                                           std::size_t size) {
        std::size_t done = 0;
        while (done < size) {
            const ssize_t count = ::pread(file, data + done, size - done, static_cast<off_t>(done));
            require(count > 0 ? 0 : -1, "pread");
            done += static_cast<std::size_t>(count);
        }
        return done;
    });
    ::close(file);
    return out;
}

void raw_write(const std::string& folder, const std::string& name, std::string_view bytes) {
    const std::string path = folder + "/" + name;
    const std::string partial = path + ".partial";
    const int file =
        require(::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), "open");
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        require(count > 0 ? 0 : -1, "write");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    require(::fsync(file), "fsync");
    require(::rename(partial.c_str(), path.c_str()), "rename");
    sync_folder(folder);
    ::close(file);
}

std::vector<RawEntry> raw_list(const std::string& folder) {
    std::vector<RawEntry> out;
    DIR* directory = ::opendir(folder.c_str());
    require(directory == nullptr ? -1 : 0, "opendir");
    while (const dirent* entry = ::readdir(directory)) {
        if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        struct ::stat status{};
        require(::fstatat(::dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW),
                "fstatat");
        out.push_back({entry->d_name, status.st_size,
                       status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec});
    }
    ::closedir(directory);
    return out;
}

void raw_remove_all(const std::string& parent, const std::string& folder) {
    const std::string path = parent + "/" + folder;
    DIR* directory = ::opendir(path.c_str());
    require(directory == nullptr ? -1 : 0, "opendir");
    while (const dirent* entry = ::readdir(directory)) {
        if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0) {
            require(::unlinkat(::dirfd(directory), entry->d_name, 0), "unlinkat");
        }
    }
    ::closedir(directory);
    require(::rmdir(path.c_str()), "rmdir");
    sync_folder(parent);
}

}  // namespace turntable_bench
