#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "backends/sqlite/file/connection.hpp"
#include "turntable/core/unique_function.hpp"

namespace turntable::inline v0::sql {

/// When a commit is acknowledged (`PRAGMA synchronous`).
enum class Synchronous : std::uint8_t { full, normal, off };

/// What the setting of a surface means, whose enumerators have the same names.
template <class Durability>
constexpr Synchronous synchronous_of(Durability durability) noexcept {
    switch (durability) {
        case Durability::full:
            return Synchronous::full;
        case Durability::normal:
            return Synchronous::normal;
        case Durability::off:
            return Synchronous::off;
    }
    return Synchronous::full;
}

/// Whether all pages are checked on opening (`PRAGMA quick_check`).
enum class Verify : std::uint8_t { automatic, always, never };

/// The largest file that is checked by default.
inline constexpr std::uint64_t verify_bytes_max = 16U << 20U;

/// How to open a file.
struct FileOptions {
    /// The file, or `:memory:` for a private temporary one.
    std::string path{};
    Synchronous synchronous = Synchronous::full;
    std::chrono::milliseconds busy_timeout{5000};
    /// Connections that are kept for reading.
    std::size_t readers = 8;
    bool create = true;
    bool read_only = false;
    Verify verify = Verify::automatic;
    /// Page cache of each connection.
    std::uint64_t cache_bytes = 2U << 20U;
};

/// What the tables of a file say of it.
struct FileState {
    /// They are of the newest form.
    bool current = true;
    /// The file is only to be read, whatever was asked for.
    bool read_only = false;
};

/// The tables that a user of a file expects in it.
struct Schema {
    StatementTexts statements;
    /// Looks whether the file may be used, and changes nothing. Errors refuse it.
    UniqueFunction<Result<FileState>(Connection&)> inspect;
    /// Makes the tables that are missing, in one transaction, after looking again under the lock.
    UniqueFunction<Result<void>(Connection&)> migrate;
    /// How to bring a file to the newest form that is not of it and is opened for reading only:
    /// continues "PATH ".
    UniqueFunction<std::string(Connection&)> unfit_for_reading;
};

/// A file that its user can do with.
struct OpenedFile {
    /// May write unless read_only; of the newest form.
    Connection connection;
    bool read_only = false;
    /// How further connections are to be opened.
    Access reader_access = Access::read_only;
};

/// Opens `path`, which is options.path or a temporary file. A file that is refused is left as it
/// was. Errors name the path and the next step.
TURNTABLE_EXPORT Result<OpenedFile> open_file(const FileOptions& options, const std::string& path,
                                              Schema& schema);

/// Runs `change` in one transaction; after an error nothing of it is left.
TURNTABLE_EXPORT Result<void> in_transaction(Connection& connection,
                                             UniqueFunction<Result<void>()> change);

}  // namespace turntable::inline v0::sql
