#include "backends/fs/attributes.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

#include "backends/fs/fs_error.hpp"

namespace turntable::inline v0::blob::fs {

namespace {

constexpr const char* content_type_name = "user.mime_type";
constexpr const char* in_file_mark = "user.turntable.in_file";
constexpr std::string_view user_prefix = "user.";
constexpr std::string_view own_prefix = "turntable.";

/// User metadata may have any name, also one that stands for something else here.
std::string attribute_name(std::string_view name) {
    const bool taken = name == "mime_type" || name.starts_with(own_prefix);
    return std::string(user_prefix) + (taken ? std::string(own_prefix) : "") + std::string(name);
}

/// The name that user metadata has, or none for what is not ours to tell. Names that only others
/// can give, say with capitals, are left out.
std::optional<std::string> user_name(std::string_view attribute) {
    if (!attribute.starts_with(user_prefix) || attribute == content_type_name ||
        attribute == in_file_mark) {
        return std::nullopt;
    }
    attribute.remove_prefix(user_prefix.size());
    if (attribute.starts_with(own_prefix)) {
        attribute.remove_prefix(own_prefix.size());
    }
    const bool fits = std::ranges::all_of(attribute, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
    return fits && !attribute.empty() ? std::optional(std::string(attribute)) : std::nullopt;
}

bool set_attribute(int file, const std::string& name, std::string_view value) {
    return ::fsetxattr(file, name.c_str(), value.data(), value.size(), 0) == 0;
}

bool set_attributes(int file, const Metadata& attributes) {
    if (!attributes.content_type.empty() &&
        !set_attribute(file, content_type_name, attributes.content_type)) {
        return false;
    }
    return std::ranges::all_of(attributes.user, [&](const auto& item) {
        return set_attribute(file, attribute_name(item.first), item.second);
    });
}

void unset_attributes(int file, const Metadata& attributes) {
    ::fremovexattr(file, content_type_name);
    for (const auto& [name, value] : attributes.user) {
        ::fremovexattr(file, attribute_name(name).c_str());
    }
}

std::string file_name(const struct ::statx& status) {
    std::array<char, 64> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "attributes/%llx-%llx-%x",
                      static_cast<unsigned long long>(status.stx_ino),
                      static_cast<unsigned long long>(
                          (status.stx_mask & STATX_BTIME) != 0 ? status.stx_btime.tv_sec : 0),
                      (status.stx_mask & STATX_BTIME) != 0 ? status.stx_btime.tv_nsec : 0U);
    return {text.data(), static_cast<std::size_t>(length)};
}

std::string file_name(int file) {
    struct ::statx status{};
    return ::statx(file, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) == 0
               ? file_name(status)
               : std::string();
}

void append_item(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).push_back('\0');
    text.append(value).push_back('\0');
}

Result<void> write_file(int file, PrivateFolder& folder, const Metadata& attributes,
                        std::string_view path) {
    TURNTABLE_TRY(const PrivateFoldersPtr folders, folder.make(path));
    const int top = folders->top.get();
    if (::mkdirat(top, "attributes", 0777) != 0 && errno != EEXIST) {
        return fs_error(errno, "making a folder for attributes", path);
    }
    folder.has_attribute_files() = true;
    std::string text;
    append_item(text, content_type_name, attributes.content_type);
    for (const auto& [name, value] : attributes.user) {
        append_item(text, name, value);
    }
    // What stood there belonged to a file that is gone.
    const Descriptor out(::openat(top, file_name(file).c_str(),
                                  O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666));
    const bool written =
        out && ::write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (!written || ::fsync(out.get()) != 0) {
        return fs_error(errno, "writing attributes into a file", path);
    }
    return {};
}

Result<void> read_file(int file, PrivateFolder& folder, Metadata& metadata, std::string_view path) {
    const PrivateFoldersPtr folders = folder.find();
    const Descriptor in(folders == nullptr
                            ? -1
                            : ::openat(folders->top.get(), file_name(file).c_str(),
                                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!in) {
        return {};  // it has none
    }
    folder.has_attribute_files() = true;
    struct ::stat status{};
    constexpr off_t text_bytes_max = off_t{1} << 20U;
    if (::fstat(in.get(), &status) != 0 || status.st_size > text_bytes_max) {
        return path_error(ErrorCode::corrupt, "the file with attributes is none", path);
    }
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    if (::pread(in.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
        return fs_error(errno, "reading attributes from a file", path);
    }
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t name_end = rest.find('\0');
        const std::size_t value_end =
            name_end == std::string_view::npos ? name_end : rest.find('\0', name_end + 1);
        if (value_end == std::string_view::npos) {
            return path_error(ErrorCode::corrupt, "the file with attributes is cut off", path);
        }
        const std::string name(rest.substr(0, name_end));
        std::string value(rest.substr(name_end + 1, value_end - name_end - 1));
        if (name == content_type_name) {
            metadata.content_type = std::move(value);
        } else {
            metadata.user.emplace_back(name, std::move(value));
        }
        rest.remove_prefix(value_end + 1);
    }
    std::ranges::sort(metadata.user);
    return {};
}

/// The value of an attribute; none when it went meanwhile, or is larger than any of ours.
std::optional<std::string> get_attribute(int file, const char* name) {
    std::array<char, 4096> buffer;
    const ssize_t size = ::fgetxattr(file, name, buffer.data(), buffer.size());
    return size < 0 ? std::nullopt
                    : std::optional(std::string(buffer.data(), static_cast<std::size_t>(size)));
}

}  // namespace

Result<void> write_attributes(int file, PrivateFolder& folder, const Metadata& attributes,
                              std::string_view path) {
    if (attributes.content_type.empty() && attributes.user.empty()) {
        if (folder.has_attribute_files()) {  // of a file that had this inode before
            remove_attribute_file(folder, file_name(file));
        }
        return {};
    }
    if (set_attributes(file, attributes)) {
        return {};
    }
    const int number = errno;
    if (number == EDQUOT || number == EIO || number == EROFS) {
        return fs_error(number, "setting attributes", path);
    }
    unset_attributes(file, attributes);
    if (!set_attribute(file, in_file_mark, "1") && errno != EOPNOTSUPP) {
        return fs_error(errno, "setting attributes", path);
    }
    return write_file(file, folder, attributes, path);
}

Result<void> read_attributes(int file, PrivateFolder& folder, Metadata& metadata,
                             std::string_view path) {
    if (folder.lacks_attributes()) {
        return read_file(file, folder, metadata, path);
    }
    std::array<char, 1024> few;
    std::string many;
    char* names = few.data();
    ssize_t size = ::flistxattr(file, names, few.size());
    if (size < 0 && errno == ERANGE) {
        constexpr std::size_t names_bytes_max = std::size_t{64} << 10U;  // by the kernel
        many.resize(names_bytes_max);
        names = many.data();
        size = ::flistxattr(file, names, many.size());
    }
    if (size < 0) {
        if (errno == EOPNOTSUPP) {
            return read_file(file, folder, metadata, path);
        }
        return fs_error(errno, "reading attributes", path);
    }
    for (std::string_view rest(names, static_cast<std::size_t>(size)); !rest.empty();) {
        const std::string attribute(rest.substr(0, rest.find('\0')));
        rest.remove_prefix(std::min(attribute.size() + 1, rest.size()));
        if (attribute == in_file_mark) {
            metadata.content_type.clear();
            metadata.user.clear();
            return read_file(file, folder, metadata, path);
        }
        if (attribute == content_type_name) {
            metadata.content_type = get_attribute(file, content_type_name).value_or("");
        } else if (std::optional<std::string> name = user_name(attribute)) {
            if (std::optional<std::string> value = get_attribute(file, attribute.c_str())) {
                metadata.user.emplace_back(*std::move(name), *std::move(value));
            }
        }
    }
    std::ranges::sort(metadata.user);
    return {};
}

std::string attribute_file_of(int parent, const std::string& base, PrivateFolder& folder) {
    struct ::statx status{};
    const bool known =
        folder.has_attribute_files() &&
        ::statx(parent, base.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME | STATX_NLINK,
                &status) == 0 &&
        status.stx_nlink == 1;  // else it stays, under its other name
    return known ? file_name(status) : std::string();
}

void remove_attribute_file(PrivateFolder& folder, const std::string& name) {
    const PrivateFoldersPtr folders = name.empty() ? nullptr : folder.find();
    if (folders != nullptr) {
        ::unlinkat(folders->top.get(), name.c_str(), 0);
    }
}

}  // namespace turntable::inline v0::blob::fs
