#include "backends/memory/blob/memory_store.hpp"

#include <mutex>
#include <utility>

#include "turntable/blob/detail/answers.hpp"

namespace turntable::inline v0::blob::memory {

bool Store::has_below(std::string_view directory) const {
    const auto at = blobs_.lower_bound(directory);
    return directory.empty() || (at != blobs_.end() && at->first.starts_with(directory));
}

Result<BlobPtr> Store::find_locked(std::string_view path) const {
    const auto at = blobs_.find(path);
    if (at != blobs_.end()) {
        return at->second;
    }
    if (has_below(std::string(path) + '/')) {
        return detail::is_directory(path);
    }
    return detail::absent(path);
}

Result<BlobPtr> Store::find(std::string_view path) const {
    const std::shared_lock guard(mutex_);
    return find_locked(path);
}

Result<Metadata> Store::stat(std::string_view path) const {
    const std::shared_lock guard(mutex_);
    if (const auto at = blobs_.find(path); at != blobs_.end()) {
        return at->second->metadata;
    }
    const bool named_so = path.empty() || path.ends_with('/');
    const std::string directory = named_so ? std::string(path) : std::string(path) + '/';
    if (const auto mark = blobs_.find(directory); mark != blobs_.end()) {
        return mark->second->metadata;
    }
    if (has_below(directory)) {
        return Metadata{.kind = EntryKind::directory};
    }
    return detail::absent(path);
}

Result<Metadata> Store::put(std::string_view path, Bytes content, const WriteOptions& options,
                            const Terms& terms) {
    const std::unique_lock guard(mutex_);
    const auto at = blobs_.find(path);
    const Blob* present = at == blobs_.end() ? nullptr : at->second.get();
    TURNTABLE_CHECK(
        detail::check_over(options, present == nullptr ? nullptr : &present->metadata, path));
    const bool appends = options.append && present != nullptr;
    TURNTABLE_CHECK(detail::check_size((appends ? present->content.size() : 0) + content.size(),
                                       terms.blob_bytes_max));
    auto blob = std::make_shared<Blob>();
    if (appends) {
        blob->metadata = present->metadata;
        content = Bytes::joined(present->content, content);
    } else {
        blob->metadata.content_type = options.content_type;
        blob->metadata.user = detail::ordered(options.user);
    }
    blob->metadata.size_bytes = content.size();
    blob->metadata.etag = next_etag();
    blob->metadata.modified_ms = terms.now_ms;
    blob->content = std::move(content);
    Metadata metadata = blob->metadata;
    blobs_.insert_or_assign(std::string(path), std::move(blob));
    return metadata;
}

Result<void> Store::copy(std::string_view from, std::string_view to, const CopyOptions& options,
                         std::int64_t now_ms) {
    const std::unique_lock guard(mutex_);
    TURNTABLE_TRY(const BlobPtr source, find_locked(from));
    TURNTABLE_CHECK(check(Conditions{.if_match = options.if_match}, source->metadata));
    if (options.if_not_exists && blobs_.contains(to)) {
        return detail::there_already(to);
    }
    auto target = std::make_shared<Blob>(*source);
    target->metadata.etag = next_etag();
    target->metadata.modified_ms = now_ms;
    blobs_.insert_or_assign(std::string(to), std::move(target));
    return {};
}

Result<void> Store::rename(std::string_view from, std::string_view to,
                           const RenameOptions& options) {
    const std::unique_lock guard(mutex_);
    TURNTABLE_TRY(BlobPtr source, find_locked(from));
    if (options.if_not_exists && blobs_.contains(to)) {
        return detail::there_already(to);
    }
    blobs_.insert_or_assign(std::string(to), std::move(source));
    blobs_.erase(blobs_.find(from));
    return {};
}

Result<void> Store::remove(std::string_view path, const RemoveOptions& options) {
    const std::unique_lock guard(mutex_);
    auto at = blobs_.find(path);
    if (at == blobs_.end() || path.ends_with('/')) {  // then a directory is meant
        const std::string directory =
            path.empty() || path.ends_with('/') ? std::string(path) : std::string(path) + '/';
        at = blobs_.find(directory);
        const auto below = blobs_.upper_bound(directory);
        if (below != blobs_.end() && below->first.starts_with(directory)) {
            return detail::not_empty(path);
        }
    }
    if (at == blobs_.end()) {
        return options.if_match.empty() ? Result<void>() : detail::nothing_to_match(path);
    }
    TURNTABLE_CHECK(check(Conditions{.if_match = options.if_match}, at->second->metadata));
    blobs_.erase(at);
    return {};
}

void Store::remove_all(std::string_view path) {
    const std::unique_lock guard(mutex_);
    if (const auto at = blobs_.find(path); at != blobs_.end()) {
        blobs_.erase(at);
    }
    const std::string directory =
        path.empty() || path.ends_with('/') ? std::string(path) : std::string(path) + '/';
    auto at = blobs_.lower_bound(directory);
    while (at != blobs_.end() && at->first.starts_with(directory)) {
        at = blobs_.erase(at);
    }
}

void Store::create_dir(std::string_view path, std::int64_t now_ms) {
    if (path.empty()) {
        return;
    }
    auto mark = std::make_shared<Blob>();
    mark->metadata.kind = EntryKind::directory;
    mark->metadata.modified_ms = now_ms;
    const std::unique_lock guard(mutex_);
    blobs_.try_emplace(std::string(path), std::move(mark));
}

EntryPage Store::next_page(detail::FlatList& list, std::size_t entries_max) const {
    EntryPage page;
    const std::shared_lock guard(mutex_);
    auto at = blobs_.lower_bound(list.from());
    while (!list.is_done() && page.size() < entries_max) {
        if (at == blobs_.end()) {
            list.end();
            break;
        }
        const auto step = list.accept({at->first, at->second->metadata}, page);
        at = step == detail::FlatList::Step::seek ? blobs_.lower_bound(list.from()) : ++at;
    }
    return page;
}

}  // namespace turntable::inline v0::blob::memory
