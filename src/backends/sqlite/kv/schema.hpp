#pragma once

#include "backends/sqlite/file/open_file.hpp"
#include "backends/sqlite/kv/sql.hpp"

namespace turntable::inline v0::kv::sqlite {

/// The newest migration of Deno's file format that is known here.
inline constexpr std::int64_t format_version = 3;

/// What the tables of a file say it is.
struct DenoFile {
    /// The last migration that ran; 0: no tables yet.
    std::int64_t version = 0;
    /// Written by denokv's replica mode, where kv is a view: only to be read.
    bool replica = false;
};

/// Reads what the file is. Errors: invalid_config for the database of another program,
/// `unsupported` for a newer format, `corrupt` for tables that contradict each other.
Result<DenoFile> read_file_state(Connection& connection);

/// Checks that each table has the columns of Deno's format, and that the counter is there.
Result<void> check_tables(Connection& connection, const DenoFile& state);

/// What a file must have to be opened, for sql::open_file.
sql::Schema deno_schema();

}  // namespace turntable::inline v0::kv::sqlite
