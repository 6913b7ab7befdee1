#include "mcp/stdio/pipe.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace turntable::inline v0::mcp {

bool wait_readable(int file, int stop) {
    std::array<pollfd, 2> files{{{file, POLLIN, 0}, {stop, POLLIN, 0}}};
    while (::poll(files.data(), files.size(), -1) < 0 && errno == EINTR) {
    }
    return files[0].revents != 0;
}

std::size_t read_some(int file, std::span<char> buffer) {
    while (true) {
        const ssize_t got = ::read(file, buffer.data(), buffer.size());
        if (got >= 0) {
            return static_cast<std::size_t>(got);
        }
        if (errno == EAGAIN) {  // whoever gave us the file made it so
            pollfd readable{file, POLLIN, 0};
            (void)::poll(&readable, 1, -1);
        } else if (errno != EINTR) {
            return 0;
        }
    }
}

bool write_all(int file, ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t put = ::write(file, bytes.data(), bytes.size());
        if (put > 0) {
            bytes = bytes.substr(static_cast<std::size_t>(put));
        } else if (errno == EAGAIN) {
            pollfd writable{file, POLLOUT, 0};
            (void)::poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

}  // namespace turntable::inline v0::mcp
