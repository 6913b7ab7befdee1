#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "backends/sqlite/file/connection.hpp"

namespace turntable::inline v0::blob::sqlite {

using sql::Connection;
using sql::ResetLater;
using sql::Statement;

/// Every statement over the tables that a connection prepares once and keeps.
enum class Sql : std::uint8_t {
    new_content,
    get_file,
    list_files,
    below,
    put_file,
    rename_file,
    remove_file,
    remove_files_below,
    read_chunks,
    last_chunk,
    put_chunk,
    copy_chunks,
    move_chunks,
    remove_chunks,
    remove_chunks_below,
    begin_unfinished,
    renew_unfinished,
    end_unfinished,
    sweep_chunks,
    sweep_unfinished,
    count,
};

inline constexpr std::size_t sql_count = static_cast<std::size_t>(Sql::count);

/// The text of each, in the order of the enumeration.
inline constexpr std::array<const char*, sql_count> sql_text = {
    "update turntable_blob_state set last_content = last_content + 1 where k = 0 "
    "returning last_content",
    // In the same order in both: see read_row.
    "select path, content, size, version, modified_ms, content_type, user "
    "from turntable_blob_file where path = ?1",
    "select path, content, size, version, modified_ms, content_type, user "
    "from turntable_blob_file where path >= ?1 order by path",
    "select 1 from turntable_blob_file where path > ?1 and path < ?2 limit 1",
    "insert into turntable_blob_file (path, content, size, version, modified_ms, content_type, "
    "user) values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict (path) do update set "
    "content = excluded.content, size = excluded.size, version = excluded.version, "
    "modified_ms = excluded.modified_ms, content_type = excluded.content_type, "
    "user = excluded.user",
    "update turntable_blob_file set path = ?2 where path = ?1",
    "delete from turntable_blob_file where path = ?1",
    "delete from turntable_blob_file where path >= ?1 and path < ?2",
    // The chunk that holds the byte ?2 of the content, and those after it that begin before ?3.
    "select start, checksum, data from turntable_blob_chunk where content = ?1 and start < ?3 "
    "and start >= (select start from turntable_blob_chunk where content = ?1 and start <= ?2 "
    "order by start desc limit 1) order by start",
    "select start, checksum, data from turntable_blob_chunk where content = ?1 "
    "order by start desc limit 1",
    "insert into turntable_blob_chunk (content, start, checksum, data) values (?1, ?2, ?3, ?4) "
    "on conflict (content, start) do update set checksum = excluded.checksum, "
    "data = excluded.data",
    "insert into turntable_blob_chunk (content, start, checksum, data) "
    "select ?2, start, checksum, data from turntable_blob_chunk where content = ?1",
    "update turntable_blob_chunk set content = ?2, start = start + ?3 where content = ?1",
    "delete from turntable_blob_chunk where content = ?1",
    "delete from turntable_blob_chunk where content in "
    "(select content from turntable_blob_file where path >= ?1 and path < ?2)",
    "insert into turntable_blob_unfinished (content, since_ms) values (?1, ?2)",
    "update turntable_blob_unfinished set since_ms = ?2 where content = ?1",
    "delete from turntable_blob_unfinished where content = ?1",
    "delete from turntable_blob_chunk where content in "
    "(select content from turntable_blob_unfinished where since_ms < ?1)",
    "delete from turntable_blob_unfinished where since_ms < ?1",
};

}  // namespace turntable::inline v0::blob::sqlite
