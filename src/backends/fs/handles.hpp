#pragma once

#include <memory>
#include <string_view>

#include "backends/fs/store.hpp"

namespace turntable::inline v0::blob::fs {

/// \file
/// What an fs: store gives away. Purpose: readers, writers and listings. Ownership: each shares the
/// store. Threads, errors: as blob/backend.hpp.

ReadHandle make_reader(std::shared_ptr<Store> store, std::string_view path, OpenFile file,
                       Metadata metadata);
WriteHandle make_writer(std::shared_ptr<Store> store, std::string_view path, OwnedWrite options,
                        StagedFile staged);
Stream<EntryPage> make_pages(std::shared_ptr<Store> store, std::string_view prefix,
                             const ListOptions& options);

}  // namespace turntable::inline v0::blob::fs
