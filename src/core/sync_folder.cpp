#include "core/sync_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "turntable/core/file_error.hpp"

namespace turntable::inline v0 {

Result<void> sync_folder_of(const std::string& path) {
    std::string folder = std::filesystem::path(path).parent_path().string();
    folder = folder.empty() ? "." : folder;
    const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = file >= 0 && ::fsync(file) == 0;
    const int number = errno;
    if (file >= 0) {
        ::close(file);
    }
    return synced ? Result<void>() : file_error(number, "syncing the folder of", path);
}

}  // namespace turntable::inline v0
