#include <algorithm>
#include <utility>

#include "backends/kv/table.hpp"
#include "turntable/blob/detail/answers.hpp"

namespace turntable::inline v0::blob {

namespace {

using chunked::Manifest;
using chunked::Stored;
using chunked::Table;
using chunked::TablePtr;

Error closed_error() { return {ErrorCode::closed, "the store was closed"}; }

Async<Metadata> run_stat(TablePtr table, Context context, std::string path,
                         detail::OwnedConditions conditions) {
    Result<Metadata> metadata = co_await Table::stat(table, context, std::move(path));
    if (metadata) {
        if (Result<void> holds = check(conditions.view(), *metadata); !holds) {
            co_return std::move(holds).error();
        }
    }
    co_return metadata;
}

/// A file whose metadata satisfies the conditions.
Async<Stored> find_to_read(TablePtr table, Context context, std::string path,
                           detail::OwnedConditions conditions) {
    Result<Stored> stored = co_await Table::find_file(table, context, std::move(path));
    if (stored) {
        if (Result<void> holds = check(conditions.view(), stored->manifest.metadata); !holds) {
            co_return std::move(holds).error();
        }
    }
    co_return stored;
}

Async<ReadHandle> run_open_read(TablePtr table, Context context, std::string path,
                                detail::OwnedConditions conditions) {
    Result<Stored> stored =
        co_await find_to_read(table, context, std::move(path), std::move(conditions));
    if (!stored) {
        co_return std::move(stored).error();
    }
    co_return chunked::make_reader(table, std::move(stored->manifest));
}

/// All of a range of one version, or an error.
Async<Bytes> read_version(TablePtr table, Context context, std::shared_ptr<const Manifest> manifest,
                          ByteSpan span) {
    std::string gathered;
    while (gathered.size() < span.length) {
        Result<Bytes> piece = co_await chunked::read_chunks(
            table, context, manifest, span.offset + gathered.size(), span.length - gathered.size());
        if (!piece || piece->size() == span.length) {
            co_return piece;
        }
        gathered += piece->text();
    }
    co_return Bytes::take(std::move(gathered));
}

Async<Bytes> run_read(TablePtr table, Context context, std::string path, ByteRange range,
                      detail::OwnedConditions conditions) {
    for (int tries = 0; tries < chunked::tries_max; ++tries) {
        Result<Stored> stored = co_await find_to_read(table, context, path, conditions);
        if (!stored) {
            co_return std::move(stored).error();
        }
        const auto manifest = std::make_shared<const Manifest>(std::move(stored->manifest));
        const Result<ByteSpan> span = resolve(range, manifest->metadata.size_bytes);
        if (!span) {
            co_return span.error();
        }
        Result<Bytes> bytes = co_await read_version(table, context, manifest, *span);
        if (bytes || bytes.error().code() != ErrorCode::condition_failed) {
            co_return bytes;
        }
    }
    co_return chunked::too_many_tries(path);
}

/// All bytes of a version into a writer.
Async<void> pump(TablePtr table, Context context, std::shared_ptr<const Manifest> manifest,
                 WriteSink* sink) {
    for (std::uint64_t offset = 0; offset < manifest->metadata.size_bytes;) {
        const Result<Bytes> piece = co_await chunked::read_chunks(
            table, context, manifest, offset, manifest->metadata.size_bytes - offset);
        if (!piece) {
            co_return piece.error();
        }
        if (Result<void> written = co_await sink->write(context, *piece); !written) {
            co_return written;
        }
        offset += piece->size();
    }
    co_return Result<void>();
}

/// A copy of one version, whatever is written over the source meanwhile.
Async<void> run_copy(TablePtr table, Context context, std::string from, std::string to,
                     detail::OwnedConditions conditions, bool if_not_exists) {
    for (int tries = 0; tries < chunked::tries_max; ++tries) {
        Result<Stored> source = co_await find_to_read(table, context, from, conditions);
        if (!source) {
            co_return std::move(source).error();
        }
        const auto manifest = std::make_shared<const Manifest>(std::move(source->manifest));
        const WriteHandle sink =
            chunked::make_writer(table, to,
                                 {.if_not_exists = if_not_exists,
                                  .content_type = manifest->metadata.content_type,
                                  .user = manifest->metadata.user});
        if (Result<void> pumped = co_await pump(table, context, manifest, sink.get()); !pumped) {
            (void)co_await sink->abort(context);
            if (pumped.error().code() == ErrorCode::condition_failed) {
                continue;  // the source is another one by now
            }
            co_return pumped;
        }
        const Result<Metadata> made = co_await sink->finish(context);
        co_return made ? Result<void>() : Result<void>(made.error());
    }
    co_return chunked::too_many_tries(from);
}

Async<WriteHandle> swept_writer(TablePtr table, Context context, WriteHandle writer) {
    // Others' leavings are no reason to refuse a write.
    (void)co_await Table::sweep(std::move(table), context);
    co_return writer;
}

}  // namespace

static_assert(Backend<KvBackend> && BackendWithRead<KvBackend> && BackendWithCopy<KvBackend> &&
              BackendWithRename<KvBackend>);

KvBackend::KvBackend(kv::Database database, KvOptions options)
    : KvBackend(std::make_shared<Table>(std::move(database), std::move(options), false)) {}
KvBackend::KvBackend(TablePtr table) noexcept : table_(std::move(table)) {}
KvBackend KvBackend::owning(kv::Database database, KvOptions options) {
    return KvBackend(std::make_shared<Table>(std::move(database), std::move(options), true));
}
KvBackend::KvBackend(KvBackend&& other) noexcept = default;
KvBackend& KvBackend::operator=(KvBackend&& other) noexcept = default;
KvBackend::~KvBackend() = default;

Capabilities KvBackend::capabilities() const {
    const kv::Capabilities database = table_->handle().capabilities();
    Capabilities out{.durability = database.durability,
                     .reopen = database.reopen,
                     .shared = database.reopen,
                     .read_only = database.read_only,
                     .read_one_version = false,
                     .checksum = ChecksumKind::crc32c};
    out.limits.path_bytes_max =
        std::min(out.limits.path_bytes_max, database.limits.key_bytes - table_->keys().overhead());
    return out;
}

Async<Metadata> KvBackend::stat(const Context& context, std::string_view path,
                                const Conditions& conditions) {
    if (table_->closed()) {
        return closed_error();
    }
    return run_stat(table_, context, std::string(path), detail::OwnedConditions(conditions));
}

Async<ReadHandle> KvBackend::open_read(const Context& context, std::string_view path,
                                       const Conditions& conditions) {
    if (table_->closed()) {
        return closed_error();
    }
    return run_open_read(table_, context, std::string(path), detail::OwnedConditions(conditions));
}

Async<Bytes> KvBackend::read(const Context& context, std::string_view path, const ByteRange& range,
                             const Conditions& conditions) {
    if (table_->closed()) {
        return closed_error();
    }
    return run_read(table_, context, std::string(path), range, detail::OwnedConditions(conditions));
}

Async<WriteHandle> KvBackend::open_write(const Context& context, std::string_view path,
                                         const WriteOptions& options) {
    if (table_->closed()) {
        return closed_error();
    }
    WriteHandle writer = chunked::make_writer(table_, path, options);
    if (table_->must_sweep()) {
        return swept_writer(table_, context, std::move(writer));
    }
    return writer;
}

Result<Stream<EntryPage>> KvBackend::list(const Context& /*context*/, std::string_view prefix,
                                          const ListOptions& options) {
    if (table_->closed()) {
        return closed_error();
    }
    return chunked::make_listing(table_, prefix, options);
}

Async<void> KvBackend::remove(const Context& context, std::string_view path,
                              const RemoveOptions& options) {
    if (table_->closed()) {
        return closed_error();
    }
    return Table::remove(table_, context, std::string(path), std::string(options.if_match));
}

Async<void> KvBackend::copy(const Context& context, std::string_view from, std::string_view to,
                            const CopyOptions& options) {
    if (table_->closed()) {
        return closed_error();
    }
    return run_copy(table_, context, std::string(from), std::string(to),
                    detail::OwnedConditions({.if_match = options.if_match}), options.if_not_exists);
}

Async<void> KvBackend::rename(const Context& context, std::string_view from, std::string_view to,
                              const RenameOptions& options) {
    if (table_->closed()) {
        return closed_error();
    }
    return Table::rename(table_, context, std::string(from), std::string(to),
                         options.if_not_exists);
}

Async<void> KvBackend::create_dir(const Context& context, std::string_view path) {
    if (table_->closed()) {
        return closed_error();
    }
    return Table::create_dir(table_, context, std::string(path));
}

Async<Health> KvBackend::health(const Context& context) {
    if (table_->closed()) {
        return Health{Health::State::unhealthy, {}, "the store was closed"};
    }
    return table_->database().health(context);
}

Async<void> KvBackend::close(const Context& context) {
    table_->close();
    if (!table_->owns_database()) {
        return Result<void>();
    }
    return table_->database().close(context);
}

}  // namespace turntable::inline v0::blob
