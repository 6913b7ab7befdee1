#include "backends/fs/beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <string>

namespace turntable::inline v0::blob::fs {

namespace {

Descriptor open_by_kernel(int root, const std::string& path, int flags, mode_t mode) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    // EAGAIN: something was renamed meanwhile, and the kernel cannot be sure that it stayed inside.
    constexpr int tries_max = 100;
    for (int tries = 1;; ++tries) {
        const auto opened = uninterrupted(
            [&] { return ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how)); });
        if (opened >= 0 || errno != EAGAIN || tries == tries_max) {
            return Descriptor(static_cast<int>(opened));
        }
    }
}

/// Opens one segment. O_DIRECTORY gives ENOTDIR for a link; what is a link shall say so.
Descriptor open_segment(int folder, const std::string& name, int flags, mode_t mode) {
    Descriptor opened(uninterrupted(
        [&] { return ::openat(folder, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode); }));
    struct ::stat status{};
    if (!opened && errno == ENOTDIR &&
        ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = S_ISLNK(status.st_mode) ? ELOOP : ENOTDIR;
    }
    return opened;
}

Descriptor open_by_walk(int root, std::string_view path, int flags, mode_t mode) {
    Descriptor folder;
    int at = root;
    while (true) {
        const std::size_t slash = path.find('/');
        const std::string name(path.substr(0, slash));
        if (slash == std::string_view::npos) {
            return open_segment(at, name, flags, mode);
        }
        Descriptor next = open_segment(at, name, O_PATH | O_DIRECTORY, 0);
        if (!next) {
            return next;
        }
        folder = std::move(next);
        at = folder.get();
        path.remove_prefix(slash + 1);
    }
}

}  // namespace

Resolver choose_resolver(int root) {
    return open_by_kernel(root, ".", O_PATH | O_DIRECTORY, 0) ? Resolver::kernel : Resolver::walk;
}

Descriptor open_beneath(Resolver resolver, int root, std::string_view path, int flags,
                        mode_t mode) {
    if (path.ends_with('/')) {
        path.remove_suffix(1);
        flags |= O_DIRECTORY;
    }
    if (path.empty()) {
        path = ".";
    }
    return resolver == Resolver::kernel ? open_by_kernel(root, std::string(path), flags, mode)
                                        : open_by_walk(root, path, flags, mode);
}

}  // namespace turntable::inline v0::blob::fs
