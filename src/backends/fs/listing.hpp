#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/fs/store.hpp"

namespace turntable::inline v0::blob::fs {

/// A listing, page by page.
///
/// Purpose: entries in the byte order of their paths. Of each directory on the way it holds the
/// names and nothing else. Ownership: shares the store. Threads: one at a time.
/// Errors: as blob::Backend. What is removed meanwhile is left out.
class Listing {
  public:
    Listing(std::shared_ptr<Store> store, std::string_view prefix, const ListOptions& options);

    /// The next entries; none at the end.
    Result<std::optional<EntryPage>> next();

  private:
    /// A directory that is being listed.
    struct Level {
        std::string path;
        std::vector<std::string> names;  // in order
        std::size_t position = 0;
        Descriptor directory = {};  // closed where many lie in each other
    };

    Result<void> begin();
    Result<void> enter(std::string path, Descriptor directory, std::string_view name_prefix);
    Result<bool> reopen(Level& level);
    Result<void> step(EntryPage& page);
    Result<void> descend(const Level& level, const std::string& name, std::string path);
    /// None if it is not there any more, or is no blob now.
    static std::optional<Metadata> look_at(const Level& level, const std::string& name);

    std::shared_ptr<Store> store_;
    std::string prefix_;
    std::string start_after_;
    std::uint64_t remaining_;
    bool recursive_;
    bool metadata_;
    bool begun_ = false;
    std::vector<Level> levels_;
};

}  // namespace turntable::inline v0::blob::fs
