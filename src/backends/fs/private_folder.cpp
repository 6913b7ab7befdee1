#include "backends/fs/private_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "backends/fs/beneath.hpp"
#include "backends/fs/directory.hpp"
#include "backends/fs/fs_error.hpp"
#include "turntable/blob/fs.hpp"

namespace turntable::inline v0::blob::fs {

namespace {

constexpr mode_t folder_mode = 0777;  // the umask decides, as for all files of a program
constexpr mode_t file_mode = 0666;

/// A link in its place is refused, as everywhere.
Descriptor open_folder(int parent, std::string_view name, bool make) {
    const auto open = [&] {
        return open_beneath(Resolver::walk, parent, name, O_RDONLY | O_DIRECTORY);
    };
    Descriptor opened = open();
    if (!opened && errno == ENOENT && make &&
        (::mkdirat(parent, std::string(name).c_str(), folder_mode) == 0 || errno == EEXIST)) {
        return open();
    }
    return opened;
}

/// Which byte of the lock file stands for a path; the same in every process and version.
off_t lock_position(std::string_view path) noexcept {
    std::uint64_t hash = 14695981039346656037U;  // FNV-1a
    for (const char c : path) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    }
    constexpr std::uint64_t positions = std::uint64_t{1} << 30U;
    return static_cast<off_t>(hash % positions);
}

bool lock_byte(int file, off_t position) {
    struct ::flock range{};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = position;
    range.l_len = 1;
    return uninterrupted([&] { return ::fcntl(file, F_OFD_SETLKW, &range); }) == 0;
}

std::string hex(std::uint64_t number) {
    std::array<char, 20> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
    return {text.data(), static_cast<std::size_t>(length)};
}

/// A new file that is locked and has its name, or none, with errno set.
Descriptor make_locked(int folder, const std::string& name) {
    Descriptor file(
        ::openat(folder, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, file_mode));
    if (!file) {
        return file;
    }
    // Whoever cleans up may have come between: then it is gone, or about to be.
    struct ::stat status{};
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 || ::fstat(file.get(), &status) != 0 ||
        status.st_nlink == 0) {
        errno = EEXIST;
        return {};
    }
    return file;
}

}  // namespace

StagedFile::StagedFile(PrivateFoldersPtr folders, Descriptor file, std::string name) noexcept
    : folders_(std::move(folders)), file_(std::move(file)), name_(std::move(name)) {}

StagedFile::StagedFile(StagedFile&& other) noexcept
    : folders_(std::move(other.folders_)),
      file_(std::move(other.file_)),
      name_(std::exchange(other.name_, {})) {}

StagedFile::~StagedFile() {
    if (!name_.empty()) {
        ::unlinkat(folders_->staging.get(), name_.c_str(), 0);
    }
}

Result<void> StagedFile::write(ByteView bytes, std::string_view path) {
    while (!bytes.empty()) {
        const ssize_t written =
            uninterrupted([&] { return ::write(file_.get(), bytes.data(), bytes.size()); });
        if (written < 0) {
            return fs_error(errno, "writing", path);
        }
        bytes = bytes.substr(static_cast<std::size_t>(written));
    }
    return {};
}

int StagedFile::place(int parent, const std::string& base, bool replace) {
    const int staging = folders_->staging.get();
    int status = ::renameat2(staging, name_.c_str(), parent, base.c_str(),
                             replace ? 0U : static_cast<unsigned>(RENAME_NOREPLACE));
    if (status != 0 && !replace && (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
        // Not every file system knows that flag; a link is as exclusive.
        status = ::linkat(staging, name_.c_str(), parent, base.c_str(), 0);
        if (status == 0) {
            ::unlinkat(staging, name_.c_str(), 0);
        }
    }
    if (status != 0) {
        return errno;
    }
    name_.clear();
    return 0;
}

PrivateFolder::PrivateFolder(int root, Random& random) noexcept
    : root_(root),
      random_(random),
      lacks_attributes_(::fgetxattr(root, "user.turntable", nullptr, 0) < 0 &&
                        errno == EOPNOTSUPP) {}

PrivateFoldersPtr PrivateFolder::open(bool make) {
    const std::scoped_lock guard(mutex_);
    if (folders_ == nullptr) {
        auto opened = std::make_shared<PrivateFolders>();
        opened->top = open_folder(root_, fs_private_folder, make);
        if (opened->top) {
            opened->staging = open_folder(opened->top.get(), "staging", make);
        }
        if (opened->staging) {
            folders_ = std::move(opened);
        }
    }
    return folders_;
}

PrivateFoldersPtr PrivateFolder::find() { return open(false); }

Result<PrivateFoldersPtr> PrivateFolder::make(std::string_view path) {
    if (PrivateFoldersPtr folders = open(true)) {
        return folders;
    }
    return fs_error(errno, "making the private folder of the store", path);
}

void PrivateFolder::clean() {
    const PrivateFoldersPtr folders = find();
    if (folders == nullptr) {
        return;
    }
    has_attribute_files_ = ::faccessat(folders->top.get(), "attributes", F_OK, 0) == 0;
    Result<std::vector<std::string>> names = directory_names(folders->staging.get(), "");
    if (!names) {
        return;
    }
    for (const std::string& name : *names) {
        const Descriptor file(::openat(folders->staging.get(), name.c_str(),
                                       O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (file && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
            ::unlinkat(folders->staging.get(), name.c_str(), 0);
        }
    }
}

Result<StagedFile> PrivateFolder::stage(std::string_view path) {
    constexpr int tries_max = 100;
    for (int tries = 1;; ++tries) {
        TURNTABLE_TRY(PrivateFoldersPtr folders, make(path));
        std::string name = hex(random_.next());
        if (Descriptor file = make_locked(folders->staging.get(), name)) {
            return StagedFile(std::move(folders), std::move(file), std::move(name));
        }
        const bool removed = errno == ENOENT;  // by hand: made anew
        if ((!removed && errno != EEXIST) || tries == tries_max) {
            return fs_error(errno, "making a file in the private folder of the store", path);
        }
        if (removed) {
            forget();
        }
    }
}

Result<PathLock> PrivateFolder::lock(std::string_view path, std::string_view other) {
    Descriptor file;
    for (int tries = 0; !file; ++tries) {
        TURNTABLE_TRY(const PrivateFoldersPtr folders, make(path));
        file = Descriptor(uninterrupted([&] {
            return ::openat(folders->top.get(), "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                            file_mode);
        }));
        if (!file && (errno != ENOENT || tries > 0)) {
            return fs_error(errno, "opening the lock file of the store", path);
        }
        if (!file) {
            forget();
        }
    }
    const auto [first, second] = std::minmax({lock_position(path), lock_position(other)});
    if (!lock_byte(file.get(), first) || (first != second && !lock_byte(file.get(), second))) {
        return fs_error(errno, "locking a path of the store", path);
    }
    return PathLock(std::move(file));
}

}  // namespace turntable::inline v0::blob::fs
