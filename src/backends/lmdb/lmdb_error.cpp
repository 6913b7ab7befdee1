#include "backends/lmdb/lmdb_error.hpp"

#include <lmdb.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdint>

namespace turntable::inline v0::kv::lmdb {

namespace {

constexpr std::string_view rescue = "; restore it from a backup";

struct Meaning {
    ErrorCode code;
    std::string_view text;
};

Meaning meaning_of_lmdb(int code) {
    switch (code) {
        case MDB_MAP_FULL:
            return {ErrorCode::no_space,
                    "the database has reached max_size; remove entries, or open it with a larger "
                    "max_size"};
        case MDB_INVALID:
        case MDB_CORRUPTED:
        case MDB_PAGE_NOTFOUND:
        case MDB_BAD_TXN:
        case MDB_INCOMPATIBLE:
            return {ErrorCode::corrupt, "data.mdb is damaged"};
        case MDB_VERSION_MISMATCH:
            return {ErrorCode::unsupported, "data.mdb was made by another version of LMDB"};
        case MDB_READERS_FULL:
            return {ErrorCode::busy,
                    "as many snapshots and reads are open as the folder takes; close some, or let "
                    "every program open it with larger readers"};
        case MDB_TXN_FULL:
            return {ErrorCode::limit_exceeded, "the write changes too many pages at once"};
        case MDB_PANIC:
            return {ErrorCode::io,
                    "an earlier write failed half-way, and LMDB goes no further; close every "
                    "store on this folder and open it again"};
        default:
            return {ErrorCode::backend, "LMDB failed"};
    }
}

/// LMDB takes a write that was cut short for want of space for a failure of the disk.
bool is_full(const std::string& path) noexcept {
    constexpr std::uint64_t nearly_nothing = 64U << 10U;
    struct statvfs status{};
    return ::statvfs(path.c_str(), &status) == 0 &&
           std::uint64_t{status.f_bavail} * status.f_frsize < nearly_nothing;
}

Meaning meaning_of_system(int code, const std::string& path) {
    if (code == EIO && is_full(path)) {
        code = ENOSPC;
    }
    switch (code) {
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return {ErrorCode::no_space, "the disk or the quota is full"};
        case EACCES:
        case EPERM:
        case EROFS:
            return {ErrorCode::permission_denied,
                    "data.mdb or lock.mdb cannot be opened; check the permissions of the folder, "
                    "which also readers must be able to write"};
        case ENOENT:
            return {ErrorCode::not_found, "data.mdb is not there"};
        case ENOMEM:
            return {ErrorCode::backend, "out of memory or address space"};
        case EBUSY:
        case EAGAIN:
            return {ErrorCode::busy, "the folder is in use; try again"};
        default:
            return {ErrorCode::io, "the system failed to read or write data.mdb"};
    }
}

}  // namespace

Error engine_error(int code, const std::string& path, std::string_view doing) {
    const Meaning meaning = code < 0 ? meaning_of_lmdb(code) : meaning_of_system(code, path);
    std::string message = path + ": " + std::string(meaning.text) + " (" + std::string(doing) +
                          ": " + mdb_strerror(code) + ")";
    if (meaning.code == ErrorCode::corrupt) {
        message += rescue;
    }
    Error error(meaning.code, std::move(message));
    error.with_backend_code(code);
    return error;
}

Error corrupt_error(const std::string& path, std::string_view what) {
    return {ErrorCode::corrupt, path + " " + std::string(what) + std::string(rescue)};
}

}  // namespace turntable::inline v0::kv::lmdb
