#include "turntable/core/file_error.hpp"

#include <cerrno>
#include <system_error>

namespace turntable::inline v0 {

namespace {

ErrorCode code_for(int number) noexcept {
    switch (number) {
        case ENOENT:
        case ENOTDIR:
            return ErrorCode::not_found;
        case EEXIST:
            return ErrorCode::already_exists;
        case EACCES:
        case EPERM:
        case EROFS:
            return ErrorCode::permission_denied;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return ErrorCode::no_space;
        default:
            return ErrorCode::io;
    }
}

}  // namespace

Error file_error(int number, std::string_view doing, const std::string& path) {
    return Error(code_for(number),
                 std::string(doing) + " " + path + ": " + std::generic_category().message(number))
        .with_backend_code(number);
}

}  // namespace turntable::inline v0
