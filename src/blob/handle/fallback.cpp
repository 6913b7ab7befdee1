#include "turntable/blob/detail/fallback.hpp"

#include <algorithm>
#include <vector>

#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::blob::detail {

namespace {

/// What is copied at a time: large enough for any engine, small enough for memory.
constexpr std::size_t piece_bytes = std::size_t{1} << 20;

/// A WriteOptions that owns what it names.
struct OwnedAttributes {
    bool if_not_exists;
    std::string content_type;
    UserMetadata user;

    WriteOptions options() const noexcept {
        return {.if_not_exists = if_not_exists, .content_type = content_type, .user = user};
    }
};

/// Passes all of a blob on. After an error the sink is aborted by being dropped.
Async<void> pump(Context context, ReadSource* source, WriteSink* sink) {
    std::uint64_t offset = 0;
    while (true) {
        Result<Bytes> piece = co_await source->read(context, offset, piece_bytes);
        if (!piece) {
            co_return std::move(piece).error();
        }
        if (piece->empty()) {
            co_return Result<void>();
        }
        if (Result<void> written = co_await sink->write(context, *piece); !written) {
            co_return std::move(written).error();
        }
        offset += piece->size();
    }
}

struct CopyJob {
    std::string from;
    std::string to;
    std::string if_match;
    bool if_not_exists;
    bool remove_source;
};

Async<void> run_copy(FallbackCalls calls, Context context, CopyJob job) {
    Result<ReadHandle> source =
        co_await calls.open_read(context, job.from, {.if_match = job.if_match});
    if (!source) {
        co_return std::move(source).error();
    }
    const Metadata& metadata = (*source)->metadata();
    const OwnedAttributes attributes{job.if_not_exists, metadata.content_type, metadata.user};
    Result<WriteHandle> sink = co_await calls.open_write(context, job.to, attributes.options());
    if (!sink) {
        co_return std::move(sink).error();
    }
    if (Result<void> pumped = co_await pump(context, source->get(), sink->get()); !pumped) {
        (void)co_await (*sink)->abort(context);
        co_return std::move(pumped).error();
    }
    if (Result<Metadata> made = co_await (*sink)->finish(context); !made) {
        co_return std::move(made).error();
    }
    if (job.remove_source) {
        co_return co_await calls.remove(context, job.from);
    }
    co_return Result<void>();
}

Async<Metadata> write_later(Context context, Async<WriteHandle> opened, Bytes bytes) {
    Result<WriteHandle> sink = co_await std::move(opened);
    if (!sink) {
        co_return std::move(sink).error();
    }
    if (Result<void> written = co_await (*sink)->write(context, bytes); !written) {
        (void)co_await (*sink)->abort(context);
        co_return std::move(written).error();
    }
    co_return co_await (*sink)->finish(context);
}

}  // namespace

Async<Bytes> read_opened(Context context, Async<ReadHandle> opened, ByteRange range) {
    Result<ReadHandle> source = co_await std::move(opened);
    if (!source) {
        co_return std::move(source).error();
    }
    const Result<ByteSpan> span = resolve(range, (*source)->metadata().size_bytes);
    if (!span) {
        co_return span.error();
    }
    std::string gathered;
    while (gathered.size() < span->length) {
        const std::size_t rest = span->length - gathered.size();
        Result<Bytes> piece =
            co_await (*source)->read(context, span->offset + gathered.size(), rest);
        if (!piece) {
            co_return std::move(piece).error();
        }
        if (piece->size() == span->length) {  // usually all in one
            co_return *std::move(piece);
        }
        if (piece->empty()) {
            break;
        }
        gathered.append(piece->text());
    }
    co_return Bytes::take(std::move(gathered));
}

Async<Metadata> write_opened(const Context& context, Async<WriteHandle> opened, ByteView bytes) {
    // A sink that is there takes the bytes before this call returns, as contracts of views allow.
    Bytes taken = opened.is_ready() ? Bytes::unowned(bytes) : Bytes::copy(bytes);
    return write_later(context, std::move(opened), std::move(taken));
}

Async<void> copy_by_calls(FallbackCalls calls, const Context& context, std::string_view from,
                          std::string_view to, const CopyOptions& options, bool remove_source) {
    return run_copy(std::move(calls), context,
                    {std::string(from), std::string(to), std::string(options.if_match),
                     options.if_not_exists, remove_source});
}

Async<void> remove_all_by_calls(FallbackCalls calls, Context context, std::string path) {
    const std::string below = path.empty() || path.ends_with('/') ? path : path + '/';
    Result<Stream<EntryPage>> pages =
        calls.list(context, below, {.recursive = true, .metadata = false});
    if (!pages) {
        co_return std::move(pages).error();
    }
    std::vector<std::string> directories;
    while (true) {
        Result<std::optional<EntryPage>> page = co_await pages->next(context);
        if (!page) {
            co_return std::move(page).error();
        }
        if (!page->has_value()) {
            break;
        }
        for (Entry& entry : **page) {
            if (entry.metadata.kind == EntryKind::directory) {
                directories.push_back(std::move(entry.path));
            } else if (Result<void> gone = co_await calls.remove(context, entry.path); !gone) {
                co_return gone;
            }
        }
    }
    // What lies deeper is longer than what holds it.
    std::ranges::sort(directories, std::greater<>(), &std::string::size);
    directories.push_back(path.empty() ? path : below);
    if (!path.empty() && !path.ends_with('/')) {
        directories.push_back(path);  // the file of that name
    }
    for (const std::string& directory : directories) {
        if (directory.empty()) {
            continue;
        }
        if (Result<void> gone = co_await calls.remove(context, directory); !gone) {
            co_return gone;
        }
    }
    co_return Result<void>();
}

}  // namespace turntable::inline v0::blob::detail
