#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "turntable/blob/backend.hpp"

namespace turntable::inline v0::blob::detail {

/// Makes directories of an ordered list of paths, for engines that have only the list.
///
/// Purpose: the engine reads its paths in byte order from `from()` on and gives each to `accept`;
/// whenever that answers `seek`, it reads on at the new `from()` instead of the next path. Marks of
/// empty directories are paths with a slash at the end.
/// Ownership: owns its position. Threads: one thread at a time. Errors: none.
class TURNTABLE_EXPORT FlatList {
  public:
    enum class Step : std::uint8_t { next, seek, done };

    FlatList(std::string_view prefix, const ListOptions& options);

    bool is_done() const noexcept { return done_; }
    /// The engine has no further paths.
    void end() noexcept { done_ = true; }
    /// No path before this one is wanted.
    const std::string& from() const noexcept { return from_; }
    /// Adds to `page` what this path, at or after from(), means for the listing.
    Step accept(Entry entry, EntryPage& page);

  private:
    void add(Entry entry, EntryPage& page);
    void add_directory(std::string_view path, EntryPage& page);
    Step accept_in_directory(Entry entry, EntryPage& page);
    Step accept_recursive(Entry entry, EntryPage& page);

    std::string prefix_;
    std::string start_after_;
    std::uint64_t remaining_;
    bool recursive_;
    bool done_ = false;
    std::string from_;
    std::string last_path_;
};

}  // namespace turntable::inline v0::blob::detail
