#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <vector>

#include "backends/fs/attributes.hpp"
#include "backends/fs/directory.hpp"
#include "backends/fs/fs_error.hpp"
#include "backends/fs/store.hpp"
#include "turntable/blob/detail/answers.hpp"
#include "turntable/blob/path.hpp"

namespace turntable::inline v0::blob::fs {

namespace {

/// What goes through memory at a time.
constexpr std::size_t piece_bytes = std::size_t{1} << 20U;

/// What stands at a name, without following it; false if nothing does.
bool look(int parent, const std::string& base, struct ::stat& status) {
    return ::fstatat(parent, base.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/// Puts `size` bytes of a file into another, sharing them on disk where the file system can.
Result<void> copy_content(int from, StagedFile& to, std::uint64_t size, std::string_view path) {
    if (::ioctl(to.file(), FICLONE, from) == 0) {
        // Somebody may have appended since its size was read.
        if (::ftruncate(to.file(), static_cast<off_t>(size)) != 0) {
            return fs_error(errno, "copying", path);
        }
        return {};
    }
    off_t offset = 0;
    const auto rest = [&] { return size - static_cast<std::uint64_t>(offset); };
    while (rest() > 0) {
        constexpr std::size_t range_bytes_max = std::size_t{1} << 30U;
        const ssize_t count = uninterrupted([&] {
            return ::copy_file_range(from, &offset, to.file(), nullptr,
                                     std::min<std::uint64_t>(rest(), range_bytes_max), 0);
        });
        if (count > 0) {
            continue;
        }
        if (count < 0 && errno != EXDEV && errno != EINVAL && errno != ENOSYS &&
            errno != EOPNOTSUPP && errno != EPERM) {
            return fs_error(errno, "copying", path);
        }
        break;
    }
    while (rest() > 0) {
        const std::size_t count = std::min<std::uint64_t>(rest(), piece_bytes);
        TURNTABLE_TRY(const Bytes piece,
                      read_at(from, static_cast<std::uint64_t>(offset), count, path));
        TURNTABLE_CHECK(to.write(piece, path));
        offset += static_cast<off_t>(count);
    }
    return {};
}

/// All of it at the end of a file, in one go where the system lets us.
int append_all(int file, ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t count =
            uninterrupted([&] { return ::write(file, bytes.data(), bytes.size()); });
        if (count < 0) {
            return errno;
        }
        bytes = bytes.substr(static_cast<std::size_t>(count));
    }
    return 0;
}

}  // namespace

Result<StagedFile> Store::stage(std::string_view path, const OwnedWrite& options) {
    TURNTABLE_CHECK(connect());
    TURNTABLE_CHECK(check_reserved(path));
    TURNTABLE_TRY(StagedFile staged, private_->stage(path));
    Metadata attributes;
    attributes.content_type = options.content_type;
    attributes.user = options.user;
    TURNTABLE_CHECK(write_attributes(staged.file(), *private_, attributes, path));
    return staged;
}

Result<Metadata> Store::write(std::string_view path, ByteView bytes, const OwnedWrite& options) {
    if (options.append) {
        return append(path, options, nullptr, bytes);
    }
    TURNTABLE_TRY(StagedFile staged, stage(path, options));
    TURNTABLE_CHECK(staged.write(bytes, path));
    return commit(staged, path, options);
}

/// Whether the options allow what is about to be named to stand there. Under the lock of the path.
Result<void> Store::check_overwrite(const Place& place, std::string_view path,
                                    const OwnedWrite& options, int staged) {
    struct ::stat present{};
    struct ::stat ours{};
    if (!look(place.parent.get(), place.base, present)) {
        return options.if_match.empty() ? Result<void>() : detail::nothing_to_match(path);
    }
    if (options.if_not_exists) {
        return detail::there_already(path);
    }
    if (S_ISDIR(present.st_mode)) {
        return detail::is_directory(path);
    }
    if (!options.if_match.empty()) {
        TURNTABLE_CHECK(check(Conditions{.if_match = options.if_match}, to_metadata(present)));
    }
    if (::fstat(staged, &ours) == 0 && modified_ns(ours) <= modified_ns(present)) {
        stamp(staged, modified_ns(present));
    }
    return {};
}

Result<Metadata> Store::commit(StagedFile& staged, std::string_view path,
                               const OwnedWrite& options) {
    stamp(staged.file(), 0);
    TURNTABLE_CHECK(sync(staged.file(), path));
    for (int tries = 1;; ++tries) {
        TURNTABLE_TRY(const Place place, place_of(path, Missing::make));
        std::string replaced;
        int failed = 0;
        {
            TURNTABLE_TRY(const PathLock lock, private_->lock(path));
            TURNTABLE_CHECK(check_overwrite(place, path, options, staged.file()));
            replaced = attribute_file_of(place.parent.get(), place.base, *private_);
            failed = staged.place(place.parent.get(), place.base, !options.if_not_exists);
        }
        if (failed == ENOENT && tries < vanishing_tries_max) {
            continue;  // the directory was removed meanwhile
        }
        if (failed == EEXIST) {
            return detail::there_already(path);
        }
        if (failed != 0) {
            return fs_error(failed, "giving a new file its name", path);
        }
        remove_attribute_file(*private_, replaced);
        TURNTABLE_CHECK(sync_after_change(place.parent.get(), path));
        struct ::stat status{};
        if (::fstat(staged.file(), &status) != 0) {
            return fs_error(errno, "looking at", path);
        }
        Metadata metadata = to_metadata(status);
        metadata.content_type = options.content_type;
        metadata.user = options.user;
        return metadata;
    }
}

Result<Metadata> Store::append_staged(StagedFile& staged, std::string_view path,
                                      const OwnedWrite& options) {
    return append(path, options, &staged, {});
}

/// The file that is there; under the lock of the path.
Result<OpenFile> Store::open_for_append(std::string_view path, std::string_view if_match) {
    OpenFile target{.file = open(path, O_WRONLY | O_APPEND)};
    if (!target.file) {
        return errno == ENOENT ? detail::absent(path) : fs_error(errno, "opening", path);
    }
    if (::fstat(target.file.get(), &target.status) != 0) {
        return fs_error(errno, "looking at", path);
    }
    if (!S_ISREG(target.status.st_mode)) {
        return path_error(ErrorCode::type_mismatch, "this is neither file nor directory", path);
    }
    TURNTABLE_CHECK(check(Conditions{.if_match = if_match}, to_metadata(target.status)));
    return target;
}

/// Leaves the file as it was if it fails.
Result<void> Store::append_to(const OpenFile& target, std::string_view path,
                              const StagedFile* staged, ByteView bytes) {
    int failed = append_all(target.file.get(), bytes);
    std::vector<char> piece(staged == nullptr ? 0 : piece_bytes);
    for (off_t offset = 0; staged != nullptr && failed == 0;) {
        const ssize_t count = uninterrupted(
            [&] { return ::pread(staged->file(), piece.data(), piece.size(), offset); });
        if (count <= 0) {
            failed = count < 0 ? errno : 0;
            break;
        }
        failed = append_all(target.file.get(), {piece.data(), static_cast<std::size_t>(count)});
        offset += static_cast<off_t>(count);
    }
    if (failed == 0) {
        stamp(target.file.get(), modified_ns(target.status));
        return {};
    }
    Error error = fs_error(failed, "appending to", path);
    if (::ftruncate(target.file.get(), target.status.st_size) != 0) {
        return path_error(ErrorCode::commit_unknown,
                          "an append failed, and what it had written could not be taken away", path)
            .because(std::move(error));
    }
    return error;
}

Result<Metadata> Store::append(std::string_view path, const OwnedWrite& options, StagedFile* staged,
                               ByteView bytes) {
    TURNTABLE_CHECK(connect());
    TURNTABLE_CHECK(check_reserved(path));
    const OwnedWrite create(WriteOptions{.if_not_exists = true});
    for (int tries = 1;; ++tries) {
        std::optional<OpenFile> target;
        {
            TURNTABLE_TRY(const PathLock lock, private_->lock(path));
            Result<OpenFile> opened = open_for_append(path, options.if_match);
            if (opened) {
                target.emplace(*std::move(opened));
                TURNTABLE_CHECK(append_to(*target, path, staged, bytes));
                (void)::fstat(target->file.get(), &target->status);
            } else if (opened.error().code() != ErrorCode::not_found) {
                return std::move(opened).error();
            }
        }
        if (target) {
            TURNTABLE_CHECK(sync_after_change(target->file.get(), path));
            Metadata metadata = to_metadata(target->status);
            TURNTABLE_CHECK(read_attributes(target->file.get(), *private_, metadata, path));
            return metadata;
        }
        if (!options.if_match.empty()) {
            return detail::nothing_to_match(path);
        }
        Result<Metadata> made =
            staged != nullptr ? commit(*staged, path, create) : write(path, bytes, create);
        if (made || made.error().code() != ErrorCode::already_exists ||
            tries == vanishing_tries_max) {
            return made;  // else somebody else has made it: there is something to append to
        }
    }
}

Result<void> Store::copy(std::string_view from, std::string_view to, bool if_not_exists,
                         std::string_view if_match) {
    TURNTABLE_TRY(auto source, open_read(from, {.if_match = if_match}));
    const OwnedWrite options(WriteOptions{.if_not_exists = if_not_exists,
                                          .content_type = source.second.content_type,
                                          .user = source.second.user});
    TURNTABLE_TRY(StagedFile staged, stage(to, options));
    TURNTABLE_CHECK(copy_content(source.first.file.get(), staged, source.second.size_bytes, from));
    TURNTABLE_TRY(const Metadata made, commit(staged, to, options));
    return {};
}

Result<void> Store::rename(std::string_view from, std::string_view to, bool if_not_exists) {
    for (int tries = 1;; ++tries) {
        TURNTABLE_TRY(const Place source, place_of(from, Missing::keep));
        struct ::stat moved{};
        if (!source.parent || !look(source.parent.get(), source.base, moved)) {
            return detail::absent(from);
        }
        TURNTABLE_TRY(const Place target, place_of(to, Missing::make));
        std::string replaced;
        int failed = 0;
        {
            TURNTABLE_TRY(const PathLock lock, private_->lock(from, to));
            if (!look(source.parent.get(), source.base, moved)) {
                return detail::absent(from);
            }
            if (!S_ISREG(moved.st_mode)) {
                return S_ISDIR(moved.st_mode)
                           ? detail::is_directory(from)
                           : path_error(ErrorCode::type_mismatch, "this is no file", from);
            }
            if (struct ::stat present{};
                look(target.parent.get(), target.base, present) && S_ISDIR(present.st_mode)) {
                return if_not_exists ? detail::there_already(to) : detail::is_directory(to);
            }
            replaced = attribute_file_of(target.parent.get(), target.base, *private_);
            failed = move(source, target, moved, if_not_exists);
        }
        if (failed == ENOENT && tries < vanishing_tries_max) {
            continue;
        }
        if (failed == EEXIST) {
            return detail::there_already(to);
        }
        if (failed != 0) {
            return fs_error(failed, "renaming to", to);
        }
        remove_attribute_file(*private_, replaced);
        TURNTABLE_CHECK(sync_after_change(target.parent.get(), to));
        return sync_after_change(source.parent.get(), from);
    }
}

/// Gives the errno, or 0.
int Store::move(const Place& source, const Place& target, const struct ::stat& moved,
                bool if_not_exists) {
    const int from = source.parent.get();
    const int to = target.parent.get();
    if (::renameat2(from, source.base.c_str(), to, target.base.c_str(),
                    if_not_exists ? static_cast<unsigned>(RENAME_NOREPLACE) : 0U) != 0) {
        const bool unknown = errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP;
        if (!if_not_exists || !unknown) {
            return errno;
        }
        if (::linkat(from, source.base.c_str(), to, target.base.c_str(), 0) != 0) {
            return errno;
        }
    }
    // Two names of one file: the system then leaves both.
    struct ::stat left{};
    if ((moved.st_nlink > 1 || if_not_exists) && look(from, source.base, left) &&
        left.st_ino == moved.st_ino && left.st_dev == moved.st_dev) {
        ::unlinkat(from, source.base.c_str(), 0);
    }
    return 0;
}

Result<void> Store::remove(std::string_view path, std::string_view if_match) {
    if (is_directory_path(path)) {
        return if_match.empty() ? remove_directory(path) : detail::nothing_to_match(path);
    }
    TURNTABLE_TRY(const Place place, place_of(path, Missing::keep));
    struct ::stat present{};
    if (!place.parent || !look(place.parent.get(), place.base, present)) {
        return if_match.empty() ? Result<void>() : detail::nothing_to_match(path);
    }
    if (S_ISDIR(present.st_mode)) {
        return if_match.empty() ? remove_directory(path) : detail::nothing_to_match(path);
    }
    std::string attributes;
    {
        TURNTABLE_TRY(const PathLock lock, private_->lock(path));
        if (!if_match.empty()) {
            if (!look(place.parent.get(), place.base, present)) {
                return detail::nothing_to_match(path);
            }
            TURNTABLE_CHECK(check(Conditions{.if_match = if_match}, to_metadata(present)));
        }
        attributes = attribute_file_of(place.parent.get(), place.base, *private_);
        if (::unlinkat(place.parent.get(), place.base.c_str(), 0) != 0 && errno != ENOENT) {
            return fs_error(errno, "removing", path);
        }
    }
    remove_attribute_file(*private_, attributes);
    return sync_after_change(place.parent.get(), path);
}

Result<void> Store::remove_directory(std::string_view path) {
    TURNTABLE_CHECK(connect());
    if (path.empty()) {
        TURNTABLE_TRY(const bool empty, is_empty_directory(root_.get(), path, fs_private_folder));
        return empty ? Result<void>() : fs_error(ENOTEMPTY, "removing", path);
    }
    TURNTABLE_TRY(const Place place, place_of(path, Missing::keep));
    if (!place.parent) {
        return {};
    }
    if (::unlinkat(place.parent.get(), place.base.c_str(), AT_REMOVEDIR) != 0) {
        const bool is_none = errno == ENOENT || errno == ENOTDIR;
        return is_none ? Result<void>()
                       : fs_error(errno == EEXIST ? ENOTEMPTY : errno, "removing", path);
    }
    return sync_after_change(place.parent.get(), path);
}

Result<void> Store::remove_all(std::string_view path) {
    TURNTABLE_CHECK(connect());
    if (path.empty()) {
        // The private folder stays: others may be writing.
        TURNTABLE_TRY(const Descriptor root, make_directories(path));
        TURNTABLE_CHECK(remove_below(root.get(), path, fs_private_folder));
        return sync_after_change(root_.get(), path);
    }
    TURNTABLE_TRY(const Place place, place_of(path, Missing::keep));
    struct ::stat present{};
    if (!place.parent || !look(place.parent.get(), place.base, present)) {
        return {};
    }
    const bool directory = S_ISDIR(present.st_mode);
    if (!directory) {
        return path.ends_with('/') ? Result<void>() : remove(path, {});
    }
    const std::string_view shown = path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
    TURNTABLE_CHECK(remove_entry(place.parent.get(), place.base, directory, std::string(shown)));
    return sync_after_change(place.parent.get(), path);
}

}  // namespace turntable::inline v0::blob::fs
