#include <map>
#include <optional>
#include <string>
#include <utility>

#include "turntable/blob/transfer.hpp"

namespace turntable::inline v0::blob {

namespace {

/// What the target holds, by path below its directory. Kept whole: what it holds changes while we
/// write into it.
using Present = std::map<std::string, Metadata, std::less<>>;

Result<Present> read_present(const Store& store, const std::string& directory,
                             const CallOptions& call) {
    Present out;
    List list = store.list(directory, {.recursive = true}, call);
    while (true) {
        TURNTABLE_TRY(std::optional<Entry> entry, list.next(call));
        if (!entry) {
            return out;
        }
        out.emplace(entry->path.substr(directory.size()), std::move(entry->metadata));
    }
}

/// Reads both from the start until they differ.
Result<bool> same_content(Reader first, Reader second, const CallOptions& call) {
    constexpr std::size_t step_bytes = std::size_t{1} << 18;
    while (true) {
        TURNTABLE_TRY(const Bytes left, first.read(step_bytes, call));
        TURNTABLE_TRY(const Bytes right, second.read(step_bytes, call));
        if (left != right) {
            return false;
        }
        if (left.empty()) {
            return true;
        }
    }
}

class Sync {
  public:
    Sync(const Store& from, std::string from_directory, const Store& to, std::string to_directory,
         const SyncOptions& options, const CallOptions& call)
        : from_(from),
          to_(to),
          from_directory_(std::move(from_directory)),
          to_directory_(std::move(to_directory)),
          options_(options),
          call_(call) {}

    Result<SyncReport> run() {
        TURNTABLE_TRY(present_, read_present(to_, to_directory_, call_));
        List list = from_.list(from_directory_, {.recursive = true}, call_);
        while (true) {
            TURNTABLE_TRY(std::optional<Entry> entry, list.next(call_));
            if (!entry) {
                break;
            }
            TURNTABLE_CHECK(bring(entry->path.substr(from_directory_.size()), entry->metadata));
        }
        if (options_.remove_extra) {
            TURNTABLE_CHECK(remove_extra());
        }
        return report_;
    }

  private:
    /// Tells of a step; true: it is to be done.
    bool step(SyncAction action, std::string_view path, std::uint64_t size_bytes) const {
        if (options_.on_step) {
            options_.on_step({action, path, size_bytes});
        }
        return !options_.dry_run;
    }

    Result<void> bring(const std::string& path, const Metadata& source) {
        const auto there = present_.find(path);
        const std::optional<Metadata> target =
            there == present_.end() ? std::nullopt : std::optional(std::move(there->second));
        if (target) {
            present_.erase(there);
        }
        if (source.kind == EntryKind::directory) {
            return target || !to_.capabilities().directories ? Result<void>() : make(path);
        }
        if (target) {
            TURNTABLE_TRY(const bool same, is_same(path, source, *target));
            if (same) {
                ++report_.files_kept;
                step(SyncAction::keep, path, source.size_bytes);
                return {};
            }
        }
        if (step(SyncAction::copy, path, source.size_bytes)) {
            TURNTABLE_CHECK(copy_file(from_, from_directory_ + path, to_, to_directory_ + path,
                                      options_.copied, call_));
        }
        ++report_.files_copied;
        report_.bytes_copied += source.size_bytes;
        return {};
    }

    Result<void> make(const std::string& path) {
        ++report_.directories_made;
        return step(SyncAction::create_dir, path, 0) ? to_.create_dir(to_directory_ + path, call_)
                                                     : Result<void>();
    }

    Result<bool> is_same(const std::string& path, const Metadata& source,
                         const Metadata& target) const {
        if (target.kind != EntryKind::file || source.size_bytes != target.size_bytes) {
            return false;
        }
        const bool times_known = source.modified_ms != 0 && target.modified_ms != 0;
        if (options_.compare == Compare::size_and_time && times_known) {
            return target.modified_ms >= source.modified_ms;
        }
        TURNTABLE_TRY(Reader left, from_.reader(from_directory_ + path, {}, call_));
        TURNTABLE_TRY(Reader right, to_.reader(to_directory_ + path, {}, call_));
        return same_content(std::move(left), std::move(right), call_);
    }

    /// From the end, so that a directory is empty when its turn comes.
    Result<void> remove_extra() {
        for (auto extra = present_.rbegin(); extra != present_.rend(); ++extra) {
            const bool is_file = extra->second.kind == EntryKind::file;
            if (step(SyncAction::remove, extra->first, extra->second.size_bytes)) {
                TURNTABLE_CHECK(to_.remove(to_directory_ + extra->first, {}, call_));
            }
            report_.files_removed += is_file ? 1 : 0;
        }
        return {};
    }

    const Store& from_;
    const Store& to_;
    const std::string from_directory_;
    const std::string to_directory_;
    const SyncOptions& options_;
    const CallOptions& call_;
    Present present_;
    SyncReport report_;
};

}  // namespace

std::string_view to_string(SyncAction action) noexcept {
    switch (action) {
        case SyncAction::copy:
            return "copy";
        case SyncAction::keep:
            return "keep";
        case SyncAction::remove:
            return "remove";
        case SyncAction::create_dir:
            return "create_dir";
    }
    return "keep";
}

Result<SyncReport> sync(const Store& from, std::string_view from_directory, const Store& to,
                        std::string_view to_directory, const SyncOptions& options,
                        const CallOptions& call) {
    TURNTABLE_TRY(std::string source,
                  detail::directory_path(from_directory, from.capabilities().limits));
    TURNTABLE_TRY(std::string target,
                  detail::directory_path(to_directory, to.capabilities().limits));
    return Sync(from, std::move(source), to, std::move(target), options, call).run();
}

}  // namespace turntable::inline v0::blob
