#pragma once

#include <string>

#include "backends/sqlite/connection.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable::inline v0::kv::sqlite {

/// A file that was found to be a Deno KV database, migrated if need be.
struct OpenedFile {
    /// May write unless read_only; of the newest format.
    Connection connection;
    bool read_only = false;
    /// How further connections are to be opened.
    Access reader_access = Access::read_only;
};

/// Opens `path`, which is options.path or a temporary file. A file that is refused is left as it
/// was. Errors name the path and the next step.
Result<OpenedFile> open_file(const SqliteOptions& options, const std::string& path);

}  // namespace turntable::inline v0::kv::sqlite
