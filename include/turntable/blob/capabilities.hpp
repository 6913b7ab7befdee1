#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/blob/limits.hpp"
#include "turntable/core/durability.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0::blob {

/// In which order a listing comes.
enum class ListOrder : std::uint8_t {
    none,  ///< any
    path,  ///< bytes of the whole path, a directory with its slash
};

/// What a backend checks a blob against when it reads it.
enum class ChecksumKind : std::uint8_t { none, xxh3, crc32c, md5 };

/// What a backend can do: data that chooses the cases of the conformance suite.
///
/// Purpose: every promise of the contract holds, or the backend says here that it does not.
/// An upper bound before connecting, exact afterwards. All calls may be made from any thread.
/// Ownership, threads: a value. Errors: asking for what is not declared gives `unsupported`.
struct Capabilities {
    Durability durability = Durability::none;
    /// The same blobs are there when the same URL is opened again.
    bool reopen = false;
    /// Other processes may use the same store at the same time.
    bool shared = false;
    bool read_only = false;

    /// Who reads sees the old blob or the new one whole, never a mixture; a writer that is
    /// aborted, killed or fails leaves nothing under the name.
    bool atomic_write = true;
    /// WriteOptions::if_not_exists, with exactly one winner.
    bool exclusive_create = true;
    /// WriteOptions::if_match, decided in the same moment as the write.
    bool write_if_match = true;
    /// WriteOptions::append.
    bool append = true;
    /// An append that fails leaves nothing of it; readers see all of an append or none.
    bool atomic_append = true;
    bool remove_if_match = true;

    /// Metadata::etag, and with it if_match and if_none_match of reads.
    bool etag = true;
    /// Metadata::modified_ms, and with it the conditions on time.
    bool modified = true;
    bool content_type = true;
    bool user_metadata = true;
    /// An open reader goes on reading the version that it opened, whatever is written meanwhile.
    bool read_one_version = true;

    /// Rename happens in one step.
    bool atomic_rename = true;
    /// CopyOptions::if_not_exists and RenameOptions::if_not_exists, with exactly one winner.
    bool exclusive_copy = true;
    /// Directories are things of their own, which stay when they are empty; else they are there
    /// while something lies in them, and create_dir makes a mark.
    bool directories = false;
    ListOrder list_order = ListOrder::path;
    /// Reads give views of memory that the engine holds anyway, without copying.
    bool views = false;
    /// Damage of the content is found when it is read.
    ChecksumKind checksum = ChecksumKind::none;
    Limits limits = {};
};

TURNTABLE_EXPORT std::string_view to_string(ListOrder order) noexcept;
TURNTABLE_EXPORT std::string_view to_string(ChecksumKind kind) noexcept;

/// What a backend can do, as names and texts to print.
TURNTABLE_EXPORT std::vector<std::pair<std::string, std::string>> capability_facts(
    const Capabilities& capabilities);

}  // namespace turntable::inline v0::blob
