#include "backends/fs/store.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "backends/fs/attributes.hpp"
#include "backends/fs/fs_error.hpp"
#include "turntable/blob/detail/answers.hpp"
#include "turntable/blob/path.hpp"

namespace turntable::inline v0::blob::fs {

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

/// Differs whenever the content does: a file that replaces another has another inode, or, when the
/// system uses one again, a later time, which we see to; see Store::stamp.
std::string etag_of(const struct ::stat& status) {
    std::array<char, 64> text;
    char* end = text.data();
    for (const std::uint64_t number :
         {std::uint64_t{status.st_ino}, static_cast<std::uint64_t>(status.st_size),
          static_cast<std::uint64_t>(modified_ns(status))}) {
        if (end != text.data()) {
            *end++ = '-';
        }
        end = std::to_chars(end, text.data() + text.size(), number, 16).ptr;
    }
    return {text.data(), end};
}

}  // namespace

Metadata to_metadata(const struct ::stat& status) {
    Metadata metadata;
    metadata.modified_ms = modified_ns(status) / ns_per_ms;
    if (S_ISDIR(status.st_mode)) {
        metadata.kind = EntryKind::directory;
    } else {
        metadata.size_bytes = static_cast<std::uint64_t>(status.st_size);
        metadata.etag = etag_of(status);
    }
    return metadata;
}

Result<void> check_reserved(std::string_view path) {
    for (std::string_view rest = path; !rest.empty();) {
        const std::string_view segment = rest.substr(0, rest.find('/'));
        if (segment == fs_private_folder) {
            return path_error(ErrorCode::invalid_argument,
                              "this name is reserved: the store keeps its own files there", path);
        }
        rest.remove_prefix(std::min(segment.size() + 1, rest.size()));
    }
    return {};
}

Store::Store(FsOptions options, std::shared_ptr<Runtime> runtime)
    : options_(std::move(options)), runtime_(std::move(runtime)) {
    if (runtime_ == nullptr) {
        runtime_ = Runtime::shared();
    }
}

Result<void> Store::connect() {
    if (connected_.load(std::memory_order_acquire)) {
        return {};
    }
    const std::scoped_lock guard(connecting_);
    if (connected_.load(std::memory_order_relaxed)) {
        return {};
    }
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    Descriptor root(::open(options_.root.c_str(), flags));
    if (!root && errno == ENOENT && options_.create) {
        std::error_code failed;
        std::filesystem::create_directories(options_.root, failed);
        if (failed) {
            return fs_error(failed.value(), "making the root of the store", options_.root);
        }
        root = Descriptor(::open(options_.root.c_str(), flags));
    }
    if (!root) {
        return fs_error(errno, "opening the root of the store", options_.root);
    }
    root_ = std::move(root);
    resolver_ = choose_resolver(root_.get());
    private_.emplace(root_.get(), runtime_->random());
    private_->clean();
    connected_.store(true, std::memory_order_release);
    return {};
}

Descriptor Store::open(std::string_view path, int flags) const {
    // What is no file shall not make us wait, nor become our terminal.
    const int careful = (flags & O_PATH) != 0 ? 0 : O_NONBLOCK | O_NOCTTY;
    return open_beneath(resolver_, root_.get(), path, flags | careful);
}

/// A file or directory, open for reading.
Result<OpenFile> Store::open_file(std::string_view path) {
    TURNTABLE_CHECK(connect());
    TURNTABLE_CHECK(check_reserved(path));
    OpenFile opened{.file = open(path, O_RDONLY)};
    if (!opened.file) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return detail::absent(path);
        }
        if (errno == ENXIO || errno == ENODEV) {
            return path_error(ErrorCode::type_mismatch, "this is neither file nor directory", path);
        }
        return fs_error(errno, "opening", path);
    }
    if (::fstat(opened.file.get(), &opened.status) != 0) {
        return fs_error(errno, "looking at", path);
    }
    if (!S_ISREG(opened.status.st_mode) && !S_ISDIR(opened.status.st_mode)) {
        return path_error(ErrorCode::type_mismatch, "this is neither file nor directory", path);
    }
    return opened;
}

