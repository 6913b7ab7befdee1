#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "turntable/core/result.hpp"

namespace turntable::inline v0::kv::lmdb {

/// What the two meta pages of data.mdb say, as far as it matters before the file is mapped.
struct FileFacts {
    /// False: there is no file yet, or an empty one.
    bool exists = false;
    std::uint64_t file_bytes = 0;
    std::uint32_t page_bytes = 0;
    /// Number of the newest page that the newest commit knows.
    std::uint64_t last_page = 0;
    std::uint64_t transaction = 0;
    /// Root of the tree of entries and of the list of free pages; no_page: empty.
    std::uint64_t main_root = 0;
    std::uint64_t free_root = 0;
    std::uint16_t main_depth = 0;
    std::uint16_t free_depth = 0;
    std::uint64_t main_entries = 0;
};

inline constexpr std::uint64_t no_page = UINT64_MAX;

/// Checks data.mdb in `folder` against itself without mapping it: whether it is LMDB's, whole, and
/// as long as it says. LMDB itself would believe it, and the program would end with SIGBUS.
/// Tells of the newest commit, or of `transaction` where that is the one before.
Result<FileFacts> check_file(const std::string& folder,
                             std::optional<std::uint64_t> transaction = {});

}  // namespace turntable::inline v0::kv::lmdb
