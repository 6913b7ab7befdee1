#include "backends/fs/directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstring>
#include <memory>

#include "backends/fs/descriptor.hpp"
#include "backends/fs/fs_error.hpp"

namespace turntable::inline v0::blob::fs {

namespace {

/// What a directory holds, also what is no blob.
struct RawEntry {
    const char* name;
    unsigned char type;
};

/// Calls `use(RawEntry)`, until it gives false, for each entry but `.` and `..`; gives the errno,
/// or 0.
template <class F>
int for_each_entry(int directory, const F& use) {
    constexpr std::size_t buffer_bytes = std::size_t{64} << 10U;
    const auto buffer = std::make_unique_for_overwrite<char[]>(buffer_bytes);
    if (::lseek(directory, 0, SEEK_SET) != 0) {
        return errno;
    }
    while (true) {
        const ssize_t read = ::getdents64(directory, buffer.get(), buffer_bytes);
        if (read <= 0) {
            return read == 0 ? 0 : errno;
        }
        for (ssize_t at = 0; at < read;) {
            const auto* entry = reinterpret_cast<const dirent64*>(buffer.get() + at);
            at += entry->d_reclen;
            const char* name = entry->d_name;
            if (std::strcmp(name, ".") != 0 && std::strcmp(name, "..") != 0 &&
                !use(RawEntry{name, entry->d_type})) {
                return 0;
            }
        }
    }
}

/// The type where the file system does not tell it along with the name.
unsigned char type_of(int directory, const RawEntry& entry) {
    if (entry.type != DT_UNKNOWN) {
        return entry.type;
    }
    struct ::stat status{};
    if (::fstatat(directory, entry.name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return DT_UNKNOWN;
    }
    return S_ISDIR(status.st_mode) ? DT_DIR : (S_ISREG(status.st_mode) ? DT_REG : DT_LNK);
}

}  // namespace

Result<std::vector<std::string>> directory_names(int directory, std::string_view prefix) {
    std::vector<std::string> names;
    const int failed = for_each_entry(directory, [&](const RawEntry& entry) {
        const std::string_view name(entry.name);
        if (name.starts_with(prefix)) {
            const unsigned char type = type_of(directory, entry);
            if (type == DT_REG || type == DT_DIR) {
                names.emplace_back(name).append(type == DT_DIR ? "/" : "");
            }
        }
        return true;
    });
    if (failed != 0) {
        return fs_error(failed, "listing", prefix);
    }
    return names;
}

Result<void> remove_entry(int directory, const std::string& name, bool is_directory,
                          const std::string& path) {
    if (!is_directory) {
        if (::unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) {
            return {};
        }
        if (errno != EISDIR) {
            return fs_error(errno, "removing", path);
        }
    }
    constexpr int tries_max = 10;  // others may fill it meanwhile
    for (int tries = 1;; ++tries) {
        const Descriptor below(
            ::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!below) {
            if (errno == ENOENT) {
                return {};
            }
            return fs_error(errno, "opening", path);
        }
        TURNTABLE_CHECK(remove_below(below.get(), path + '/', {}));
        if (::unlinkat(directory, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) {
            return {};
        }
        if ((errno != ENOTEMPTY && errno != EEXIST) || tries == tries_max) {
            return fs_error(errno, "removing", path);
        }
    }
}

Result<void> remove_below(int directory, std::string_view path, std::string_view keep) {
    // All names first: what a directory gives while it is being emptied is not promised.
    std::vector<std::pair<std::string, bool>> entries;
    const int failed = for_each_entry(directory, [&](const RawEntry& entry) {
        if (keep.empty() || entry.name != keep) {
            entries.emplace_back(entry.name, type_of(directory, entry) == DT_DIR);
        }
        return true;
    });
    if (failed != 0) {
        return fs_error(failed, "listing", path);
    }
    for (const auto& [name, is_directory] : entries) {
        TURNTABLE_CHECK(remove_entry(directory, name, is_directory, std::string(path) + name));
    }
    return {};
}

Result<bool> is_empty_directory(int directory, std::string_view path, std::string_view keep) {
    bool empty = true;
    const int failed = for_each_entry(directory, [&](const RawEntry& entry) {
        empty = !keep.empty() && entry.name == keep;
        return empty;
    });
    if (failed != 0) {
        return fs_error(failed, "listing", path);
    }
    return empty;
}

}  // namespace turntable::inline v0::blob::fs