Result<Metadata> Store::stat(std::string_view path) {
    Result<OpenFile> opened = open_file(path);
    if (opened) {
        Metadata metadata = to_metadata(opened->status);
        if (metadata.kind == EntryKind::file) {
            TURNTABLE_CHECK(read_attributes(opened->file.get(), *private_, metadata, path));
        }
        return metadata;
    }
    if (opened.error().backend_code() != EACCES) {
        return std::move(opened).error();
    }
    // Who may not read a file may still see it, without its attributes.
    const Descriptor seen = open(path, O_PATH);
    struct ::stat status{};
    if (!seen || ::fstat(seen.get(), &status) != 0 ||
        !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) {
        return std::move(opened).error();
    }
    return to_metadata(status);
}

Result<std::pair<OpenFile, Metadata>> Store::open_read(std::string_view path,
                                                       const Conditions& conditions) {
    TURNTABLE_TRY(OpenFile opened, open_file(path));
    if (S_ISDIR(opened.status.st_mode)) {
        return path_error(ErrorCode::type_mismatch, "this is a directory, and a file is needed",
                          path);
    }
    Metadata metadata = to_metadata(opened.status);
    TURNTABLE_CHECK(check(conditions, metadata));
    TURNTABLE_CHECK(read_attributes(opened.file.get(), *private_, metadata, path));
    return std::pair(std::move(opened), std::move(metadata));
}

Result<Bytes> Store::read(std::string_view path, const ByteRange& range,
                          const Conditions& conditions) {
    TURNTABLE_TRY(const OpenFile opened, open_file(path));
    if (S_ISDIR(opened.status.st_mode)) {
        return path_error(ErrorCode::type_mismatch, "this is a directory, and a file is needed",
                          path);
    }
    if (!conditions.empty()) {
        TURNTABLE_CHECK(check(conditions, to_metadata(opened.status)));
    }
    TURNTABLE_TRY(const ByteSpan span,
                  resolve(range, static_cast<std::uint64_t>(opened.status.st_size)));
    return read_at(opened.file.get(), span.offset, span.length, path);
}

Result<Bytes> read_at(int file, std::uint64_t offset, std::size_t length, std::string_view path) {
    std::string text;
    std::size_t done = 0;
    int failed = 0;
    // What libstdc++ 12 gives as the size is what it allocated, which may be more.
    text.resize_and_overwrite(length, [&](char* data, std::size_t) {
        while (done < length) {
            const ssize_t count = uninterrupted([&] {
                return ::pread(file, data + done, length - done, static_cast<off_t>(offset + done));
            });
            if (count <= 0) {
                failed = count < 0 ? errno : 0;
                break;
            }
            done += static_cast<std::size_t>(count);
        }
        return done;
    });
    if (failed != 0) {
        return fs_error(failed, "reading", path);
    }
    if (done < length) {
        return path_error(ErrorCode::condition_failed,
                          "the file became shorter while it was read: another program wrote it "
                          "in place",
                          path);
    }
    return Bytes::take(std::move(text));
}

Result<std::optional<Descriptor>> Store::open_directory(std::string_view path) {
    TURNTABLE_CHECK(connect());
    Descriptor directory = open(path, O_RDONLY | O_DIRECTORY);
    if (directory) {
        return std::optional(std::move(directory));
    }
    if (errno == ENOENT || errno == ENOTDIR) {
        return std::optional<Descriptor>();
    }
    return fs_error(errno, "opening a directory", path);
}

Result<Descriptor> Store::make_directories(std::string_view path) {
    for (int tries = 1;; ++tries) {
        Result<Descriptor> made = try_make_directories(path);
        // One that was there may be removed again before the next is made in it.
        if (made || made.error().backend_code() != ENOENT || tries == vanishing_tries_max) {
            return made;
        }
    }
}

