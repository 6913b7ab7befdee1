#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/result.hpp"

namespace turntable::inline v0::blob::fs {

/// The names in an open directory that begin with `prefix`, unordered: files as they are,
/// directories with a slash. Symbolic links, sockets, pipes and devices are left out.
Result<std::vector<std::string>> directory_names(int directory, std::string_view prefix);

/// Removes an entry of an open directory and, if it is a directory, all that lies in it; fine if
/// there is none. Links are removed, not followed.
Result<void> remove_entry(int directory, const std::string& name, bool is_directory,
                          const std::string& path);

/// Removes everything in an open directory but `keep`, without following links.
Result<void> remove_below(int directory, std::string_view path, std::string_view keep);

/// Whether nothing but `keep` lies in an open directory.
Result<bool> is_empty_directory(int directory, std::string_view path, std::string_view keep);

}  // namespace turntable::inline v0::blob::fs
