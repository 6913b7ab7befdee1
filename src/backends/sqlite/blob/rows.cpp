#include "backends/sqlite/blob/rows.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "backends/sqlite/file/sqlite_error.hpp"
#include "turntable/blob/detail/answers.hpp"
#include "turntable/blob/limits.hpp"
#include "turntable/core/crc32c.hpp"

namespace turntable::inline v0::blob::sqlite {

namespace {

/// An append that finds a chunk shorter than this rewrites it; so a log has no chunk for each line,
/// and no long chunk is rewritten for one.
constexpr std::size_t small_chunk_bytes = 4096;

std::uint64_t etag_number(std::string_view etag) {
    std::uint64_t out = 0;
    std::from_chars(etag.data(), etag.data() + etag.size(), out, 16);
    return out;
}

/// `name=value` and a line end each; neither holds control characters, nor a name `=`.
std::string user_text(const UserMetadata& user) {
    std::string out;
    for (const auto& [name, value] : user) {
        out.append(name).append("=").append(value).append("\n");
    }
    return out;
}

std::optional<UserMetadata> read_user(std::string_view text) {
    UserMetadata out;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::size_t equals = text.find('=');
        if (end == std::string_view::npos || equals >= end) {
            return std::nullopt;
        }
        out.emplace_back(text.substr(0, equals), text.substr(equals + 1, end - equals - 1));
        text.remove_prefix(end + 1);
    }
    return out;
}

Error damaged(const Connection& connection, std::string_view what, std::string_view path) {
    return sql::corrupt_error(connection.path(), what).with("path", std::string(path));
}

/// A row of turntable_blob_chunk: where it begins, and its bytes, which borrow from the statement.
struct Chunk {
    std::uint64_t start = 0;
    std::string_view bytes;
    std::uint64_t end() const noexcept { return start + bytes.size(); }
};

Result<Chunk> read_chunk(const Connection& connection, const Statement& row) {
    if (row.type(0) != SQLITE_INTEGER || row.integer(0) < 0 || row.type(1) != SQLITE_INTEGER ||
        row.type(2) != SQLITE_BLOB) {
        return sql::corrupt_error(connection.path(), "has a chunk of a blob that is of no form");
    }
    const Chunk chunk{static_cast<std::uint64_t>(row.integer(0)), row.bytes(2).text()};
    if (crc32c(0, ByteView(chunk.bytes)) != row.integer(1)) {
        return sql::corrupt_error(
            connection.path(),
            "has a chunk of a blob that is damaged, at byte " + std::to_string(chunk.start));
    }
    return chunk;
}

Result<int> run_change(Connection& connection, Statement& statement) {
    if (statement.step() != SQLITE_DONE) {
        return connection.error("changing blobs");
    }
    return sqlite3_changes(connection.handle());
}

}  // namespace

std::string etag_text(std::uint64_t version) {
    std::string out(16, '0');
    char digits[16];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), version, 16).ptr;
    std::copy_backward(std::begin(digits), end, out.end());
    return out;
}

std::string end_of_directory(std::string_view directory) {
    if (directory.empty()) {
        return std::string(Limits().path_bytes_max + 1, '\xff');
    }
    std::string end(directory);
    end.back() = static_cast<char>(end.back() + 1);  // a slash
    return end;
}

Result<int> change(Connection& connection, Sql which, std::int64_t first,
                   std::optional<std::int64_t> second, std::optional<std::int64_t> third) {
    TURNTABLE_TRY(Statement * statement, connection.statement(which));
    const ResetLater reset(*statement);
    statement->bind(1, first);
    if (second) {
        statement->bind(2, *second);
    }
    if (third) {
        statement->bind(3, *third);
    }
    return run_change(connection, *statement);
}

Result<int> change(Connection& connection, Sql which, std::string_view first,
                   std::optional<std::string_view> second) {
    TURNTABLE_TRY(Statement * statement, connection.statement(which));
    const ResetLater reset(*statement);
    statement->bind(1, ByteView(first));
    if (second) {
        statement->bind(2, ByteView(*second));
    }
    return run_change(connection, *statement);
}

Result<FileRow> read_row(const Connection& connection, const Statement& row) {
    const std::string_view path = row.bytes(0).text();
    FileRow out;
    out.content = row.integer(1);
    out.metadata.kind = path.ends_with('/') ? EntryKind::directory : EntryKind::file;
    const bool is_file = out.metadata.kind == EntryKind::file;
    std::optional<UserMetadata> user = read_user(row.bytes(6).text());
    bool sound = user.has_value() && row.integer(2) >= 0 && (out.content > 0) == is_file &&
                 row.type(0) == SQLITE_BLOB && row.type(5) == SQLITE_BLOB &&
                 row.type(6) == SQLITE_BLOB;
    for (int column = 1; column <= 4; ++column) {
        sound = sound && row.type(column) == SQLITE_INTEGER;
    }
    if (!sound) {
        return damaged(connection, "has a row for a blob that is of no form", path);
    }
    out.metadata.size_bytes = static_cast<std::uint64_t>(row.integer(2));
    if (is_file) {
        out.metadata.etag = etag_text(static_cast<std::uint64_t>(row.integer(3)));
    }
    out.metadata.modified_ms = row.integer(4);
    out.metadata.content_type = row.bytes(5).text();
    out.metadata.user = *std::move(user);
    return out;
}

Result<std::optional<FileRow>> find_row(Connection& connection, std::string_view path) {
    TURNTABLE_TRY(Statement * statement, connection.statement(Sql::get_file));
    const ResetLater reset(*statement);
    statement->bind(1, ByteView(path));
    const int code = statement->step();
    if (code == SQLITE_DONE) {
        return std::optional<FileRow>();
    }
    if (code != SQLITE_ROW) {
        return connection.error("looking for a blob");
    }
    TURNTABLE_TRY(FileRow row, read_row(connection, *statement));
    return std::optional(std::move(row));
}

