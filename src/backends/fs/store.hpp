#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backends/fs/beneath.hpp"
#include "backends/fs/descriptor.hpp"
#include "backends/fs/private_folder.hpp"
#include "turntable/blob/detail/answers.hpp"
#include "turntable/blob/fs.hpp"
#include "turntable/core/gate.hpp"

namespace turntable::inline v0::blob::fs {

/// How often a directory may vanish between being opened and being used before we give up.
inline constexpr int vanishing_tries_max = 1000;

/// A file or directory that is open, and what is known of it.
struct OpenFile {
    Descriptor file;
    struct ::stat status{};
};

using detail::OwnedWrite;

constexpr std::int64_t ns_per_s = 1'000'000'000;

/// When the content last changed, in nanoseconds since 1970.
inline std::int64_t modified_ns(const struct ::stat& status) noexcept {
    return status.st_mtim.tv_sec * ns_per_s + status.st_mtim.tv_nsec;
}

/// What stat tells of a file or directory, without its attributes.
Metadata to_metadata(const struct ::stat& status);

/// The blobs of one folder, call by call on the thread of the caller.
///
/// Purpose: what stands behind FsBackend. Ownership: shared by the backend and by what it gave
/// away. Threads: any. Errors: as blob::Backend.
class Store {
  public:
    Store(FsOptions options, std::shared_ptr<Runtime> runtime);

    /// Opens the root, if it is not open.
    Result<void> connect();
    const FsOptions& options() const noexcept { return options_; }
    const std::shared_ptr<Runtime>& runtime() const noexcept { return runtime_; }
    Gate& gate() noexcept { return gate_; }

    Result<Metadata> stat(std::string_view path);
    /// A file, with its metadata.
    Result<std::pair<OpenFile, Metadata>> open_read(std::string_view path,
                                                    const Conditions& conditions);
    Result<Bytes> read(std::string_view path, const ByteRange& range, const Conditions& conditions);
    Result<Metadata> write(std::string_view path, ByteView bytes, const OwnedWrite& options);
    Result<void> remove(std::string_view path, std::string_view if_match);
    Result<void> remove_all(std::string_view path);
    Result<void> create_dir(std::string_view path);
    Result<void> copy(std::string_view from, std::string_view to, bool if_not_exists,
                      std::string_view if_match);
    Result<void> rename(std::string_view from, std::string_view to, bool if_not_exists);
    Result<Health> health();

    /// A file to be written, with its attributes.
    Result<StagedFile> stage(std::string_view path, const OwnedWrite& options);
    /// Gives it its name, if the options allow it. After an error it may be tried again.
    Result<Metadata> commit(StagedFile& staged, std::string_view path, const OwnedWrite& options);
    /// Puts what was staged at the end of what is there.
    Result<Metadata> append_staged(StagedFile& staged, std::string_view path,
                                   const OwnedWrite& options);
    /// A directory to be listed; none if there is none.
    Result<std::optional<Descriptor>> open_directory(std::string_view path);

  private:
    enum class Missing : std::uint8_t { keep, make };
    struct Place {
        Descriptor parent;
        std::string base;
    };

    Descriptor open(std::string_view path, int flags) const;
    Result<OpenFile> open_file(std::string_view path);
    Result<OpenFile> open_for_append(std::string_view path, std::string_view if_match);
    /// The directory above a path; an invalid descriptor if it is not there and not to be made.
    Result<Place> place_of(std::string_view path, Missing missing);
    Result<Descriptor> make_directories(std::string_view path);
    Result<Descriptor> try_make_directories(std::string_view path);
    Result<void> check_overwrite(const Place& place, std::string_view path,
                                 const OwnedWrite& options, int staged);
    Result<Metadata> append(std::string_view path, const OwnedWrite& options, StagedFile* staged,
                            ByteView bytes);
    Result<void> append_to(const OpenFile& target, std::string_view path, const StagedFile* staged,
                           ByteView bytes);
    int move(const Place& source, const Place& target, const struct ::stat& moved,
             bool if_not_exists);
    Result<void> remove_directory(std::string_view path);
    Result<void> sync(int file, std::string_view path);
    Result<void> sync_after_change(int folder, std::string_view path);
    std::int64_t next_stamp();
    void stamp(int file, std::int64_t after);

    FsOptions options_;
    std::shared_ptr<Runtime> runtime_;
    Gate gate_;
    std::mutex connecting_;
    std::atomic<bool> connected_ = false;
    Descriptor root_;
    Resolver resolver_ = Resolver::walk;
    std::optional<PrivateFolder> private_;
    std::atomic<std::int64_t> last_stamp_ = 0;
};

/// Bytes of an open file of which `size_bytes` are known: fewer only if it became shorter.
Result<Bytes> read_at(int file, std::uint64_t offset, std::size_t length, std::string_view path);

/// Refuses what lies in the private folder of this store, or of one whose root lies in it.
Result<void> check_reserved(std::string_view path);

}  // namespace turntable::inline v0::blob::fs
