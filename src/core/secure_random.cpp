#include "core/secure_random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace turntable::inline v0 {

Result<std::string> secure_random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    for (std::size_t filled = 0; filled < count;) {
        const ssize_t got = ::getrandom(bytes.data() + filled, count - filled, 0);
        if (got < 0 && errno != EINTR) {
            return Error(ErrorCode::io, "the system gives no random bytes: " +
                                            std::generic_category().message(errno));
        }
        filled += got < 0 ? 0 : static_cast<std::size_t>(got);
    }
    return bytes;
}

}  // namespace turntable::inline v0
