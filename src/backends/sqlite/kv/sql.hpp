#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "backends/sqlite/file/connection.hpp"

namespace turntable::inline v0::kv::sqlite {

using sql::Connection;
using sql::ResetLater;
using sql::Statement;

/// Every statement over the tables that a connection prepares once and keeps.
enum class Sql : std::uint8_t {
    read_version,
    write_version,
    get,
    scan,
    scan_reverse,
    put,
    remove,
    expired,
    next_expiry,
    waiting_first,
    waiting_insert,
    waiting_remove,
    waiting_next,
    running_first,
    running_insert,
    running_remove,
    running_next,
    running_find,
    count,
};

inline constexpr std::size_t sql_count = static_cast<std::size_t>(Sql::count);

/// The text of each, in the order of the enumeration.
inline constexpr std::array<const char*, sql_count> sql_text = {
    "select version from data_version where k = 0",
    "update data_version set version = ?1 where k = 0",
    // Values first and in the same order in all reads of entries: see entry_columns.
    "select v, v_encoding, version, expiration_ms from kv where k = ?1",
    "select v, v_encoding, version, expiration_ms, k from kv where k >= ?1 and k < ?2 order by k",
    "select v, v_encoding, version, expiration_ms, k from kv where k >= ?1 and k < ?2 "
    "order by k desc",
    "insert into kv (k, v, v_encoding, version, expiration_ms) values (?1, ?2, ?3, ?4, ?5) "
    "on conflict (k) do update set v = excluded.v, v_encoding = excluded.v_encoding, "
    "version = excluded.version, expiration_ms = excluded.expiration_ms",
    "delete from kv where k = ?1",
    "select v, v_encoding, version, expiration_ms, k from kv "
    "where expiration_ms >= 0 and expiration_ms <= ?1 order by expiration_ms",
    "select min(expiration_ms) from kv where expiration_ms >= 0",
    "select ts, id, data, backoff_schedule, keys_if_undelivered from queue "
    "where ts <= ?1 order by ts, id limit 1",
    "insert into queue (ts, id, data, backoff_schedule, keys_if_undelivered) "
    "values (?1, ?2, ?3, ?4, ?5)",
    "delete from queue where ts = ?1 and id = ?2",
    "select min(ts) from queue",
    "select deadline, id, data, backoff_schedule, keys_if_undelivered from queue_running "
    "where deadline <= ?1 order by deadline, id limit 1",
    "insert into queue_running (deadline, id, data, backoff_schedule, keys_if_undelivered) "
    "values (?1, ?2, ?3, ?4, ?5)",
    "delete from queue_running where deadline = ?1 and id = ?2",
    "select min(deadline) from queue_running",
    "select deadline, id, data, backoff_schedule, keys_if_undelivered from queue_running "
    "where id = ?1",
};

}  // namespace turntable::inline v0::kv::sqlite
