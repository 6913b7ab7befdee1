#pragma once

#include <filesystem>
#include <string>

#include "cli/blob_output.hpp"
#include "turntable/blob/store.hpp"

namespace turntable_cli {

/// Writes a blob into a file of this machine, in place of one that is there. It is there when it is
/// whole, and its folder gets nothing else: that of an fs: store would hold the store's own files.
turntable::Result<void> write_local_file(BlobRun& run, const turntable::blob::Store& store,
                                         const std::string& path,
                                         const std::filesystem::path& file);

}  // namespace turntable_cli
