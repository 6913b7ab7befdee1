#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "turntable/blob/backend.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::blob {

/// How to open a store in memory.
///
/// Purpose: the argument of MemoryBackend. Ownership: shares the runtime. Threads: a value.
/// Errors: none.
struct MemoryOptions {
    /// Null: Runtime::shared().
    std::shared_ptr<Runtime> runtime = nullptr;
    /// Empty: a store of its own. Else all backends of the process that were opened with this name
    /// share one store, which ends with the last of them.
    std::string name = {};
    Limits limits = {};
};

/// Blobs in memory, `memory:` and `memory:NAME`.
///
/// Purpose: tests, caches, and the measure of what the library itself costs. Everything of the
/// contract works, and is gone with the process. Reads give views: an open reader or a read Bytes
/// holds its version, whatever is written meanwhile.
/// Ownership: owns the blobs, or shares a named store.
/// Threads: any; every answer is ready at once. Errors: as blob::Backend; none of its own.
class TURNTABLE_EXPORT MemoryBackend {
  public:
    explicit MemoryBackend(MemoryOptions options = {});
    MemoryBackend(MemoryBackend&& other) noexcept;
    MemoryBackend& operator=(MemoryBackend&& other) noexcept;
    ~MemoryBackend();

    Capabilities capabilities() const;
    Async<Metadata> stat(const Context& context, std::string_view path,
                         const Conditions& conditions);
    Async<ReadHandle> open_read(const Context& context, std::string_view path,
                                const Conditions& conditions);
    Async<WriteHandle> open_write(const Context& context, std::string_view path,
                                  const WriteOptions& options);
    Result<Stream<EntryPage>> list(const Context& context, std::string_view prefix,
                                   const ListOptions& options);
    Async<void> remove(const Context& context, std::string_view path, const RemoveOptions& options);
    Async<void> create_dir(const Context& context, std::string_view path);
    Async<Health> health(const Context& context);
    Async<void> close(const Context& context);

    Async<Bytes> read(const Context& context, std::string_view path, const ByteRange& range,
                      const Conditions& conditions);
    Async<Metadata> write(const Context& context, std::string_view path, ByteView bytes,
                          const WriteOptions& options);
    Async<void> copy(const Context& context, std::string_view from, std::string_view to,
                     const CopyOptions& options);
    Async<void> rename(const Context& context, std::string_view from, std::string_view to,
                       const RenameOptions& options);
    Async<void> remove_all(const Context& context, std::string_view path);

  private:
    struct Store;
    std::shared_ptr<Store> store_;
};

}  // namespace turntable::inline v0::blob
