#pragma once

#include <filesystem>
#include <fstream>
#include <string>

/// \file
/// What is in a file.
namespace turntable::test {

/// Empty if there is none. Read in one go: tests are not optimised, and files may be large.
inline std::string read_file(const std::string& path) {
    std::error_code absent;
    const std::uintmax_t size = std::filesystem::file_size(path, absent);
    std::string bytes(absent ? 0 : static_cast<std::size_t>(size), '\0');
    std::ifstream file(path, std::ios::binary);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    return bytes;
}

}  // namespace turntable::test
