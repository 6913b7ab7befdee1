#include "cli/local_file.hpp"

#include <system_error>

#include "turntable/core/new_file.hpp"

namespace turntable_cli {

namespace blob = turntable::blob;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

Result<void> write_local_file(BlobRun& run, const blob::Store& store, const std::string& path,
                              const std::filesystem::path& file) {
    constexpr std::size_t piece_bytes = std::size_t{1} << 20;
    TURNTABLE_TRY(blob::Reader reader,
                  store.reader(path, {.chunk_bytes = piece_bytes}, run.call()));
    std::error_code problem;
    const auto there = std::filesystem::symlink_status(file, problem);
    if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there)) {
        return Error(ErrorCode::type_mismatch,
                     "the target is no plain file; to write into a device or pipe, get to -")
            .with("file", file.string());
    }
    std::filesystem::create_directories(file.parent_path(), problem);
    TURNTABLE_TRY(turntable::NewFile made, turntable::NewFile::create(file.string(), true));
    while (true) {
        TURNTABLE_CHECK(run.go_on());
        TURNTABLE_TRY(const turntable::Bytes piece, reader.read(piece_bytes, run.call()));
        if (piece.empty()) {
            return made.commit();
        }
        TURNTABLE_CHECK(made.write(piece.text()));
        run.add(piece.size());
    }
}

}  // namespace turntable_cli
