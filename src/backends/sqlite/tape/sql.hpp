#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace turntable::inline v0::tape::sqlite {

/// Every statement that a connection keeps beside the common ones.
enum class Sql : std::uint8_t {
    begin_read,
    savepoint,
    savepoint_undo,
    savepoint_release,
    find,
    row,
    next_number,
    all_ids,
    put_tape,
    put_about,
    remove_tape,
    remove_about,
    content_end,
    content_range,
    chunk_insert,
    chunk_last,
    chunk_update,
    chunks_remove,
    value_insert,
    values_of,
    values_remove,
    call_insert,
    calls_of,
    calls_count,
    calls_remove,
    piece_insert,
    pieces_of,
    label_piece_of,
    piece_remove,
    words_insert,
    words_remove,
    words_check,
    growing_insert,
    growing_remove,
    growing_find,
    growing_all,
    pieces_with,
    have_value,
    have_field,
    count,
};

inline constexpr std::size_t sql_count = static_cast<std::size_t>(Sql::count);

/// The text of each, in the order of the enumeration.
inline constexpr std::array<const char*, sql_count> sql_text = {
    "begin",
    "savepoint one_tape",
    "rollback to one_tape",
    "release one_tape",
    "select n, metadata, labels, seen from tape left join about on about.tape = n where id = ?1",
    "select id, metadata, labels, seen from tape left join about on about.tape = n where n = ?1",
    "select coalesce((select seq from sqlite_sequence where name = 'tape'), 0) + 1",
    "select n, id from tape order by id",
    "replace into tape (n, id, seen, name, names_cut, answered, fastest, pinned, created, "
    "duration, "
    "frames, size, stored, dropped, redacted, requests, notifications, errors, unanswered, noise, "
    "p50, p95, slowest) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
    "?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)",
    "replace into about (tape, metadata, labels) values (?1, ?2, ?3)",
    "delete from tape where n = ?1",
    "delete from about where tape = ?1",
    "select offset + length(bytes) from chunk where tape = ?1 order by offset desc limit 1",
    "select offset, bytes from chunk where tape = ?1 and offset >= coalesce((select max(offset) "
    "from chunk where tape = ?1 and offset <= ?2), 0) and offset < ?3 order by offset",
    "insert into chunk (tape, offset, bytes) values (?1, ?2, ?3)",
    "select rowid, offset, bytes from chunk where tape = ?1 order by offset desc limit 1",
    "update chunk set bytes = ?2 where rowid = ?1",
    "delete from chunk where tape = ?1",
    "insert or ignore into value (field, value, tape) values (?1, ?2, ?3)",
    "select field, value from value where tape = ?1 order by field, value",
    "delete from value where tape = ?1",
    "insert into call (tape, number, method, subject, error, message, direction, took) "
    "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    "select method, subject, error, message, direction, took from call where tape = ?1",
    "select count(*) from call where tape = ?1",
    "delete from call where tape = ?1",
    "insert into piece (tape, first, frames) values (?1, ?2, ?3)",
    "select n, first, frames from piece where tape = ?1 and frames > 0 order by n",
    "select n, first, frames from piece where tape = ?1 and frames = 0",
    "delete from piece where n = ?1",
    "insert into words (rowid, grams) values (?1, ?2)",
    "insert into words (words, rowid, grams) values ('delete', ?1, ?2)",
    "insert into words (words) values ('integrity-check')",
    "insert or ignore into growing (tape) values (?1)",
    "delete from growing where tape = ?1",
    "select tape from growing where tape = ?1",
    "select tape from growing",
    "select tape, n, first, frames from piece where frames > 0 and n in "
    "(select rowid from words where words match ?1)",
    "select count(*) from (select 1 from value where field = ?1 and value = ?2 limit ?3)",
    "select count(*) from (select 1 from value where field = ?1 limit ?3)",
};

}  // namespace turntable::inline v0::tape::sqlite
