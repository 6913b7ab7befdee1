#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/quota.hpp"
#include "turntable/core/export.hpp"
#include "turntable/kv/database.hpp"

namespace turntable::inline v0::server {

/// A database as it is served.
///
/// Purpose: the first of a server is its default one. Ownership: shares the database. Threads: a
/// value. Errors: none.
struct ServedDatabase {
    /// Letters, digits, `-`, `_` and `.`; part of its path.
    std::string name;
    kv::Database database;
    /// Refuses every write, whatever the token.
    bool read_only = false;
    /// None: that of the settings.
    std::optional<QuotaOptions> quota = {};
};

/// Whether a text may be the name of a database: 1 to 64 letters, digits, `-`, `_` and `.`.
TURNTABLE_EXPORT bool is_database_name(std::string_view name) noexcept;

/// The UUID by which clients know a database: the same for a name on every server, so that it
/// survives a restart and a move.
TURNTABLE_EXPORT std::string database_id(std::string_view name);

}  // namespace turntable::inline v0::server
