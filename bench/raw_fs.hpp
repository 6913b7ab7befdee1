#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace turntable_bench {

/// What POSIX calls give for a file of a folder.
struct RawEntry {
    std::string name;
    long long size_bytes = 0;
    long long modified_ns = 0;
};

/// The work of fs: as a program would do it by hand, on paths, with the same durability: a file
/// and its directory are on disk when a call has returned. Any failure ends the program.
std::string raw_read(const std::string& path);
/// Seen whole or not at all: into a file beside it, which then gets the name.
void raw_write(const std::string& folder, const std::string& name, std::string_view bytes);
/// Each file with size and time.
std::vector<RawEntry> raw_list(const std::string& folder);
/// A folder of files, and the folder.
void raw_remove_all(const std::string& parent, const std::string& folder);

}  // namespace turntable_bench