Result<bool> has_below(Connection& connection, std::string_view directory) {
    TURNTABLE_TRY(Statement * statement, connection.statement(Sql::below));
    const ResetLater reset(*statement);
    const std::string end = end_of_directory(directory);
    statement->bind(1, ByteView(directory));
    statement->bind(2, ByteView(end));
    const int code = statement->step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return connection.error("looking into a directory");
    }
    return code == SQLITE_ROW;
}

Result<FileRow> find_file(Connection& connection, std::string_view path) {
    TURNTABLE_TRY(std::optional<FileRow> row, find_row(connection, path));
    if (row) {
        return *std::move(row);
    }
    const std::string directory = std::string(path) + '/';
    TURNTABLE_TRY(const auto mark, find_row(connection, directory));
    TURNTABLE_TRY(const bool below, has_below(connection, directory));
    return mark || below ? detail::is_directory(path) : detail::absent(path);
}

Result<void> put_row(Connection& connection, std::string_view path, const FileRow& row) {
    TURNTABLE_TRY(Statement * statement, connection.statement(Sql::put_file));
    const ResetLater reset(*statement);
    const std::string user = user_text(row.metadata.user);
    statement->bind(1, ByteView(path));
    statement->bind(2, row.content);
    statement->bind(3, static_cast<std::int64_t>(row.metadata.size_bytes));
    statement->bind(4, static_cast<std::int64_t>(etag_number(row.metadata.etag)));
    statement->bind(5, row.metadata.modified_ms);
    statement->bind(6, ByteView(row.metadata.content_type));
    statement->bind(7, ByteView(user));
    TURNTABLE_CHECK(run_change(connection, *statement));
    return {};
}

Result<std::int64_t> new_content(Connection& connection) {
    TURNTABLE_TRY(const auto content, connection.query_integer(Sql::new_content));
    if (!content || *content <= 0) {
        return sql::corrupt_error(connection.path(),
                                  "has lost its counter of blobs (turntable_blob_state)");
    }
    return *content;
}

Result<void> put_chunks(Connection& connection, std::int64_t content, std::uint64_t start,
                        ByteView bytes, std::size_t chunk_bytes) {
    TURNTABLE_TRY(Statement * statement, connection.statement(Sql::put_chunk));
    for (std::string_view rest = bytes.text(); !rest.empty();) {
        const ResetLater reset(*statement);
        const std::string_view chunk = rest.substr(0, chunk_bytes);
        statement->bind(1, content);
        statement->bind(2, static_cast<std::int64_t>(start));
        statement->bind(3, std::int64_t{crc32c(0, ByteView(chunk))});
        statement->bind(4, ByteView(chunk));
        TURNTABLE_CHECK(run_change(connection, *statement));
        start += chunk.size();
        rest.remove_prefix(chunk.size());
    }
    return {};
}

Result<void> append_chunks(Connection& connection, std::int64_t content, std::uint64_t size,
                           ByteView bytes, std::size_t chunk_bytes) {
    std::string merged;
    std::uint64_t start = size;
    if (size != 0) {
        TURNTABLE_TRY(Statement * statement, connection.statement(Sql::last_chunk));
        const ResetLater reset(*statement);
        statement->bind(1, content);
        const int code = statement->step();
        if (code != SQLITE_ROW && code != SQLITE_DONE) {
            return connection.error("looking for the end of a blob");
        }
        Chunk last;
        if (code == SQLITE_ROW) {
            TURNTABLE_TRY(last, read_chunk(connection, *statement));
        }
        if (last.end() != size) {
            return sql::corrupt_error(connection.path(), "has lost the end of a blob");
        }
        if (last.bytes.size() < std::min(small_chunk_bytes, chunk_bytes)) {
            start = last.start;
            merged.append(last.bytes).append(bytes.text());
            bytes = merged;
        }
    }
    return put_chunks(connection, content, start, bytes, chunk_bytes);
}

Result<std::optional<Bytes>> read_chunks(Connection& connection, std::int64_t content,
                                         std::uint64_t offset, std::size_t length) {
    constexpr std::size_t trusted_bytes_max = std::size_t{64} << 20U;
    TURNTABLE_TRY(Statement * statement, connection.statement(Sql::read_chunks));
    const ResetLater reset(*statement);
    statement->bind(1, content);
    statement->bind(2, static_cast<std::int64_t>(offset));
    statement->bind(3, static_cast<std::int64_t>(offset + length));
    std::string out;
    out.reserve(std::min(length, trusted_bytes_max));
    bool any = false;
    int code = SQLITE_DONE;
    while (out.size() < length && (code = statement->step()) == SQLITE_ROW) {
        any = true;
        TURNTABLE_TRY(const Chunk chunk, read_chunk(connection, *statement));
        const std::uint64_t at = offset + out.size();
        if (chunk.start > at || chunk.end() <= at) {
            break;
        }
        out.append(chunk.bytes.substr(at - chunk.start, length - out.size()));
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return connection.error("reading a blob");
    }
    if (out.size() == length) {
        return std::optional(Bytes::take(std::move(out)));
    }
    if (!any) {
        return std::optional<Bytes>();
    }
    return sql::corrupt_error(connection.path(), "has lost a chunk of a blob, at byte " +
                                                     std::to_string(offset + out.size()));
}

Result<void> remove_chunks(Connection& connection, std::int64_t content) {
    TURNTABLE_CHECK(change(connection, Sql::remove_chunks, content));
    return {};
}

}  // namespace turntable::inline v0::blob::sqlite
