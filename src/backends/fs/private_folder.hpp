#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "backends/fs/descriptor.hpp"
#include "turntable/core/byte_view.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::blob::fs {

/// The opened private folder, see fs_private_folder.
struct PrivateFolders {
    Descriptor top;
    Descriptor staging;
};
using PrivateFoldersPtr = std::shared_ptr<const PrivateFolders>;

/// A file that has no name among the blobs yet.
///
/// Purpose: what is written here shows whole or not at all. It is locked (flock) for as long as it
/// is open, so that what nobody holds can be told from what is being written.
/// Ownership: owns the file; destroyed with its staging name, it removes it. Threads: one at a
/// time. Errors: as fs_error.
class StagedFile {
  public:
    StagedFile(PrivateFoldersPtr folders, Descriptor file, std::string name) noexcept;
    StagedFile(StagedFile&& other) noexcept;
    StagedFile& operator=(StagedFile&&) = delete;
    ~StagedFile();

    int file() const noexcept { return file_.get(); }
    Result<void> write(ByteView bytes, std::string_view path);
    /// Gives it the name `base` in the folder `parent`. Without `replace` a name that is taken is
    /// EEXIST; of several that try at once, one succeeds. Returns the errno, or 0.
    int place(int parent, const std::string& base, bool replace);

  private:
    PrivateFoldersPtr folders_;
    Descriptor file_;
    std::string name_;  // empty: it has its own name now
};

/// The right to change what one or two paths name, among all who use this library on the folder.
///
/// Purpose: if_match is decided and done with nothing in between. Ownership: destroyed, it lets go.
/// Threads: one at a time. Errors: none.
class PathLock {
  public:
    explicit PathLock(Descriptor file) noexcept : file_(std::move(file)) {}

  private:
    Descriptor file_;  // a lock ends with the descriptor
};

/// Staging, locks and attribute files of one store, in its private folder.
///
/// Purpose: everything that is no content. Nothing is made before it is needed.
/// Ownership: borrows the root. Threads: any. Errors: as fs_error.
class PrivateFolder {
  public:
    PrivateFolder(int root, Random& random) noexcept;

    /// Removes unfinished files that nobody holds.
    void clean();
    Result<StagedFile> stage(std::string_view path);
    Result<PathLock> lock(std::string_view path) { return lock(path, path); }
    /// Both at once, in an order in which two such calls never wait for each other.
    Result<PathLock> lock(std::string_view path, std::string_view other);
    /// The folder if it is there; else null.
    PrivateFoldersPtr find();
    Result<PrivateFoldersPtr> make(std::string_view path);
    /// The file system has no extended attributes at all.
    bool lacks_attributes() const noexcept { return lacks_attributes_; }
    /// Whether attributes may be in files; see attributes.hpp.
    std::atomic<bool>& has_attribute_files() noexcept { return has_attribute_files_; }

  private:
    PrivateFoldersPtr open(bool make);
    void forget() {
        const std::scoped_lock guard(mutex_);
        folders_.reset();
    }

    int root_;
    Random& random_;
    bool lacks_attributes_;
    std::mutex mutex_;
    PrivateFoldersPtr folders_;
    std::atomic<bool> has_attribute_files_ = false;
};

}  // namespace turntable::inline v0::blob::fs
