#include <algorithm>
#include <utility>

#include "backends/kv/table.hpp"
#include "turntable/blob/detail/flat_list.hpp"

namespace turntable::inline v0::blob::chunked {

namespace {

/// What is gathered at a time, whatever was asked for.
constexpr std::size_t piece_bytes_max = std::size_t{1} << 20U;

/// Where bytes lie: chunks of one part.
struct Place {
    const Part* part = nullptr;
    std::uint64_t first_chunk = 0;
    std::uint64_t last_chunk = 0;
    /// In the first chunk, and how many from there.
    std::size_t skip = 0;
    std::size_t length = 0;
};

Place find_place(const Manifest& manifest, std::uint64_t offset, std::size_t length_max) {
    for (const Part& part : manifest.parts) {
        if (offset < part.size) {
            Place place{.part = &part};
            place.length = std::min({static_cast<std::uint64_t>(length_max), part.size - offset,
                                     std::uint64_t{piece_bytes_max}});
            place.first_chunk = offset / part.chunk_bytes;
            place.last_chunk = (offset + place.length - 1) / part.chunk_bytes;
            place.skip = offset % part.chunk_bytes;
            return place;
        }
        offset -= part.size;
    }
    return {};
}

Error gone() {
    return {ErrorCode::condition_failed, "the blob was written anew or removed while it was read"};
}

/// Puts the chunks of a place together.
Result<Bytes> gather(const kv::EntryBatch& batch, const Place& place) {
    if (batch.size() != place.last_chunk - place.first_chunk + 1) {
        return gone();
    }
    std::string out;
    std::size_t skip = place.skip;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        TURNTABLE_TRY(const ByteView chunk, open_chunk(batch[i].data));
        // The last one may have grown since: an append puts more into it.
        const std::size_t wanted =
            std::min<std::size_t>(place.part->chunk_bytes - skip, place.length - out.size());
        if (chunk.size() < skip + wanted) {
            return Error(ErrorCode::corrupt, "a chunk of the blob is too short");
        }
        out += chunk.text().substr(skip, wanted);
        skip = 0;
    }
    return Bytes::take(std::move(out));
}

class ChunkReader final : public ReadSource {
  public:
    ChunkReader(TablePtr table, Manifest manifest)
        : table_(std::move(table)),
          manifest_(std::make_shared<const Manifest>(std::move(manifest))) {}

    const Metadata& metadata() const noexcept override { return manifest_->metadata; }
    Async<Bytes> read(const Context& context, std::uint64_t offset,
                      std::size_t length_max) override {
        return read_chunks(table_, context, manifest_, offset, length_max);
    }

  private:
    TablePtr table_;
    std::shared_ptr<const Manifest> manifest_;
};

/// One step of a listing.
Async<std::optional<EntryPage>> next_page(TablePtr table, Context context,
                                          std::shared_ptr<detail::FlatList> list) {
    constexpr std::uint32_t entries_max = 500;
    if (table->closed()) {
        co_return Error(ErrorCode::closed, "the store was closed");
    }
    EntryPage page;
    while (page.empty() && !list->is_done()) {
        const std::string start = table->keys().file(list->from());
        const kv::ReadRange range{ByteView(start), ByteView(table->keys().files_end()), entries_max,
                                  false};
        const Result<kv::ReadOutput> output =
            co_await table->database().snapshot_read(context, std::span(&range, 1), {});
        if (!output) {
            co_return output.error();
        }
        const kv::EntryBatch& batch = output->front();
        for (std::size_t i = 0; i < batch.size() && !list->is_done(); ++i) {
            Result<std::string> path = table->keys().path_of(batch[i].key);
            Result<Manifest> manifest = decode_manifest(batch[i].data);
            if (!path || !manifest) {
                co_return path ? std::move(manifest).error().with("path", *path) : path.error();
            }
            if (*path < list->from()) {
                continue;  // passed over by a seek
            }
            (void)list->accept({*std::move(path), std::move(manifest->metadata)}, page);
        }
        if (batch.size() < entries_max) {
            list->end();
        }
    }
    co_return page.empty() ? std::optional<EntryPage>() : std::optional(std::move(page));
}

class Pages final : public StreamSource<EntryPage> {
  public:
    Pages(TablePtr table, std::string_view prefix, const ListOptions& options)
        : table_(std::move(table)), list_(std::make_shared<detail::FlatList>(prefix, options)) {}
    Async<std::optional<EntryPage>> next(const Context& context) override {
        return next_page(table_, context, list_);
    }

  private:
    TablePtr table_;
    std::shared_ptr<detail::FlatList> list_;  // shared with a step that nobody waits for any more
};

}  // namespace

Async<Bytes> read_chunks(TablePtr table, Context context, std::shared_ptr<const Manifest> manifest,
                         std::uint64_t offset, std::size_t length_max) {
    if (table->closed()) {
        co_return Error(ErrorCode::closed, "the store was closed");
    }
    const Place place = find_place(*manifest, offset, length_max);
    if (place.part == nullptr || length_max == 0) {
        co_return Bytes();
    }
    const std::string start = table->keys().chunk(place.part->id, place.first_chunk);
    const std::string end = table->keys().chunk(place.part->id, place.last_chunk + 1);
    const kv::ReadRange range{ByteView(start), ByteView(end),
                              static_cast<std::uint32_t>(place.last_chunk - place.first_chunk + 1),
                              false};
    const Result<kv::ReadOutput> output =
        co_await table->database().snapshot_read(context, std::span(&range, 1), {});
    if (!output) {
        co_return output.error();
    }
    co_return gather(output->front(), place);
}

ReadHandle make_reader(TablePtr table, Manifest manifest) {
    return std::make_unique<ChunkReader>(std::move(table), std::move(manifest));
}

Stream<EntryPage> make_listing(TablePtr table, std::string_view prefix,
                               const ListOptions& options) {
    return Stream<EntryPage>(std::make_unique<Pages>(std::move(table), prefix, options));
}

}  // namespace turntable::inline v0::blob::chunked
