#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/blob/memory.hpp"
#include "turntable/conformance/blob/subject.hpp"

namespace turntable::conformance_test {

/// Ways to be wrong that a blob backend can be asked for, each a mistake that a real one could
/// have, with the case that must notice.
///
/// Purpose: the suite is worth what it catches. Ownership, threads, errors: none.
enum class BlobDefect : std::uint8_t {
    none,
#define TURNTABLE_BLOB_DEFECT(name, caught_by) name,
#include "conformance/blob_defects.inc"
#undef TURNTABLE_BLOB_DEFECT
};

/// A store in memory with one defect.
///
/// Purpose: what the seeded defects are tried with. Ownership: shares the store with what was
/// opened from it. Threads: any. Errors: those of memory, and those of the defect.
class FaultyBlobs {
  public:
    FaultyBlobs(blob::MemoryOptions options, BlobDefect defect);

    blob::Capabilities capabilities() const { return memory().capabilities(); }
    Async<blob::Metadata> stat(const Context& context, std::string_view path,
                               blob::Conditions conditions);
    Async<blob::ReadHandle> open_read(const Context& context, std::string_view path,
                                      const blob::Conditions& conditions);
    Async<blob::WriteHandle> open_write(const Context& context, std::string_view path,
                                        blob::WriteOptions options);
    Result<Stream<blob::EntryPage>> list(const Context& context, std::string_view prefix,
                                         blob::ListOptions options);
    Async<void> remove(const Context& context, std::string_view path, blob::RemoveOptions options);
    Async<void> create_dir(const Context& context, std::string_view path);
    Async<Health> health(const Context& context);
    Async<void> close(const Context& context);
    Async<Bytes> read(const Context& context, std::string_view path, blob::ByteRange range,
                      blob::Conditions conditions);
    Async<blob::Metadata> write(const Context& context, std::string_view path, ByteView bytes,
                                blob::WriteOptions options);
    Async<void> copy(const Context& context, std::string_view from, std::string_view to,
                     blob::CopyOptions options);
    Async<void> rename(const Context& context, std::string_view from, std::string_view to,
                       const blob::RenameOptions& options);
    Async<void> remove_all(const Context& context, std::string_view path);

    struct Inside;

  private:
    blob::MemoryBackend& memory() const;
    bool has(BlobDefect defect) const;
    bool is_there(std::string_view path) const;
    std::string spelled(std::string_view path) const;
    Result<std::vector<blob::Entry>> collect(std::string_view prefix,
                                             const blob::ListOptions& options) const;
    Result<blob::Metadata> append(std::string_view path, ByteView bytes,
                                  const blob::WriteOptions& options);
    Result<void> check_first(const blob::WriteOptions& options, std::string_view path) const;

    std::shared_ptr<Inside> inside_;
};

static_assert(blob::Backend<FaultyBlobs> && blob::BackendWithRead<FaultyBlobs> &&
              blob::BackendWithWrite<FaultyBlobs> && blob::BackendWithCopy<FaultyBlobs> &&
              blob::BackendWithRename<FaultyBlobs> && blob::BackendWithRemoveAll<FaultyBlobs>);

blob::conformance::Subject faulty_blob_subject(BlobDefect defect);

}  // namespace turntable::conformance_test
