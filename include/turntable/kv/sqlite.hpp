#pragma once

/// \file
/// The `sqlite:` backend: a database in one file, in Deno KV's own format.
///
/// Purpose: the embedded default. A file made by Deno is opened as it is, and Deno opens what this
/// backend wrote. docs/backends/sqlite.md describes it, docs/formats/sqlite.md the file.
/// Ownership: a backend owns its connections, and with the path `:memory:` a temporary file.
/// Threads: any. Several processes may use one file. A process that forks must not use a backend
/// that was opened before the fork in the child, not even to destroy it (SQLite's own rule).
/// Errors: `corrupt`, `busy`, `no_space`, `io`, `permission_denied`, `commit_unknown` name the path
/// and carry SQLite's extended code as backend_code.

#include <chrono>
#include <cstdint>
#include <string>

#include "turntable/core/settings.hpp"

namespace turntable::inline v0::kv {

/// When a commit of SQLite is acknowledged (`PRAGMA synchronous`).
enum class SqliteDurability : std::uint8_t {
    full,  ///< on disk: survives a loss of power
    normal,  ///< handed to the system: the newest commits may be lost with the power, not with us
    off,  ///< as normal; a loss of power may also damage the file
};

/// Whether the structure of every page is checked when a file is opened (`PRAGMA quick_check`),
/// beyond its header and its tables. Without it damage is found when a page is used, and some of it
/// not even then: SQLite follows a damaged page to a place where an entry is not.
enum class SqliteVerify : std::uint8_t {
    automatic,  ///< for files of up to sqlite_verify_bytes_max, which takes some 60 ms
    always,  ///< a second for every 250 MB or so
    never,
};

/// The largest file that is checked by default.
inline constexpr std::uint64_t sqlite_verify_bytes_max = 16U << 20U;

/// The settings of a sqlite: store.
///
/// Purpose: what `sqlite:FILE?name=value` says, typed. Ownership: a value. Threads: a value.
/// Errors: invalid_config from sqlite_settings().validate.
struct SqliteOptions {
    /// The file, or `:memory:` for a private temporary one that is deleted with the backend.
    std::string path{};
    SqliteDurability durability = SqliteDurability::full;
    /// How long a call waits for a lock that another connection holds.
    std::chrono::milliseconds busy_timeout{5000};
    /// Connections that are kept for reading; more are opened and closed when all are in use.
    std::uint32_t readers = 8;
    /// Make the file if it is not there.
    bool create = true;
    /// Never write: neither entries nor a newer format.
    bool read_only = false;
    SqliteVerify verify = SqliteVerify::automatic;
    /// Page cache of each connection.
    ByteSize cache{2U << 20U};
};

}  // namespace turntable::inline v0::kv
