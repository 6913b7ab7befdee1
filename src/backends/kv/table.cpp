#include "backends/kv/table.hpp"

#include <algorithm>
#include <utility>

#include "turntable/blob/detail/answers.hpp"

namespace turntable::inline v0::blob::chunked {

namespace {

/// One write of the database has about so much in it.
constexpr std::uint64_t batch_bytes = std::uint64_t{4} << 20U;

std::uint32_t chunk_bytes_for(const KvOptions& options, const kv::Limits& limits) {
    // A value is a chunk with its checksum.
    const std::uint64_t fits = std::min(limits.value_bytes, limits.write_bytes / 2) - 64;
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(std::min(options.chunk.bytes, fits),
                                                                chunk_bytes_min, chunk_bytes_max));
}

std::size_t chunks_at_once_for(std::uint32_t chunk_bytes, const kv::Limits& limits) {
    // Beside the chunks there are an entry and a few marks; half of each limit is left for them.
    const std::uint64_t by_bytes =
        std::min<std::uint64_t>(batch_bytes, limits.write_bytes / 2) / chunk_bytes;
    return std::clamp<std::size_t>(by_bytes, 1, std::max<std::size_t>(1, limits.mutations / 2));
}

std::string as_directory(const std::string& path) {
    return path.empty() || path.ends_with('/') ? path : path + '/';
}

}  // namespace

Error too_many_tries(std::string_view path) {
    return Error(ErrorCode::conflict, "the blob is written again and again by others")
        .with_retry(Retry::temporary)
        .with("path", std::string(path));
}

Table::Table(kv::Database database, KvOptions options, bool owns_database)
    : database_(database),
      options_(std::move(options)),
      keys_(options_.key_prefix),
      chunk_bytes_(chunk_bytes_for(options_, database.capabilities().limits)),
      chunks_at_once_(chunks_at_once_for(chunk_bytes_, database.capabilities().limits)),
      owns_database_(owns_database) {}

std::int64_t Table::now_ms() const {
    return runtime().clock().wall_now().time_since_epoch().count();
}

std::int64_t Table::abandoned_before_ms() const {
    return now_ms() - options_.abandoned_after.count();
}

Async<std::optional<Stored>> Table::find(std::shared_ptr<Table> self, Context context,
                                         std::string path) {
    const std::string key = self->keys_.file(path);
    auto read = kv::backend_get(self->database(), context, key);
    Result<std::optional<kv::Entry>>& entry = co_await read;
    if (!entry) {
        co_return std::move(entry).error();
    }
    if (!entry->has_value()) {
        co_return std::optional<Stored>();
    }
    Result<Manifest> manifest = decode_manifest((*entry)->value.data());
    if (!manifest) {
        co_return std::move(manifest).error().with("path", path);
    }
    co_return std::optional<Stored>(Stored{*std::move(manifest), (*entry)->versionstamp});
}

Async<bool> Table::has_below(std::shared_ptr<Table> self, Context context, std::string directory) {
    const std::string start = self->keys_.file(directory);
    const kv::ReadRange range{ByteView(start), ByteView(self->keys_.files_end()), 2, false};
    auto read = self->database().snapshot_read(context, std::span(&range, 1), {});
    Result<kv::ReadOutput>& output = co_await read;
    if (!output) {
        co_return std::move(output).error();
    }
    const kv::EntryBatch& batch = output->front();
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const Result<std::string> path = self->keys_.path_of(batch[i].key);
        if (!path) {
            co_return path.error();
        }
        if (*path != directory) {
            co_return path->starts_with(directory);
        }
    }
    co_return false;
}

Async<Stored> Table::find_file(std::shared_ptr<Table> self, Context context, std::string path) {
    Result<std::optional<Stored>> stored = co_await find(self, context, path);
    if (!stored) {
        co_return std::move(stored).error();
    }
    if (stored->has_value()) {
        co_return **std::move(stored);
    }
    Result<Metadata> other = co_await stat(self, context, as_directory(path));
    if (!other && other.error().code() != ErrorCode::not_found) {
        co_return std::move(other).error();
    }
    co_return other ? detail::is_directory(path) : detail::absent(path);
}

Async<Metadata> Table::stat(std::shared_ptr<Table> self, Context context, std::string path) {
    const std::string directory = as_directory(path);
    for (std::string name = path;; name = directory) {
        Result<std::optional<Stored>> stored = co_await find(self, context, name);
        if (!stored) {
            co_return std::move(stored).error();
        }
        if (stored->has_value()) {
            co_return (*std::move(stored))->manifest.metadata;
        }
        if (name == directory) {
            break;
        }
    }
    Result<bool> below =
        path.empty() ? Result<bool>(true) : co_await has_below(self, context, directory);
    if (!below) {
        co_return std::move(below).error();
    }
    co_return *below ? Result<Metadata>(Metadata{.kind = EntryKind::directory})
                     : Result<Metadata>(detail::absent(path));
}

void Table::discard(Batch& batch, const Manifest& manifest) const {
    for (const Part& part : manifest.parts) {
        // Since the beginning of time: whoever sweeps may take it at once.
        batch.set(keys_.pending(part.id), encode(Pending{0, part.chunks()}));
    }
}

