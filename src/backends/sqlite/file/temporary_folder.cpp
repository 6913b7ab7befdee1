#include "backends/sqlite/file/temporary_folder.hpp"

#include <cstdlib>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace turntable::inline v0::sql {

Result<TemporaryFolder> TemporaryFolder::make() {
    std::string path = P_tmpdir "/turntable-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) {
        return Error(ErrorCode::io, "no temporary folder can be made in " P_tmpdir ": " +
                                        std::generic_category().message(errno));
    }
    return TemporaryFolder(std::move(path));
}

TemporaryFolder::~TemporaryFolder() {
    if (!path_.empty()) {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
}

}  // namespace turntable::inline v0::sql
