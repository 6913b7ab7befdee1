#include "tape/library/contents.hpp"

#include <algorithm>
#include <utility>

#include "tape/library/chunked_source.hpp"
#include "turntable/tape/metadata_json.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::string_view plain_suffix = ".tape";
constexpr std::string_view zstd_suffix = ".tape.zst";
constexpr std::string_view labels_suffix = ".labels.json";
constexpr std::size_t copy_bytes = std::size_t{1} << 20U;
/// The first bytes of a zstd frame.
constexpr std::string_view zstd_mark = "\x28\xB5\x2F\xFD";

std::string named(std::string_view id, std::string_view suffix) {
    return std::string(id) + std::string(suffix);
}

std::string_view suffix_of(Compression form) noexcept {
    return form == Compression::zstd ? zstd_suffix : plain_suffix;
}

/// The bytes of a converted tape on their way into a blob.
class BlobSink final : public Sink {
  public:
    explicit BlobSink(std::shared_ptr<blob::Writer> writer) : writer_(std::move(writer)) {}
    Result<void> append(ByteView bytes) override {
        TURNTABLE_CHECK(writer_->write(bytes));
        size_ += bytes.size();
        return {};
    }
    Result<void> sync() override { return {}; }
    Result<void> truncate(std::uint64_t) override {
        return Error(ErrorCode::unsupported, "a blob that is being written cannot be cut");
    }
    std::uint64_t size() const noexcept override { return size_; }

  private:
    std::shared_ptr<blob::Writer> writer_;
    std::uint64_t size_ = 0;
};

Result<void> copy_bytes_of(Source& content, blob::Writer& writer, const CallOptions& call) {
    std::string buffer(copy_bytes, '\0');
    for (std::uint64_t offset = 0;;) {
        TURNTABLE_TRY(const std::size_t count, content.read(offset, buffer.data(), buffer.size()));
        if (count == 0) {
            return {};
        }
        TURNTABLE_CHECK(writer.write(ByteView(buffer.data(), count), call));
        offset += count;
    }
}

Result<std::optional<std::uint64_t>> size_of(const blob::Store& blobs, const std::string& path,
                                             const CallOptions& call) {
    const auto found = blobs.stat(path, {}, call);
    if (found) {
        return std::optional(found->size_bytes);
    }
    if (found.error().code() == ErrorCode::not_found) {
        return std::optional<std::uint64_t>();
    }
    return found.error();
}

Error other_bytes(std::uint64_t offset, std::uint64_t size) {
    return Error(ErrorCode::conflict, "the tape has " + std::to_string(size) +
                                          " bytes, with others where these would go, at " +
                                          std::to_string(offset))
        .with_retry(Retry::permanent);
}

}  // namespace

Error tape_exists(std::string_view id) {
    return Error(ErrorCode::already_exists, "there is a tape of this id")
        .with("id", std::string(id));
}

Result<std::optional<StoredContents::Content>> Contents::find(std::string_view id,
                                                              const CallOptions& call) const {
    for (const std::string_view suffix : {plain_suffix, zstd_suffix}) {
        std::string path = named(id, suffix);
        TURNTABLE_TRY(const auto size, size_of(blobs_, path, call));
        if (size) {
            return std::optional(StoredContents::Content{std::move(path), *size});
        }
    }
    return std::optional<StoredContents::Content>();
}

Result<StoredContents::Content> Contents::get(std::string_view id, const CallOptions& call) const {
    TURNTABLE_TRY(auto found, find(id, call));
    if (!found) {
        return Error(ErrorCode::not_found, "there is no tape of this id")
            .with("id", std::string(id));
    }
    return *std::move(found);
}

Result<std::uint64_t> Contents::save(std::string_view id, const std::shared_ptr<Source>& content,
                                     Compression wanted,
                                     const std::optional<StoredContents::Content>& existing,
                                     const CallOptions& call) const {
    TURNTABLE_TRY(const Reader reader, Reader::open(std::make_unique<SharedSource>(content)));
    if (existing) {
        wanted = existing->path.ends_with(zstd_suffix) ? Compression::zstd : Compression::none;
    }
    const bool exclusive = !existing && blobs_.capabilities().exclusive_create;
    TURNTABLE_TRY(blob::Writer opened,
                  blobs_.writer(named(id, suffix_of(wanted)), {.if_not_exists = exclusive}, call));
    const auto writer = std::make_shared<blob::Writer>(std::move(opened));
    if (reader.compression() == wanted) {
        TURNTABLE_CHECK(copy_bytes_of(*content, *writer, call));
    } else {
        TURNTABLE_CHECK(convert(std::make_unique<SharedSource>(content),
                                std::make_unique<BlobSink>(writer), {.compression = wanted}));
    }
    TURNTABLE_TRY(const blob::Metadata stored, writer->finish(call));
    return stored.size_bytes;
}

