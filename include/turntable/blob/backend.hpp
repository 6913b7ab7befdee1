#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "turntable/blob/capabilities.hpp"
#include "turntable/blob/contract.hpp"
#include "turntable/core/async.hpp"
#include "turntable/core/bytes.hpp"
#include "turntable/core/health.hpp"
#include "turntable/core/stream.hpp"

namespace turntable::inline v0::blob {

/// What stands behind an open reader; implemented by backends.
///
/// Purpose: ranges of one blob, of one version if capabilities().read_one_version.
/// Ownership: owned by a reader; keeps what it needs of its backend alive.
/// Threads: one thread at a time, one `read` outstanding.
/// Errors: `condition_failed` when the version is gone and cannot be read on, `corrupt`, `io`,
/// `closed`.
class TURNTABLE_EXPORT ReadSource {
  public:
    ReadSource() = default;
    ReadSource(const ReadSource&) = delete;
    ReadSource& operator=(const ReadSource&) = delete;
    virtual ~ReadSource() = default;
    /// As it was when the reader was opened.
    virtual const Metadata& metadata() const noexcept = 0;
    /// At most `length_max` bytes from `offset`, at least one unless the blob ends there.
    virtual Async<Bytes> read(const Context& context, std::uint64_t offset,
                              std::size_t length_max) = 0;
};
using ReadHandle = std::unique_ptr<ReadSource>;

/// What stands behind an open writer; implemented by backends.
///
/// Purpose: one blob, piece by piece; it is there when `finish` has answered, and not before.
/// Ownership: owned by a writer. Destroying it without `finish` is an abort that nobody waits for.
/// Threads: one thread at a time, one call outstanding. `write` borrows until it returns.
/// Errors: after a failure only `abort` may follow. `commit_unknown` from `finish` when the blob
/// may or may not be there.
class TURNTABLE_EXPORT WriteSink {
  public:
    WriteSink() = default;
    WriteSink(const WriteSink&) = delete;
    WriteSink& operator=(const WriteSink&) = delete;
    virtual ~WriteSink() = default;
    virtual Async<void> write(const Context& context, ByteView bytes) = 0;
    virtual Async<Metadata> finish(const Context& context) = 0;
    /// Nothing is left of what was written.
    virtual Async<void> abort(const Context& context) = 0;
};
using WriteHandle = std::unique_ptr<WriteSink>;

/// One step of a listing; never empty.
using EntryPage = std::vector<Entry>;

/// The blob contract: what a class must have to serve as a store. No base class: anything that
/// models this goes into blob::AnyBackend as it is.
///
/// Purpose: the seam between engines and users. What a backend leaves out of the optional calls
/// below, the core builds from these.
/// Ownership: whoever holds the backend. Its destructor returns when nothing of it runs any more;
/// open readers, writers and listings may outlive it and then give `closed`, or go on.
/// Threads: any.
/// Errors: each call answers with a Result: `not_found`; `type_mismatch` for a directory where a
/// file is needed or the other way round; `closed` after close; `permission_denied` (read-only);
/// `no_space`; `limit_exceeded`, `unsupported` as declared; `commit_unknown` when the fate of a
/// submitted change is not known; otherwise the engine's.
///
/// Paths come normalised (blob/path.hpp). Options come checked against the capabilities.
/// - stat: of a file, or of a directory when the path ends with a slash or only a directory is
///   there.
/// - open_read, open_write: of a file. A write makes the directories above it.
/// - list: everything whose path begins with `prefix`, without `prefix` itself when that is a
///   directory. Not recursive: what has a further slash after the prefix appears as its directory.
///   A directory comes before what lies in it. A prefix that is not there: an empty listing.
/// - remove: a file, or a directory in which nothing lies, which may be named without its slash;
///   fine if there is none. A directory that is not empty is `conflict`.
/// - create_dir: with the directories above it; fine if it is there.
/// - health: asks the engine now.
/// - close: refuses new calls, waits for the rest. A second close is fine.
template <class B>
concept Backend =
    requires(B& backend, const B& constant, const Context& context, std::string_view path,
             const Conditions& conditions, const WriteOptions& write, const ListOptions& list,
             const RemoveOptions& remove) {
        { constant.capabilities() } -> std::convertible_to<Capabilities>;
        { backend.stat(context, path, conditions) } -> std::same_as<Async<Metadata>>;
        { backend.open_read(context, path, conditions) } -> std::same_as<Async<ReadHandle>>;
        { backend.open_write(context, path, write) } -> std::same_as<Async<WriteHandle>>;
        { backend.list(context, path, list) } -> std::same_as<Result<Stream<EntryPage>>>;
        { backend.remove(context, path, remove) } -> std::same_as<Async<void>>;
        { backend.create_dir(context, path) } -> std::same_as<Async<void>>;
        { backend.health(context) } -> std::same_as<Async<Health>>;
        { backend.close(context) } -> std::same_as<Async<void>>;
    };

/// Optional: a read in one call.
template <class B>
concept BackendWithRead = requires(B& backend, const Context& context, std::string_view path,
                                   const ByteRange& range, const Conditions& conditions) {
    { backend.read(context, path, range, conditions) } -> std::same_as<Async<Bytes>>;
};
/// Optional: a write in one call.
template <class B>
concept BackendWithWrite = requires(B& backend, const Context& context, std::string_view path,
                                    ByteView bytes, const WriteOptions& options) {
    { backend.write(context, path, bytes, options) } -> std::same_as<Async<Metadata>>;
};
/// Optional: a copy inside the engine, of a file over a file.
template <class B>
concept BackendWithCopy = requires(B& backend, const Context& context, std::string_view path,
                                   const CopyOptions& options) {
    { backend.copy(context, path, path, options) } -> std::same_as<Async<void>>;
};
/// Optional: a rename inside the engine, of a file over a file.
template <class B>
concept BackendWithRename = requires(B& backend, const Context& context, std::string_view path,
                                     const RenameOptions& options) {
    { backend.rename(context, path, path, options) } -> std::same_as<Async<void>>;
};
/// Optional: removes a directory with everything below it, or a file; fine if there is none.
template <class B>
concept BackendWithRemoveAll = requires(B& backend, const Context& context, std::string_view path) {
    { backend.remove_all(context, path) } -> std::same_as<Async<void>>;
};

}  // namespace turntable::inline v0::blob
