#include "backends/lmdb/lock_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "backends/lmdb/lmdb_error.hpp"

namespace turntable::inline v0::kv::lmdb {

namespace {

constexpr mode_t file_mode = 0644;
/// As LMDB lays it out: what all readers share, and a cache line for each.
constexpr off_t shared_bytes = 128;
constexpr off_t reader_bytes = 64;

/// Zero, or why the first `bytes` have no space. File systems that cannot promise space pass.
int allocate(int file, off_t bytes) noexcept {
    const int code = ::fallocate(file, 0, 0, bytes) == 0 ? 0 : errno;
    return code == EOPNOTSUPP || code == ENOSYS ? 0 : code;
}

/// Made under another name, so that nobody finds it half made.
int make(const std::string& path, off_t bytes) {
    const std::string draft = path + "." + std::to_string(::getpid());
    const int file = ::open(draft.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, file_mode);
    if (file < 0) {
        return errno;
    }
    int code = allocate(file, bytes);
    if (code == 0 && ::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) {
        code = errno;
    }
    ::close(file);
    ::unlink(draft.c_str());
    return code;
}

}  // namespace

Result<void> prepare_lock_file(const std::string& folder, std::uint32_t readers) {
    const std::string path = folder + "/lock.mdb";
    int code = 0;
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file >= 0) {
        struct stat status{};
        if (::fstat(file, &status) == 0 && status.st_size > 0) {
            code = allocate(file, status.st_size);
        }
        ::close(file);
    } else if (errno == ENOENT) {
        code = make(path, shared_bytes + reader_bytes * off_t{readers});
    }
    // Whatever else is wrong with it LMDB finds as well.
    if (code == ENOSPC || code == EDQUOT) {
        return engine_error(code, folder, "making lock.mdb");
    }
    return {};
}

}  // namespace turntable::inline v0::kv::lmdb