Async<void> Table::erase(std::shared_ptr<Table> self, Context context, ContentId id,
                         std::uint64_t chunks) {
    constexpr std::uint64_t at_once = 500;
    for (std::uint64_t number = 0;; number += at_once) {
        Batch batch;
        for (std::uint64_t i = number; i < std::min(number + at_once, chunks); ++i) {
            batch.remove(self->keys_.chunk(id, i));
        }
        const bool last = number + at_once >= chunks;
        if (last) {
            batch.remove(self->keys_.pending(id));
        }
        Result<kv::CommitResult> removed =
            co_await self->database().atomic_write(context, batch.view());
        if (!removed) {
            co_return std::move(removed).error();
        }
        if (last) {
            co_return Result<void>();
        }
    }
}

Async<void> Table::erase(std::shared_ptr<Table> self, Context context, Manifest manifest) {
    for (const Part& part : manifest.parts) {
        if (Result<void> erased = co_await erase(self, context, part.id, part.chunks()); !erased) {
            co_return std::move(erased).error();
        }
    }
    co_return Result<void>();
}

Async<void> Table::sweep(std::shared_ptr<Table> self, Context context) {
    std::string start = self->keys_.pending_start();
    const std::string end = self->keys_.pending_end();
    const std::int64_t before = self->abandoned_before_ms();
    while (true) {
        const kv::ReadRange range{ByteView(start), ByteView(end), 100, false};
        Result<kv::ReadOutput> output =
            co_await self->database().snapshot_read(context, std::span(&range, 1), {});
        if (!output) {
            co_return std::move(output).error();
        }
        const kv::EntryBatch& batch = output->front();
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const Result<ContentId> id = self->keys_.pending_id(batch[i].key);
            const Result<Pending> pending = decode_pending(batch[i].data);
            if (!id || !pending || pending->since_ms > before) {
                continue;  // damage is told by verify, not by whoever happens to write
            }
            Result<void> erased = co_await erase(self, context, *id, pending->chunks);
            if (!erased) {
                co_return std::move(erased).error();
            }
        }
        if (batch.empty()) {
            co_return Result<void>();
        }
        start = batch[batch.size() - 1].key.to_string() + '\0';
    }
}

Async<void> Table::remove(std::shared_ptr<Table> self, Context context, std::string path,
                          std::string if_match) {
    for (int tries = 0; tries < tries_max; ++tries) {
        std::string name = path;
        Result<std::optional<Stored>> stored = co_await find(self, context, name);
        if (stored && (!stored->has_value() || path.ends_with('/'))) {  // a directory is meant
            name = as_directory(path);
            const Result<bool> below = co_await has_below(self, context, name);
            if (!below || *below) {
                co_return below ? detail::not_empty(path) : below.error();
            }
            stored = co_await find(self, context, name);
        }
        if (!stored) {
            co_return std::move(stored).error();
        }
        if (!stored->has_value()) {
            co_return if_match.empty() ? Result<void>() : detail::nothing_to_match(path);
        }
        Stored& present = **stored;
        if (Result<void> holds = check(Conditions{.if_match = if_match}, present.manifest.metadata);
            !holds) {
            co_return std::move(holds).error();
        }
        Batch batch;
        batch.check(self->keys_.file(name), present.versionstamp);
        batch.remove(self->keys_.file(name));
        self->discard(batch, present.manifest);
        const Result<kv::CommitResult> removed =
            co_await self->database().atomic_write(context, batch.view());
        if (!removed) {
            co_return removed.error();
        }
        if (removed->committed) {
            // What is left when this fails has its mark, and is swept later.
            (void)co_await erase(self, context, std::move(present.manifest));
            co_return Result<void>();
        }
    }
    co_return too_many_tries(path);
}

Async<void> Table::rename(std::shared_ptr<Table> self, Context context, std::string from,
                          std::string to, bool if_not_exists) {
    for (int tries = 0; tries < tries_max; ++tries) {
        const Result<Stored> source = co_await find_file(self, context, from);
        if (!source) {
            co_return source.error();
        }
        Result<std::optional<Stored>> target = co_await find(self, context, to);
        if (!target) {
            co_return std::move(target).error();
        }
        if (target->has_value() && if_not_exists) {
            co_return detail::there_already(to);
        }
        Batch batch;
        batch.check(self->keys_.file(from), source->versionstamp);
        batch.check(self->keys_.file(to),
                    target->has_value() ? std::optional((*target)->versionstamp) : std::nullopt);
        batch.remove(self->keys_.file(from));
        batch.set(self->keys_.file(to), encode(source->manifest));
        if (target->has_value()) {
            self->discard(batch, (*target)->manifest);
        }
        const Result<kv::CommitResult> renamed =
            co_await self->database().atomic_write(context, batch.view());
        if (!renamed) {
            co_return renamed.error();
        }
        if (renamed->committed) {
            if (target->has_value()) {
                (void)co_await erase(self, context, std::move((*target)->manifest));
            }
            co_return Result<void>();
        }
    }
    co_return too_many_tries(from);
}

Async<void> Table::create_dir(std::shared_ptr<Table> self, Context context, std::string path) {
    if (path.empty()) {
        co_return Result<void>();
    }
    Manifest mark;
    mark.metadata.kind = EntryKind::directory;
    mark.metadata.modified_ms = self->now_ms();
    Batch batch;
    batch.check(self->keys_.file(path), std::nullopt);
    batch.set(self->keys_.file(path), encode(mark));
    // When the check fails it is there already.
    const Result<kv::CommitResult> made =
        co_await self->database().atomic_write(context, batch.view());
    co_return made ? Result<void>() : Result<void>(made.error());
}

}  // namespace turntable::inline v0::blob::chunked
