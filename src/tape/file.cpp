#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/sync_folder.hpp"
#include "turntable/core/file_error.hpp"
#include "turntable/tape/storage.hpp"

// The only file of tapes that knows the operating system.
namespace turntable::inline v0::tape {

Result<std::unique_ptr<Source>> FileSource::open(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return file_error(errno, "opening", path);
    }
    return std::unique_ptr<Source>(std::make_unique<FileSource>(file, path));
}

FileSource::~FileSource() { ::close(file_); }

Result<std::uint64_t> FileSource::size() {
    struct stat status{};
    if (::fstat(file_, &status) != 0) {
        return file_error(errno, "looking at", path_);
    }
    return static_cast<std::uint64_t>(status.st_size);
}

Result<std::size_t> FileSource::read(std::uint64_t offset, char* buffer, std::size_t size) {
    std::size_t done = 0;
    while (done < size) {
        const ssize_t count =
            ::pread(file_, buffer + done, size - done, static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return file_error(errno, "reading", path_);
        }
        if (count == 0) {
            break;
        }
        done += static_cast<std::size_t>(count);
    }
    return done;
}

FileSink::FileSink(int file, std::string path, std::uint64_t size, const FileSinkOptions& options)
    : file_(file), path_(std::move(path)), size_(size), options_(options) {
    if (options_.runtime == nullptr) {
        options_.runtime = Runtime::shared();
    }
    synced_ = options_.runtime->clock().steady_now();
}

FileSink::~FileSink() {
    if (options_.sync == SyncPolicy::interval && !broken_) {
        (void)::fdatasync(file_);
    }
    ::close(file_);
}

Result<std::unique_ptr<FileSink>> FileSink::open_with(const std::string& path, int flags,
                                                      const FileSinkOptions& options) {
    const int file = ::open(path.c_str(), flags | O_RDWR | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0) {
        return file_error(errno, "opening", path);
    }
    std::unique_ptr<FileSink> sink(new FileSink(file, path, 0, options));
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        return Error(ErrorCode::busy, path + " is being recorded by somebody else");
    }
    struct stat status{};
    if (::fstat(file, &status) != 0) {
        return file_error(errno, "looking at", path);
    }
    sink->size_ = static_cast<std::uint64_t>(status.st_size);
    return sink;
}

Result<std::unique_ptr<FileSink>> FileSink::create(const std::string& path,
                                                   const FileSinkOptions& options) {
    TURNTABLE_TRY(auto sink, open_with(path, O_CREAT | O_EXCL, options));
    if (options.sync != SyncPolicy::none) {
        TURNTABLE_CHECK(sync_folder_of(path));
    }
    return sink;
}

Result<std::unique_ptr<FileSink>> FileSink::open(const std::string& path,
                                                 const FileSinkOptions& options) {
    return open_with(path, 0, options);
}

Result<void> FileSink::append(ByteView bytes) {
    if (broken_) {
        return Error(ErrorCode::io, path_ + " has a part of a record that could not be taken back");
    }
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = ::write(file_, bytes.data() + done, bytes.size() - done);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            const int number = errno;
            broken_ = done > 0 && ::ftruncate(file_, static_cast<off_t>(size_)) != 0;
            return file_error(number, "writing", path_);
        }
        done += static_cast<std::size_t>(count);
    }
    if (auto synced = sync_by_policy(); !synced) {
        // What the system says it could not keep is not in the tape.
        broken_ = ::ftruncate(file_, static_cast<off_t>(size_)) != 0;
        return synced;
    }
    size_ += bytes.size();
    return {};
}

Result<void> FileSink::sync_by_policy() {
    if (options_.sync == SyncPolicy::none) {
        return {};
    }
    if (options_.sync == SyncPolicy::interval) {
        const Instant now = options_.runtime->clock().steady_now();
        if (now - synced_ < options_.sync_interval) {
            return {};
        }
        synced_ = now;
    }
    return sync();
}

Result<void> FileSink::sync() {
    return ::fdatasync(file_) == 0 ? Result<void>() : file_error(errno, "syncing", path_);
}

Result<void> FileSink::truncate(std::uint64_t size) {
    if (::ftruncate(file_, static_cast<off_t>(size)) != 0) {
        return file_error(errno, "cutting", path_);
    }
    size_ = size;
    return {};
}

}  // namespace turntable::inline v0::tape
