#include "turntable/core/new_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "core/sync_folder.hpp"
#include "turntable/core/file_error.hpp"

namespace turntable::inline v0 {

namespace {

Error there_already(const std::string& path) {
    return Error(ErrorCode::already_exists,
                 path + " is there already; name another file, or ask to replace it");
}

bool is_there(const std::string& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0;
}

/// Whether the open file still has this name: another process may have removed it meanwhile.
bool has_name(int file, const std::string& path) {
    struct stat open_one{};
    struct stat named{};
    return ::fstat(file, &open_one) == 0 && ::stat(path.c_str(), &named) == 0 &&
           open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

/// Fails with EEXIST if the new name is taken, which a plain rename would replace.
bool rename_to_new(const std::string& from, const std::string& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
        return true;
    }
    // Not every file system knows that flag; all have links.
    return (errno == EINVAL || errno == ENOSYS) && ::link(from.c_str(), to.c_str()) == 0 &&
           ::unlink(from.c_str()) == 0;
}

/// A process was killed between its link and its unlink: the other name is a whole file.
bool has_another_name(int file) {
    struct stat status{};
    return ::fstat(file, &status) == 0 && status.st_nlink > 1;
}

}  // namespace

Result<NewFile> NewFile::create(std::string path, bool replace) {
    if (!replace && is_there(path)) {
        return there_already(path);
    }
    const std::string partial = path + ".partial";
    while (true) {
        const int file = ::open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (file < 0) {
            return file_error(errno, "making", partial);
        }
        NewFile made(path, file, replace);
        if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
            ::close(std::exchange(made.file_, -1));  // it is not ours to remove
            return Error(ErrorCode::busy, partial + " is being written by somebody else");
        }
        if (!has_name(file, partial)) {
            ::close(std::exchange(made.file_, -1));
            continue;
        }
        if (has_another_name(file)) {
            continue;  // and so the name .partial goes
        }
        if (::ftruncate(file, 0) != 0) {
            return file_error(errno, "emptying", partial);
        }
        return made;
    }
}

NewFile::~NewFile() {
    if (file_ >= 0) {
        ::unlink(partial_path().c_str());
        ::close(file_);
    }
}

Result<void> NewFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file_, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return file_error(errno, "writing", partial_path());
        }
        bytes.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> NewFile::commit() {
    const std::string partial = partial_path();
    if (::fsync(file_) != 0) {
        return file_error(errno, "syncing", partial);
    }
    if (replace_) {
        if (::rename(partial.c_str(), path_.c_str()) != 0) {
            return file_error(errno, "renaming to", path_);
        }
    } else {
        if (!rename_to_new(partial, path_)) {
            return errno == EEXIST ? there_already(path_) : file_error(errno, "naming", path_);
        }
    }
    ::close(std::exchange(file_, -1));
    return sync_folder_of(path_);
}

}  // namespace turntable::inline v0