Result<std::uint64_t> Contents::append(std::string_view id, std::uint64_t offset, ByteView bytes,
                                       const CallOptions& call) const {
    TURNTABLE_TRY(const auto found, find(id, call));
    if (!found) {
        if (offset != 0) {
            return Error(ErrorCode::not_found, "there is no tape of this id to append to")
                .with("id", std::string(id));
        }
        const bool packed = bytes.text().starts_with(zstd_mark);
        const std::string path = named(id, packed ? zstd_suffix : plain_suffix);
        const bool exclusive = blobs_.capabilities().exclusive_create;
        TURNTABLE_TRY(const auto written,
                      blobs_.write(path, bytes, {.if_not_exists = exclusive}, call));
        (void)written;
        return std::uint64_t{bytes.size()};
    }
    if (offset > found->bytes) {
        return other_bytes(offset, found->bytes);
    }
    const std::uint64_t there = std::min<std::uint64_t>(found->bytes - offset, bytes.size());
    const ByteView repeated = bytes.substr(0, static_cast<std::size_t>(there));
    if (there > 0) {
        // A retry: what is there already must be the same, and is not appended again.
        TURNTABLE_TRY(const Bytes before,
                      blobs_.read(found->path, {.offset = offset, .length = there}, {}, call));
        if (before.view() != repeated || (offset == 0 && found->bytes > bytes.size())) {
            return offset == 0 ? tape_exists(id) : other_bytes(offset, found->bytes);
        }
    }
    const ByteView rest = bytes.substr(static_cast<std::size_t>(there));
    if (!rest.empty()) {
        TURNTABLE_TRY(const auto written, blobs_.append(found->path, rest, call));
        (void)written;
    }
    return std::max<std::uint64_t>(found->bytes, offset + bytes.size());
}

Result<std::unique_ptr<Source>> Contents::source(std::string_view id,
                                                 const CallOptions& call) const {
    TURNTABLE_TRY(const auto found, get(id, call));
    const blob::Store blobs = blobs_;
    const std::string path = found.path;
    return std::unique_ptr<Source>(std::make_unique<ChunkedSource>(
        [blobs, path]() -> Result<std::uint64_t> {
            TURNTABLE_TRY(const blob::Metadata now, blobs.stat(path));
            return now.size_bytes;
        },
        [blobs, path](std::uint64_t offset, std::uint64_t count) -> Result<Bytes> {
            auto bytes = blobs.read(path, {.offset = offset, .length = count});
            if (!bytes && bytes.error().code() == ErrorCode::out_of_range) {
                return Bytes();
            }
            return bytes;
        }));
}

Result<bool> Contents::remove(std::string_view id, const CallOptions& call) const {
    TURNTABLE_TRY(const auto found, find(id, call));
    if (found) {
        TURNTABLE_CHECK(blobs_.remove(found->path, {}, call));
    }
    TURNTABLE_CHECK(blobs_.remove(named(id, labels_suffix), {}, call));
    return found.has_value();
}

Result<std::optional<Labels>> Contents::labels(std::string_view id, const CallOptions& call) const {
    using Found = std::optional<Labels>;
    const auto text = blobs_.read(named(id, labels_suffix), {}, {}, call);
    if (!text) {
        return text.error().code() == ErrorCode::not_found ? Result<Found>(Found())
                                                           : Result<Found>(text.error());
    }
    auto labels = labels_from_json(text->text());
    if (!labels) {
        return std::move(labels).error().with("path", named(id, labels_suffix));
    }
    return Found(*std::move(labels));
}

Result<void> Contents::put_labels(const TapeMetadata& tape, const CallOptions& call) const {
    const std::string path = named(tape.id, labels_suffix);
    if (tape.labels == initial_labels(tape)) {
        return blobs_.remove(path, {}, call);
    }
    TURNTABLE_TRY(const auto written, blobs_.write(path, to_json(tape.labels), {}, call));
    (void)written;
    return {};
}

Result<StoredContents> Contents::list(const CallOptions& call) const {
    StoredContents stored;
    for (const auto& entry : blobs_.list({}, {}, call)) {
        if (!entry) {
            return entry.error();
        }
        const std::string& path = entry->path;
        const std::string id = path.substr(0, path.find('.'));
        const std::string_view suffix = std::string_view(path).substr(id.size());
        if (entry->metadata.kind != blob::EntryKind::file || !is_tape_id(id)) {
            continue;
        }
        if (suffix == plain_suffix || suffix == zstd_suffix) {
            stored.contents[id] = {path, entry->metadata.size_bytes};
        } else if (suffix == labels_suffix) {
            stored.labels[id] = path;
        }
    }
    return stored;
}

}  // namespace turntable::inline v0::tape
