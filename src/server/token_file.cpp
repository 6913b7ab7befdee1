#include "server/token_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/secure_random.hpp"
#include "core/sync_folder.hpp"
#include "turntable/core/file_error.hpp"

namespace turntable::inline v0::server {

namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 20U;

/// An open file, closed at the end.
class OpenFile {
  public:
    explicit OpenFile(int number) noexcept : number_(number) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    int number() const noexcept { return number_; }

  private:
    int number_;
};

Result<void> check_owned(int file, const std::string& path) {
    struct stat status{};
    if (::fstat(file, &status) != 0) {
        return file_error(errno, "looking at", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return Error(ErrorCode::invalid_config, path + " is no plain file");
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return Error(
            ErrorCode::permission_denied,
            path + " has access tokens, and others may read or change it; run chmod 600 " + path);
    }
    return {};
}

Result<std::string> read_all(int file, const std::string& path) {
    std::string text;
    char buffer[4096];
    while (true) {
        const ssize_t got = ::read(file, buffer, sizeof buffer);
        if (got < 0 && errno != EINTR) {
            return file_error(errno, "reading", path);
        }
        if (got == 0) {
            return text;
        }
        text.append(buffer, got < 0 ? 0 : static_cast<std::size_t>(got));
        if (text.size() > file_bytes_max) {
            return Error(ErrorCode::limit_exceeded, path + " has more than 1 MiB");
        }
    }
}

Result<std::string> new_file_text() {
    constexpr std::size_t secret_bytes = 32;
    TURNTABLE_TRY(const std::string secret, secure_random_bytes(secret_bytes));
    return "# Access tokens, one a line, for clients to send. The server notices changes.\n"
           "# SECRET [name=NAME] [read-only] [expires=TIME] [databases=A,B]\n"
           "tt_" +
           to_hex(secret) + " name=first\n";
}

Result<void> write_new(const std::string& path, std::string_view text) {
    const OpenFile file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.number() < 0) {
        return file_error(errno, "making", path);
    }
    while (!text.empty()) {
        const ssize_t written = ::write(file.number(), text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return file_error(errno, "writing", path);
        }
        text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return ::fsync(file.number()) == 0 ? Result<void>() : file_error(errno, "syncing", path);
}

}  // namespace

Result<std::vector<AccessToken>> read_token_file(const std::string& path) {
    const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.number() < 0) {
        return file_error(errno, "opening", path);
    }
    TURNTABLE_CHECK(check_owned(file.number(), path));
    TURNTABLE_TRY(const std::string text, read_all(file.number(), path));
    return parse_tokens(text, path);
}

Result<bool> make_token_file(const std::string& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0) {
        return false;
    }
    TURNTABLE_TRY(const std::string text, new_file_text());
    // A name of its own: what a killed process left behind is in nobody's way.
    constexpr std::size_t suffix_bytes = 8;
    TURNTABLE_TRY(const std::string suffix, secure_random_bytes(suffix_bytes));
    const std::string partial = path + ".new-" + to_hex(suffix);
    Result<void> written = write_new(partial, text);
    const bool named = written && ::link(partial.c_str(), path.c_str()) == 0;
    const int number = errno;
    ::unlink(partial.c_str());
    TURNTABLE_CHECK(std::move(written));
    if (!named) {
        // Another process was faster: its file is as good.
        return number == EEXIST ? Result<bool>(false) : file_error(number, "naming", path);
    }
    TURNTABLE_CHECK(sync_folder_of(path));
    return true;
}

}  // namespace turntable::inline v0::server
