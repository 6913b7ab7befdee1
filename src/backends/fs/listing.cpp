#include "backends/fs/listing.hpp"

#include <fcntl.h>

#include <algorithm>

#include "backends/fs/directory.hpp"
#include "backends/fs/fs_error.hpp"
#include "turntable/blob/path.hpp"

namespace turntable::inline v0::blob::fs {

namespace {

constexpr std::size_t page_entries_max = 1000;
/// How many directories that lie in each other stay open.
constexpr std::size_t open_levels_max = 32;

}  // namespace

Listing::Listing(std::shared_ptr<Store> store, std::string_view prefix, const ListOptions& options)
    : store_(std::move(store)),
      prefix_(prefix),
      start_after_(options.start_after),
      remaining_(options.limit.value_or(UINT64_MAX)),
      recursive_(options.recursive),
      metadata_(options.metadata) {}

Result<void> Listing::begin() {
    begun_ = true;
    TURNTABLE_CHECK(check_reserved(prefix_));
    const bool whole = is_directory_path(prefix_);
    const std::string_view folder = whole ? std::string_view(prefix_) : parent_path(prefix_);
    TURNTABLE_TRY(std::optional<Descriptor> directory, store_->open_directory(folder));
    if (!directory) {
        return {};
    }
    return enter(std::string(folder), *std::move(directory),
                 std::string_view(prefix_).substr(folder.size()));
}

Result<void> Listing::enter(std::string path, Descriptor directory, std::string_view name_prefix) {
    Level level;
    level.path = std::move(path);
    Result<std::vector<std::string>> names = directory_names(directory.get(), name_prefix);
    if (!names) {
        return std::move(names).error().with("directory", level.path);
    }
    level.names = *std::move(names);
    // Also below the root: that folder may be the root of another store.
    std::erase(level.names, std::string(fs_private_folder) + '/');
    std::ranges::sort(level.names);
    if (levels_.size() < open_levels_max) {
        level.directory = std::move(directory);
    }
    levels_.push_back(std::move(level));
    return {};
}

/// False: the directory is not there any more.
Result<bool> Listing::reopen(Level& level) {
    if (!level.directory) {
        TURNTABLE_TRY(std::optional<Descriptor> again, store_->open_directory(level.path));
        if (again) {
            level.directory = *std::move(again);
        }
    }
    return static_cast<bool>(level.directory);
}

std::optional<Metadata> Listing::look_at(const Level& level, const std::string& name) {
    const bool directory = name.ends_with('/');
    const std::string plain(name, 0, directory ? name.size() - 1 : 0);
    struct ::stat status{};
    if (::fstatat(level.directory.get(), directory ? plain.c_str() : name.c_str(), &status,
                  AT_SYMLINK_NOFOLLOW) != 0 ||
        (directory ? !S_ISDIR(status.st_mode) : !S_ISREG(status.st_mode))) {
        return std::nullopt;
    }
    return to_metadata(status);
}

Result<void> Listing::descend(const Level& level, const std::string& name, std::string path) {
    Descriptor below =
        open_beneath(Resolver::walk, level.directory.get(), name, O_RDONLY | O_DIRECTORY);
    if (below) {
        return enter(std::move(path), std::move(below), {});
    }
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) {
        return {};
    }
    return fs_error(errno, "opening a directory", path);
}

/// One name of the innermost directory.
Result<void> Listing::step(EntryPage& page) {
    Level& level = levels_.back();
    if (level.position == level.names.size()) {
        levels_.pop_back();
        return {};
    }
    const std::string name = std::move(level.names[level.position++]);
    std::string path = level.path + name;
    const bool directory = name.ends_with('/');
    const bool wanted = path > start_after_;
    const bool enters = recursive_ && directory && (wanted || start_after_.starts_with(path));
    if (!wanted && !enters) {
        return {};
    }
    if (metadata_ || enters) {
        TURNTABLE_TRY(const bool there, reopen(level));
        if (!there) {
            level.position = level.names.size();
            return {};
        }
    }
    if (wanted) {
        std::optional<Metadata> metadata =
            metadata_ ? look_at(level, name)
                      : std::optional(
                            Metadata{.kind = directory ? EntryKind::directory : EntryKind::file});
        if (!metadata) {
            return {};
        }
        page.push_back({enters ? path : std::move(path), *std::move(metadata)});
        --remaining_;
    }
    if (levels_.size() > open_levels_max) {
        // Nothing of it is needed until we are back.
        Level kept;
        kept.directory = std::move(level.directory);
        return enters ? descend(kept, name, std::move(path)) : Result<void>();
    }
    return enters ? descend(level, name, std::move(path)) : Result<void>();
}

Result<std::optional<EntryPage>> Listing::next() {
    if (!begun_) {
        TURNTABLE_CHECK(begin());
    }
    EntryPage page;
    page.reserve(std::min<std::uint64_t>(page_entries_max, remaining_));
    while (!levels_.empty() && remaining_ > 0 && page.size() < page_entries_max) {
        if (Result<void> done = step(page); !done) {
            levels_.clear();
            return std::move(done).error();
        }
    }
    return page.empty() ? std::optional<EntryPage>() : std::optional(std::move(page));
}

}  // namespace turntable::inline v0::blob::fs
