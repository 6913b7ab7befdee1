#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0 {

/// A file that is there under its name when it is whole and on disk, and not before.
///
/// Purpose: backups and exports that a kill or a full disk leaves nothing of. Until `commit` it is
/// PATH.partial; what a killed process left there is used again, and of two processes that make
/// the same file at a time the second is refused.
/// Ownership: owns the partial file; destroyed without commit, it removes it.
/// Threads: one at a time.
/// Errors: `already_exists`, `busy`, `not_found`, `permission_denied`, `no_space`, `io`, with the
/// path.
class TURNTABLE_EXPORT NewFile {
  public:
    /// Without `replace` nothing may be there under the name, now and at commit.
    static Result<NewFile> create(std::string path, bool replace);
    NewFile(NewFile&& other) noexcept
        : path_(std::move(other.path_)),
          file_(std::exchange(other.file_, -1)),
          replace_(other.replace_) {}
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile();

    /// Where others may write it, before commit.
    std::string partial_path() const { return path_ + ".partial"; }
    Result<void> write(std::string_view bytes);
    /// Brings it to disk, gives it its name, and brings that to disk.
    Result<void> commit();

  private:
    NewFile(std::string path, int file, bool replace) noexcept
        : path_(std::move(path)), file_(file), replace_(replace) {}

    std::string path_;
    int file_;
    bool replace_;
};

}  // namespace turntable::inline v0
