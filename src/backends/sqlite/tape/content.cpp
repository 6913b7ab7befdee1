#include "backends/sqlite/tape/content.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "backends/sqlite/file/sqlite_error.hpp"
#include "backends/sqlite/tape/sql.hpp"
#include "tape/library/chunked_source.hpp"

namespace turntable::inline v0::tape::sqlite {

namespace {

constexpr std::uint64_t most_bytes =
    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

Error hole(const sql::Connection& connection, std::int64_t n) {
    return sql::corrupt_error(connection.path(),
                              "lacks a part of the content of tape " + std::to_string(n));
}

Result<void> insert_chunk(sql::Connection& connection, std::int64_t n, std::uint64_t offset,
                          ByteView bytes) {
    TURNTABLE_TRY(sql::Statement * insert, connection.statement(Sql::chunk_insert));
    const sql::ResetLater reset(*insert);
    insert->bind(1, n);
    insert->bind(2, static_cast<std::int64_t>(offset));
    insert->bind(3, bytes);
    return insert->step() == SQLITE_DONE ? Result<void>() : connection.error("storing a tape");
}

/// Fills the last row of a tape; gives how many of `bytes` it took.
Result<std::size_t> fill_last(sql::Connection& connection, std::int64_t n, ByteView bytes) {
    TURNTABLE_TRY(sql::Statement * last, connection.statement(Sql::chunk_last));
    const sql::ResetLater reset(*last);
    last->bind(1, n);
    const int code = last->step();
    if (code == SQLITE_DONE) {
        return std::size_t{0};
    }
    if (code != SQLITE_ROW) {
        return connection.error("reading a tape");
    }
    std::string whole = last->bytes(2).to_string();
    const std::size_t taken =
        std::min(bytes.size(), chunk_bytes - std::min(chunk_bytes, whole.size()));
    if (taken == 0) {
        return taken;
    }
    whole += bytes.substr(0, taken).text();
    TURNTABLE_TRY(sql::Statement * update, connection.statement(Sql::chunk_update));
    const sql::ResetLater reset_update(*update);
    update->bind(1, last->integer(0));
    update->bind(2, ByteView(whole));
    if (update->step() != SQLITE_DONE) {
        return connection.error("storing a tape");
    }
    return taken;
}

}  // namespace

Result<std::uint64_t> content_size(sql::Connection& connection, std::int64_t n) {
    TURNTABLE_TRY(sql::Statement * end, connection.statement(Sql::content_end));
    const sql::ResetLater reset(*end);
    end->bind(1, n);
    const int code = end->step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return connection.error("reading a tape");
    }
    return code == SQLITE_ROW ? static_cast<std::uint64_t>(end->integer(0)) : 0;
}

Result<Bytes> read_content(sql::Connection& connection, std::int64_t n, std::uint64_t offset,
                           std::uint64_t length) {
    offset = std::min(offset, most_bytes);
    const std::uint64_t end = offset + std::min(length, most_bytes - offset);
    TURNTABLE_TRY(sql::Statement * rows, connection.statement(Sql::content_range));
    const sql::ResetLater reset(*rows);
    rows->bind(1, n);
    rows->bind(2, static_cast<std::int64_t>(offset));
    rows->bind(3, static_cast<std::int64_t>(end));
    std::string out;
    int code = SQLITE_DONE;
    while ((code = rows->step()) == SQLITE_ROW) {
        const auto begin = static_cast<std::uint64_t>(rows->integer(0));
        const ByteView bytes = rows->bytes(1);
        const std::uint64_t at = offset + out.size();
        if (begin > at) {
            return hole(connection, n);
        }
        if (at - begin < bytes.size()) {
            out += bytes
                       .substr(static_cast<std::size_t>(at - begin),
                               static_cast<std::size_t>(end - at))
                       .text();
        } else if (!out.empty()) {
            return hole(connection, n);
        }
    }
    if (code != SQLITE_DONE) {
        return connection.error("reading a tape");
    }
    return Bytes::take(std::move(out));
}

Result<void> append_content(sql::Connection& connection, std::int64_t n, std::uint64_t size,
                            ByteView bytes) {
    TURNTABLE_TRY(std::size_t done, fill_last(connection, n, bytes));
    while (done < bytes.size()) {
        const ByteView part = bytes.substr(done, chunk_bytes);
        TURNTABLE_CHECK(insert_chunk(connection, n, size + done, part));
        done += part.size();
    }
    return {};
}

Result<std::uint64_t> copy_content(sql::Connection& connection, std::int64_t n, Source& source) {
    std::string buffer(chunk_bytes, '\0');
    for (std::uint64_t offset = 0;;) {
        TURNTABLE_TRY(const std::size_t count, source.read(offset, buffer.data(), buffer.size()));
        if (count == 0) {
            return offset;
        }
        TURNTABLE_CHECK(insert_chunk(connection, n, offset, ByteView(buffer.data(), count)));
        offset += count;
    }
}

std::unique_ptr<Source> content_source(sql::Connection& connection, std::int64_t n) {
    return std::make_unique<ChunkedSource>(
        [&connection, n] { return content_size(connection, n); },
        [&connection, n](std::uint64_t offset, std::uint64_t count) {
            return read_content(connection, n, offset, count);
        });
}

}  // namespace turntable::inline v0::tape::sqlite
