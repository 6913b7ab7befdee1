#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "backends/fs/private_folder.hpp"
#include "turntable/blob/contract.hpp"

namespace turntable::inline v0::blob::fs {

/// \file
/// Content type and user metadata of a file.
/// Purpose: extended attributes, `user.mime_type` for the content type as other programs have it
/// and `user.NAME` for user metadata as OpenDAL has it; where the file system has none, or none so
/// large, a file in the private folder that is named after the inode. Both follow the file through
/// renames and appends, and come into being before it has its name.
/// Ownership, threads: none. Errors: as fs_error.

/// Attributes of a new file.
Result<void> write_attributes(int file, PrivateFolder& folder, const Metadata& attributes,
                              std::string_view path);
/// Fills in content_type and user.
Result<void> read_attributes(int file, PrivateFolder& folder, Metadata& metadata,
                             std::string_view path);
/// Which attribute file a file has, if any: to be asked before it goes, and removed afterwards.
std::string attribute_file_of(int parent, const std::string& base, PrivateFolder& folder);
void remove_attribute_file(PrivateFolder& folder, const std::string& name);

}  // namespace turntable::inline v0::blob::fs
