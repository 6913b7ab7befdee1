#pragma once

#include <optional>
#include <string>

#include "backends/sqlite/kv/sql.hpp"
#include "turntable/kv/ordered_engine.hpp"

namespace turntable::inline v0::kv::sqlite {

/// Reads the row that a statement over kv is at (v, v_encoding, version, expiration_ms, ...); the
/// data borrows from the statement. False: no record that this format allows, see row_error.
bool read_record(const Statement& row, Record& record) noexcept;

/// What is wrong with the row that read_record refused, naming the key.
Error row_error(const Connection& connection, const Statement& row, ByteView key);

/// The record of `key`, with data of its own.
Result<std::optional<Record>> get_record(Connection& connection, ByteView key);

/// Calls `visit` for the records with start <= key < end.
Result<void> scan_records(Connection& connection, ByteView start, ByteView end, bool reverse,
                          RecordVisitor visit);

}  // namespace turntable::inline v0::kv::sqlite
