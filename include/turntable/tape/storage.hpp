#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "turntable/core/bytes.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::tape {

/// Where a Writer's bytes go.
///
/// Purpose: the format does no I/O; a file, an object store or a test is behind this.
/// Ownership: held by a Writer. Threads: called by one thread at a time.
/// Errors: when `append` fails, nothing of its bytes may stay: the tape goes on from the byte
/// before. A sink that cannot take back what it wrote fails from then on.
class TURNTABLE_EXPORT Sink {
  public:
    Sink() = default;
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    virtual ~Sink();

    /// Appends all of it or fails: whole records.
    virtual Result<void> append(ByteView bytes) = 0;
    /// Brings what was appended to the disk, whatever the durability.
    virtual Result<void> sync() = 0;
    /// Cuts off what follows; only Writer::resume does, at a torn end.
    virtual Result<void> truncate(std::uint64_t size) = 0;
    /// The bytes so far, with those that were there at the start.
    virtual std::uint64_t size() const noexcept = 0;
};

/// Where a Reader's bytes come from.
///
/// Purpose: as for Sink. Ownership: held by a Reader.
/// Threads: called by one thread at a time. Errors: those of the storage.
class TURNTABLE_EXPORT Source {
  public:
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    virtual ~Source();

    /// The bytes that are there now; a tape that is being recorded grows.
    virtual Result<std::uint64_t> size() = 0;
    /// Reads up to `size` bytes from `offset` on; fewer only where the source ends.
    virtual Result<std::size_t> read(std::uint64_t offset, char* buffer, std::size_t size) = 0;
};

/// Bytes in memory.
///
/// Purpose: tests, and tapes that lie in a store as a whole. Ownership: shares its bytes.
/// Threads: one at a time. Errors: none.
class TURNTABLE_EXPORT MemorySource final : public Source {
  public:
    explicit MemorySource(Bytes bytes) : bytes_(std::move(bytes)) {}
    Result<std::uint64_t> size() override;
    Result<std::size_t> read(std::uint64_t offset, char* buffer, std::size_t size) override;

  private:
    Bytes bytes_;
};

/// Appends to a text.
///
/// Purpose: tests, and tapes that are stored as a whole. Ownership: borrows the text, which must
/// outlive it. Threads: one at a time. Errors: none.
class TURNTABLE_EXPORT MemorySink final : public Sink {
  public:
    explicit MemorySink(std::string& text) noexcept : text_(&text) {}
    Result<void> append(ByteView bytes) override;
    Result<void> sync() override;
    Result<void> truncate(std::uint64_t size) override;
    std::uint64_t size() const noexcept override;

  private:
    std::string* text_;
};

/// A file that is read.
///
/// Purpose: Source over a path. Ownership: owns the open file. Threads: one at a time.
/// Errors: `not_found`, `permission_denied`, `io`, with the path.
class TURNTABLE_EXPORT FileSource final : public Source {
  public:
    static Result<std::unique_ptr<Source>> open(const std::string& path);
    explicit FileSource(int file, std::string path) noexcept
        : file_(file), path_(std::move(path)) {}
    ~FileSource() override;
    Result<std::uint64_t> size() override;
    Result<std::size_t> read(std::uint64_t offset, char* buffer, std::size_t size) override;

  private:
    int file_;
    std::string path_;
};

/// When a file asks the disk to keep what was written.
enum class SyncPolicy : std::uint8_t {
    none,  ///< never: a record survives the end of the process, not of the machine
    interval,  ///< with the first record after `sync_interval`, and when the file is closed
    each,  ///< with each record
};

/// How a FileSink keeps its bytes.
///
/// Purpose: the argument of FileSink::create. Ownership: shares the runtime. Threads: a value.
/// Errors: none.
struct FileSinkOptions {
    SyncPolicy sync = SyncPolicy::none;
    std::chrono::milliseconds sync_interval{1000};
    /// Whose clock measures the interval; null: the shared one.
    std::shared_ptr<Runtime> runtime = nullptr;
};

/// A file that a tape is appended to.
///
/// Purpose: Sink over a path. Two processes never write one file: it is made exclusively, and
/// locked while it is open.
/// Ownership: owns the open file. Threads: one at a time.
/// Errors: `already_exists`, `not_found`, `busy`, `permission_denied`, `no_space`, `io`, with the
/// path. What arrived of a failed append is cut off again.
class TURNTABLE_EXPORT FileSink final : public Sink {
  public:
    /// Makes the file; `already_exists` if there is anything of that name.
    static Result<std::unique_ptr<FileSink>> create(const std::string& path,
                                                    const FileSinkOptions& options = {});
    /// Opens a file to go on with it; see Writer::resume.
    static Result<std::unique_ptr<FileSink>> open(const std::string& path,
                                                  const FileSinkOptions& options = {});
    ~FileSink() override;

    Result<void> append(ByteView bytes) override;
    Result<void> sync() override;
    Result<void> truncate(std::uint64_t size) override;
    std::uint64_t size() const noexcept override { return size_; }

  private:
    FileSink(int file, std::string path, std::uint64_t size, const FileSinkOptions& options);
    static Result<std::unique_ptr<FileSink>> open_with(const std::string& path, int flags,
                                                       const FileSinkOptions& options);
    Result<void> sync_by_policy();

    int file_;
    std::string path_;
    std::uint64_t size_;
    FileSinkOptions options_;
    Instant synced_;
    bool broken_ = false;
};

}  // namespace turntable::inline v0::tape
