#include "backends/fs/fs_error.hpp"

#include <cerrno>
#include <string>
#include <system_error>

namespace turntable::inline v0::blob::fs {

namespace {

ErrorCode code_for(int number) noexcept {
    switch (number) {
        case ENOENT:
            return ErrorCode::not_found;
        case EEXIST:
            return ErrorCode::already_exists;
        case EISDIR:
        case ENOTDIR:
            return ErrorCode::type_mismatch;
        case ENOTEMPTY:
            return ErrorCode::conflict;
        case EACCES:
        case EPERM:
        case EROFS:
        case ELOOP:
            return ErrorCode::permission_denied;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return ErrorCode::no_space;
        case ENAMETOOLONG:
            return ErrorCode::limit_exceeded;
        case EXDEV:
        case EOPNOTSUPP:
            return ErrorCode::unsupported;
        default:
            return ErrorCode::io;
    }
}

/// What to add where the words of the system say too little.
std::string_view hint_for(int number) noexcept {
    switch (number) {
        case ELOOP:
            return "; symbolic links are not followed, so that no path leads out of the root";
        case EISDIR:
            return "; a file is needed";
        case ENOTEMPTY:
            return "; see remove_all";
        case EXDEV:
            return "; another file system is mounted below the root: open a store there";
        case EMFILE:
            return "; raise the limit (ulimit -n), or keep fewer readers and writers open";
        default:
            return "";
    }
}

}  // namespace

Error path_error(ErrorCode code, std::string_view message, std::string_view path) {
    return Error(code, std::string(message)).with("path", std::string(path));
}

Error fs_error(int number, std::string_view doing, std::string_view path) {
    Error error(code_for(number), std::string(doing) + ": " +
                                      std::generic_category().message(number) +
                                      std::string(hint_for(number)));
    error.with("path", std::string(path)).with_backend_code(number);
    const bool passes =
        number == ENOSPC || number == EDQUOT || number == EMFILE || number == ENFILE;
    return error.with_retry(passes ? Retry::temporary : Retry::permanent);
}

}  // namespace turntable::inline v0::blob::fs
