#include <algorithm>
#include <limits>
#include <utility>

#include "backends/kv/table.hpp"
#include "turntable/blob/detail/answers.hpp"

namespace turntable::inline v0::blob::chunked {

namespace {

/// A blob that is being written.
///
/// Its full chunks go to the database as soon as there are enough for one write, under a content id
/// that has a mark; one write at the end puts the last of them, names the content and takes the
/// mark away.
struct Draft {
    Draft(TablePtr where, std::string_view name, const WriteOptions& how)
        : table(std::move(where)),
          path(name),
          options(how),
          content{new_content_id(table->runtime().random()), 0, table->chunk_bytes()} {}

    bool has_staged() const noexcept { return mark.has_value(); }

    TablePtr table;
    std::string path;
    detail::OwnedWrite options;
    /// What is in the database already: whole chunks.
    Part content;
    /// The version of the content's mark, once it has one.
    std::optional<kv::Versionstamp> mark;
    /// What is not.
    std::string rest;
    bool ended = false;
};
using DraftPtr = std::shared_ptr<Draft>;

/// Adds chunks of `bytes` behind those of `part`, which then has them; `part` ends with a whole
/// one.
void put_chunks(const Table& table, Batch& batch, Part& part, std::string_view bytes) {
    while (!bytes.empty()) {
        const std::string_view chunk = bytes.substr(0, part.chunk_bytes);
        batch.set(table.keys().chunk(part.id, part.size / part.chunk_bytes), seal_chunk(chunk));
        part.size += chunk.size();
        bytes.remove_prefix(chunk.size());
    }
}

std::uint64_t staged_at_once(const Draft& draft) {
    return std::uint64_t{draft.table->chunks_at_once()} * draft.content.chunk_bytes;
}

Error taken_back() {
    return Error(ErrorCode::conflict,
                 "the unfinished write was taken for abandoned and taken back by another process")
        .with_retry(Retry::permanent);
}

/// Puts the next chunks of a draft, from `at` on, into the database.
Async<void> stage_next(DraftPtr draft, Context context, std::size_t at, std::size_t size) {
    Table& table = *draft->table;
    Batch batch;
    Part grown = draft->content;
    put_chunks(table, batch, grown, std::string_view(draft->rest).substr(at, size));
    const std::string mark = table.keys().pending(grown.id);
    batch.check(mark, draft->mark);
    batch.set(mark, encode(Pending{table.now_ms(), grown.chunks()}));
    const Result<kv::CommitResult> staged =
        co_await table.database().atomic_write(context, batch.view());
    if (!staged || !staged->committed) {
        co_return staged ? taken_back() : staged.error();
    }
    draft->content = grown;
    draft->mark = staged->versionstamp;
    co_return Result<void>();
}

/// Writes full chunks as long as there are enough for a write of their own.
Async<void> stage(DraftPtr draft, Context context) {
    const std::uint64_t at_once = staged_at_once(*draft);
    std::size_t done = 0;
    Result<void> staged{};
    while (staged && draft->rest.size() - done >= at_once) {
        staged = co_await stage_next(draft, context, done, at_once);
        done += staged ? at_once : 0;
    }
    draft->rest.erase(0, done);
    co_return staged;
}

/// What the last chunk of a blob holds, if it is not full.
Async<Bytes> read_partial(TablePtr table, Context context,
                          std::shared_ptr<const Manifest> manifest) {
    if (manifest->parts.empty()) {
        co_return Bytes();
    }
    const Part& last = manifest->parts.back();
    const std::uint64_t size = last.size % last.chunk_bytes;
    if (size == 0) {
        co_return Bytes();
    }
    co_return co_await read_chunks(table, context, manifest, manifest->metadata.size_bytes - size,
                                   size);
}

/// The parts of a blob that was there, and the chunks of the draft behind them.
Async<void> append_parts(DraftPtr draft, Context context, std::shared_ptr<const Manifest> present,
                         Manifest* made, Batch* batch) {
    made->parts = present->parts;
    if (draft->has_staged() || made->parts.empty()) {
        Part added = draft->content;
        put_chunks(*draft->table, *batch, added, draft->rest);
        if (added.size != 0) {
            made->parts.push_back(added);
        }
        if (made->parts.size() > parts_max) {
            co_return Error(ErrorCode::limit_exceeded,
                            "too many large pieces were appended to the blob; copy it, and append "
                            "to the copy");
        }
        co_return Result<void>();
    }
    const Result<Bytes> partial = co_await read_partial(draft->table, context, present);
    if (!partial) {
        co_return partial.error();
    }
    Part& last = made->parts.back();
    last.size -= partial->size();
    put_chunks(*draft->table, *batch, last, std::string(partial->text()) + draft->rest);
    co_return Result<void>();
}

/// The end of a write in one atomic write, if nobody changes the blob meanwhile; else nothing.
Async<std::optional<Metadata>> try_finish(DraftPtr draft, Context context) {
    Table& table = *draft->table;
    const Result<std::optional<Stored>> found =
        co_await Table::find(draft->table, context, draft->path);
    if (!found) {
        co_return found.error();
    }
    const Stored* present = found->has_value() ? &**found : nullptr;
    const WriteOptions options = draft->options.view();
    if (Result<void> may = detail::check_over(
            options, present == nullptr ? nullptr : &present->manifest.metadata, draft->path);
        !may) {
        co_return std::move(may).error();
    }
    const bool appends = options.append && present != nullptr;
    Batch batch;
    Manifest made;
    if (appends) {
        made.metadata = present->manifest.metadata;
        Result<void> appended = co_await append_parts(
            draft, context, std::make_shared<const Manifest>(present->manifest), &made, &batch);
        if (!appended) {
            // A chunk may be gone because the blob is another one by now: look again.
            co_return appended.error().code() == ErrorCode::condition_failed
                ? Result<std::optional<Metadata>>(std::nullopt)
                : std::move(appended).error();
        }
    } else {
        made.metadata.content_type = draft->options.content_type;
        made.metadata.user = draft->options.user;
        Part content = draft->content;
        put_chunks(table, batch, content, draft->rest);
        if (content.size != 0) {
            made.parts.push_back(content);
        }
    }
    made.metadata.size_bytes = 0;
    for (const Part& part : made.parts) {
        made.metadata.size_bytes += part.size;
    }
    made.metadata.etag = new_etag(table.runtime().random());
    made.metadata.modified_ms = table.now_ms();

    batch.check(table.keys().file(draft->path),
                present == nullptr ? std::nullopt : std::optional(present->versionstamp));
    batch.set(table.keys().file(draft->path), encode(made));
    if (draft->has_staged()) {
        batch.check(table.keys().pending(draft->content.id), draft->mark);
        batch.remove(table.keys().pending(draft->content.id));
    }
    if (present != nullptr && !appends) {
        table.discard(batch, present->manifest);
    }
    const Result<kv::CommitResult> committed =
        co_await table.database().atomic_write(context, batch.view());
    if (!committed) {
        co_return committed.error();
    }
    if (!committed->committed) {
        // The checks are the blob's and, second, the mark's.
        co_return std::ranges::find(committed->failed_checks, 1U) == committed->failed_checks.end()
            ? Result<std::optional<Metadata>>(std::nullopt)
            : taken_back();
    }
    if (present != nullptr && !appends) {
        // What is left when this fails has its mark, and is swept later.
        (void)co_await Table::erase(draft->table, context, present->manifest);
    }
    co_return std::optional(std::move(made.metadata));
}

Async<Metadata> finish(DraftPtr draft, Context context) {
    if (draft->ended || draft->table->closed()) {
        co_return Error(ErrorCode::closed, "the write has ended, or the store was closed");
    }
    if (Result<void> staged = co_await stage(draft, context); !staged) {
        co_return std::move(staged).error();
    }
    for (int tries = 0; tries < tries_max; ++tries) {
        Result<std::optional<Metadata>> made = co_await try_finish(draft, context);
        if (!made) {
            co_return std::move(made).error();
        }
        if (made->has_value()) {
            draft->ended = true;
            co_return **std::move(made);
        }
    }
    co_return too_many_tries(draft->path);
}

Async<void> abort(DraftPtr draft, Context context) {
    if (draft->ended) {
        co_return Result<void>();
    }
    draft->ended = true;
    draft->rest = {};
    if (!draft->has_staged()) {
        co_return Result<void>();
    }
    co_return co_await Table::erase(draft->table, context, draft->content.id,
                                    draft->content.chunks());
}

class ChunkWriter final : public WriteSink {
  public:
    ChunkWriter(TablePtr table, std::string_view path, const WriteOptions& options)
        : draft_(std::make_shared<Draft>(std::move(table), path, options)) {}
    ChunkWriter(const ChunkWriter&) = delete;
    ChunkWriter& operator=(const ChunkWriter&) = delete;
    ~ChunkWriter() override {
        // Nobody waits; what does not happen on this thread is left to the next sweep.
        (void)chunked::abort(draft_, {.caller_waits = true});
    }

    Async<void> write(const Context& context, ByteView bytes) override {
        if (draft_->ended) {
            return Error(ErrorCode::closed, "the write has ended");
        }
        draft_->rest += bytes.text();
        if (draft_->rest.size() < staged_at_once(*draft_)) {
            return Result<void>();
        }
        return stage(draft_, context);
    }
    Async<Metadata> finish(const Context& context) override {
        return chunked::finish(draft_, context);
    }
    Async<void> abort(const Context& context) override { return chunked::abort(draft_, context); }

  private:
    DraftPtr draft_;
};

}  // namespace

WriteHandle make_writer(TablePtr table, std::string_view path, const WriteOptions& options) {
    return std::make_unique<ChunkWriter>(std::move(table), path, options);
}

}  // namespace turntable::inline v0::blob::chunked