Result<Descriptor> Store::try_make_directories(std::string_view path) {
    Descriptor at(::openat(root_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (std::size_t begin = 0; at && begin < path.size();) {
        const std::size_t slash = std::min(path.find('/', begin), path.size());
        const std::string name(path.substr(begin, slash - begin));
        begin = slash + 1;
        Descriptor next = open_beneath(Resolver::walk, at.get(), name, O_RDONLY | O_DIRECTORY);
        if (!next && errno == ENOENT) {
            if (::mkdirat(at.get(), name.c_str(), 0777) == 0) {
                TURNTABLE_CHECK(sync(at.get(), path));
            } else if (errno != EEXIST) {
                return fs_error(errno, "making a directory", path);
            }
            next = open_beneath(Resolver::walk, at.get(), name, O_RDONLY | O_DIRECTORY);
        }
        at = std::move(next);
    }
    if (!at) {
        return errno == ENOTDIR ? path_error(ErrorCode::type_mismatch,
                                             "a file stands where a directory is needed", path)
                                : fs_error(errno, "making a directory", path);
    }
    return at;
}

Result<Store::Place> Store::place_of(std::string_view path, Missing missing) {
    TURNTABLE_CHECK(connect());
    TURNTABLE_CHECK(check_reserved(path));
    const std::string_view above = parent_path(path);
    Place place{open(above, O_RDONLY | O_DIRECTORY), std::string(base_name(path))};
    if (!place.parent) {
        if (missing == Missing::make && (errno == ENOENT || errno == ENOTDIR)) {
            TURNTABLE_TRY(place.parent, make_directories(above));
        } else if (errno != ENOENT && errno != ENOTDIR) {
            return fs_error(errno, "opening the directory of", path);
        }
    }
    return place;
}

Result<void> Store::create_dir(std::string_view path) {
    TURNTABLE_CHECK(connect());
    TURNTABLE_CHECK(check_reserved(path));
    TURNTABLE_TRY(const Descriptor made, make_directories(path));
    return {};
}

Result<void> Store::sync(int file, std::string_view path) {
    if (options_.durability == FsDurability::full && ::fsync(file) != 0) {
        return fs_error(errno, "bringing to disk", path);
    }
    return {};
}

/// Once a change is there, who is not told so must be told that it may be.
Result<void> Store::sync_after_change(int folder, std::string_view path) {
    Result<void> synced = sync(folder, path);
    if (!synced) {
        return path_error(ErrorCode::commit_unknown,
                          "the change is made, and may be lost with the power: it could not be "
                          "brought to disk",
                          path)
            .because(std::move(synced).error());
    }
    return {};
}

std::int64_t Store::next_stamp() {
    // Within a millisecond chance tells apart what two processes write, and a count what we write.
    const auto now_ms = runtime_->clock().wall_now().time_since_epoch().count();
    const std::int64_t now =
        now_ms * ns_per_ms + static_cast<std::int64_t>(runtime_->random().next() % ns_per_ms);
    std::int64_t last = last_stamp_.load(std::memory_order_relaxed);
    while (!last_stamp_.compare_exchange_weak(last, std::max(now, last + 1),
                                              std::memory_order_relaxed)) {
    }
    return std::max(now, last + 1);
}

/// Sets the time of a file that we changed, later than `after`, as far as the file system can
/// count: some know only seconds.
void Store::stamp(int file, std::int64_t after) {
    std::int64_t wanted = std::max(next_stamp(), after + 1);
    for (const std::int64_t step : {std::int64_t{0}, ns_per_s, 2 * ns_per_s}) {
        wanted = std::max(wanted, after + step);
        const std::array<::timespec, 2> times = {
            ::timespec{0, UTIME_OMIT},
            ::timespec{static_cast<time_t>(wanted / ns_per_s), wanted % ns_per_s}};
        struct ::stat status{};
        if (::futimens(file, times.data()) != 0 || after == 0 ||
            (::fstat(file, &status) == 0 && modified_ns(status) > after)) {
            return;
        }
    }
}

Result<Health> Store::health() {
    const auto begun = runtime_->clock().steady_now();
    Health health;
    const auto answer = [&](Health::State state, std::string reason) {
        health = {state,
                  std::chrono::duration_cast<std::chrono::microseconds>(
                      runtime_->clock().steady_now() - begun),
                  std::move(reason)};
        return health;
    };
    if (Result<void> connected = connect(); !connected) {
        return answer(Health::State::unhealthy, connected.error().message());
    }
    struct ::stat status{};
    struct ::statvfs system{};
    if (::fstat(root_.get(), &status) != 0 || ::fstatvfs(root_.get(), &system) != 0) {
        return answer(Health::State::unhealthy, fs_error(errno, "looking at", "").message());
    }
    if (status.st_nlink == 0) {
        return answer(Health::State::unhealthy, "the root of the store was removed");
    }
    if ((system.f_flag & ST_RDONLY) != 0 || ::faccessat(root_.get(), ".", W_OK, AT_EACCESS) != 0) {
        return answer(Health::State::degraded, "the root of the store cannot be written");
    }
    if (system.f_bavail == 0 && system.f_blocks != 0) {
        return answer(Health::State::degraded, "no space is left");
    }
    return answer(Health::State::healthy, "");
}

}  // namespace turntable::inline v0::blob::fs
