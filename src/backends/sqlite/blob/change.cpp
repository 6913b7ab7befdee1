#include <algorithm>
#include <utility>

#include "backends/sqlite/blob/store.hpp"

namespace turntable::inline v0::blob::sqlite {

namespace {

/// How much of a streamed blob is held in memory before it goes to the file.
std::size_t stage_bytes(std::size_t chunk_bytes) {
    constexpr std::size_t chunks_max = 64;
    constexpr std::size_t bytes_max = std::size_t{4} << 20U;
    return std::max(chunk_bytes, std::min(chunks_max * chunk_bytes, bytes_max));
}

Error taken_back() {
    return Error(ErrorCode::conflict,
                 "the unfinished write was taken for abandoned and taken back by another process")
        .with_retry(Retry::permanent);
}

Error writer_ended() { return {ErrorCode::closed, "the write has ended"}; }

}  // namespace

Result<void> Store::put_content(Connection& connection, FileRow& row, bool appends, ByteView rest,
                                const Draft* draft) const {
    const std::uint64_t staged = draft == nullptr ? 0 : draft->staged_bytes;
    const std::uint64_t before = appends ? row.metadata.size_bytes : 0;
    TURNTABLE_CHECK(detail::check_size(before + staged + rest.size(), Limits().blob_bytes_max));
    row.metadata.size_bytes = before + staged + rest.size();
    if (!appends) {
        if (staged != 0) {
            row.content = draft->content;
        } else {
            TURNTABLE_TRY(row.content, new_content(connection));
        }
        return put_chunks(connection, row.content, staged, rest, chunk_bytes());
    }
    if (staged == 0) {
        return append_chunks(connection, row.content, before, rest, chunk_bytes());
    }
    TURNTABLE_CHECK(change(connection, Sql::move_chunks, draft->content, row.content,
                           static_cast<std::int64_t>(before)));
    return put_chunks(connection, row.content, before + staged, rest, chunk_bytes());
}

Result<Metadata> Store::put(std::string_view path, ByteView rest, const detail::OwnedWrite& options,
                            const Draft* draft) {
    TURNTABLE_TRY(sql::Writing writing, file_->begin_write());
    Connection& connection = writing.connection();
    if (draft != nullptr && draft->content != 0) {
        TURNTABLE_TRY(const int marks, change(connection, Sql::end_unfinished, draft->content));
        if (marks != 1) {
            return taken_back();
        }
    }
    TURNTABLE_TRY(const std::optional<FileRow> present, find_row(connection, path));
    TURNTABLE_CHECK(
        detail::check_over(options.view(), present ? &present->metadata : nullptr, path));
    const bool appends = options.append && present.has_value();
    FileRow row;
    if (appends) {
        row = *present;
    } else {
        row.metadata.content_type = options.content_type;
        row.metadata.user = options.user;
    }
    TURNTABLE_CHECK(put_content(connection, row, appends, rest, draft));
    renew(row.metadata);
    TURNTABLE_CHECK(put_row(connection, path, row));
    if (present && !appends) {
        TURNTABLE_CHECK(remove_chunks(connection, present->content));
    }
    TURNTABLE_CHECK(writing.commit());
    return std::move(row.metadata);
}

Result<void> Store::write(Draft& draft, ByteView bytes) {
    const std::lock_guard lock(draft.mutex);
    if (draft.ended) {
        return writer_ended();
    }
    draft.rest += bytes.text();
    return draft.rest.size() < stage_bytes(chunk_bytes()) ? Result<void>() : stage(draft);
}

Result<void> Store::stage(Draft& draft) {
    const std::size_t whole = draft.rest.size() - draft.rest.size() % chunk_bytes();
    TURNTABLE_TRY(sql::Writing writing, file_->begin_write());
    Connection& connection = writing.connection();
    std::int64_t content = draft.content;
    if (content == 0) {
        TURNTABLE_TRY(content, new_content(connection));
        TURNTABLE_CHECK(change(connection, Sql::begin_unfinished, content, now_ms()));
    } else {
        TURNTABLE_TRY(const int marks,
                      change(connection, Sql::renew_unfinished, content, now_ms()));
        if (marks != 1) {
            return taken_back();
        }
    }
    TURNTABLE_CHECK(put_chunks(connection, content, draft.staged_bytes,
                               ByteView(draft.rest.data(), whole), chunk_bytes()));
    TURNTABLE_CHECK(writing.commit());
    draft.content = content;
    draft.staged_bytes += whole;
    draft.rest.erase(0, whole);
    return {};
}

Result<Metadata> Store::finish(Draft& draft) {
    const std::lock_guard lock(draft.mutex);
    if (draft.ended) {
        return writer_ended();
    }
    Result<Metadata> made = put(draft.path, draft.rest, draft.options, &draft);
    draft.ended = made.has_value();
    return made;
}

Result<void> Store::abort(Draft& draft) {
    const std::lock_guard lock(draft.mutex);
    if (std::exchange(draft.ended, true) || draft.content == 0) {
        return {};
    }
    draft.rest = {};
    TURNTABLE_TRY(sql::Writing writing, file_->begin_write());
    TURNTABLE_TRY(const int marks,
                  change(writing.connection(), Sql::end_unfinished, draft.content));
    if (marks == 0) {
        return {};  // taken back already, or part of a blob whose commit was not known
    }
    TURNTABLE_CHECK(remove_chunks(writing.connection(), draft.content));
    return writing.commit();
}

Result<void> Store::sweep() {
    if (swept_.exchange(true)) {
        return {};
    }
    const std::int64_t before = now_ms() - options_.abandoned_after.count();
    TURNTABLE_TRY(sql::Writing writing, file_->begin_write());
    TURNTABLE_CHECK(change(writing.connection(), Sql::sweep_chunks, before));
    TURNTABLE_TRY(const int marks, change(writing.connection(), Sql::sweep_unfinished, before));
    return marks == 0 ? Result<void>() : writing.commit();
}

Result<void> Store::copy(std::string_view from, std::string_view to, bool if_not_exists,
                         std::string_view if_match) {
    TURNTABLE_TRY(sql::Writing writing, file_->begin_write());
    Connection& connection = writing.connection();
    TURNTABLE_TRY(FileRow row, find_file(connection, from));
    TURNTABLE_CHECK(check(Conditions{.if_match = if_match}, row.metadata));
    TURNTABLE_TRY(const std::optional<FileRow> target, find_row(connection, to));
    if (target && if_not_exists) {
        return detail::there_already(to);
    }
    const std::int64_t source = row.content;
    TURNTABLE_TRY(row.content, new_content(connection));
    TURNTABLE_CHECK(change(connection, Sql::copy_chunks, source, row.content));
    renew(row.metadata);
    TURNTABLE_CHECK(put_row(connection, to, row));
    if (target) {
        TURNTABLE_CHECK(remove_chunks(connection, target->content));
    }
    return writing.commit();
}

Result<void> Store::rename(std::string_view from, std::string_view to, bool if_not_exists) {
    TURNTABLE_TRY(sql::Writing writing, file_->begin_write());
    Connection& connection = writing.connection();
    TURNTABLE_CHECK(find_file(connection, from));
    TURNTABLE_TRY(const std::optional<FileRow> target, find_row(connection, to));
    if (target && if_not_exists) {
        return detail::there_already(to);
    }
    if (target) {
        TURNTABLE_CHECK(remove_chunks(connection, target->content));
        TURNTABLE_CHECK(change(connection, Sql::remove_file, to));
    }
    TURNTABLE_CHECK(change(connection, Sql::rename_file, from, to));
    return writing.commit();
}

Result<void> Store::remove(std::string_view path, std::string_view if_match) {
    TURNTABLE_TRY(sql::Writing writing, file_->begin_write());
    Connection& connection = writing.connection();
    std::string name(path);
    std::optional<FileRow> present;
    if (!is_directory_path(path)) {
        TURNTABLE_TRY(present, find_row(connection, path));
    }
    if (!present) {  // then a directory is meant
        if (!is_directory_path(name)) {
            name.push_back('/');
        }
        TURNTABLE_TRY(const bool below, has_below(connection, name));
        if (below) {
            return detail::not_empty(path);
        }
        TURNTABLE_TRY(present, find_row(connection, name));
    }
    if (!present) {
        return if_match.empty() ? Result<void>() : detail::nothing_to_match(path);
    }
    TURNTABLE_CHECK(check(Conditions{.if_match = if_match}, present->metadata));
    TURNTABLE_CHECK(change(connection, Sql::remove_file, name));
    TURNTABLE_CHECK(remove_chunks(connection, present->content));
    return writing.commit();
}

Result<void> Store::remove_all(std::string_view path) {
    TURNTABLE_TRY(sql::Writing writing, file_->begin_write());
    Connection& connection = writing.connection();
    std::string directory(path);
    if (!is_directory_path(path)) {
        TURNTABLE_TRY(const std::optional<FileRow> file, find_row(connection, path));
        if (file) {
            TURNTABLE_CHECK(change(connection, Sql::remove_file, path));
            TURNTABLE_CHECK(remove_chunks(connection, file->content));
        }
        directory.push_back('/');
    }
    const std::string end = end_of_directory(directory);
    TURNTABLE_CHECK(change(connection, Sql::remove_chunks_below, directory, end));
    TURNTABLE_CHECK(change(connection, Sql::remove_files_below, directory, end));
    return writing.commit();
}

Result<void> Store::create_dir(std::string_view path) {
    if (path.empty()) {
        return {};
    }
    TURNTABLE_TRY(sql::Writing writing, file_->begin_write());
    Connection& connection = writing.connection();
    TURNTABLE_TRY(const std::optional<FileRow> mark, find_row(connection, path));
    if (mark) {
        return {};
    }
    FileRow made;
    made.metadata.kind = EntryKind::directory;
    made.metadata.modified_ms = now_ms();
    TURNTABLE_CHECK(put_row(connection, path, made));
    return writing.commit();
}

}  // namespace turntable::inline v0::blob::sqlite
