#pragma once

/// \file
/// The optional calls of the blob contract for backends that lack them, from those that all have.
/// Purpose: what an engine lacks, the core builds. Ownership: a call that goes on pending keeps
/// `keeper`, which owns the backend, alive. Threads: any. Errors: those of the calls made.

#include <memory>
#include <string>
#include <string_view>

#include "turntable/blob/backend.hpp"
#include "turntable/core/unique_function.hpp"

namespace turntable::inline v0::blob {

namespace detail {

/// The calls that a copy or a removal is built from, on a backend that they keep alive.
struct FallbackCalls {
    UniqueFunction<Async<ReadHandle>(const Context&, std::string_view, const Conditions&)>
        open_read;
    UniqueFunction<Async<WriteHandle>(const Context&, std::string_view, const WriteOptions&)>
        open_write;
    UniqueFunction<Result<Stream<EntryPage>>(const Context&, std::string_view, const ListOptions&)>
        list;
    UniqueFunction<Async<void>(const Context&, std::string_view)> remove;
};

template <Backend B>
FallbackCalls fallback_calls(B& backend, std::shared_ptr<const void> keeper) {
    return {
        [&backend, keeper](const Context& context, std::string_view path,
                           const Conditions& conditions) {
            return backend.open_read(context, path, conditions);
        },
        [&backend, keeper](const Context& context, std::string_view path,
                           const WriteOptions& options) {
            return backend.open_write(context, path, options);
        },
        [&backend, keeper](const Context& context, std::string_view path,
                           const ListOptions& options) {
            return backend.list(context, path, options);
        },
        [&backend, keeper](const Context& context, std::string_view path) {
            return backend.remove(context, path, {});
        },
    };
}

/// Reads a range of what is being opened.
TURNTABLE_EXPORT Async<Bytes> read_opened(Context context, Async<ReadHandle> opened,
                                          ByteRange range);
/// Writes all of `bytes` to what is being opened.
TURNTABLE_EXPORT Async<Metadata> write_opened(const Context& context, Async<WriteHandle> opened,
                                              ByteView bytes);
/// Copies content and attributes; `remove_source` makes it a rename that can be seen half done.
TURNTABLE_EXPORT Async<void> copy_by_calls(FallbackCalls calls, const Context& context,
                                           std::string_view from, std::string_view to,
                                           const CopyOptions& options, bool remove_source);
TURNTABLE_EXPORT Async<void> remove_all_by_calls(FallbackCalls calls, Context context,
                                                 std::string path);

}  // namespace detail

/// The read of any backend: its own if it has one, else through a reader.
template <Backend B>
Async<Bytes> backend_read(B& backend, const Context& context, std::string_view path,
                          const ByteRange& range, const Conditions& conditions) {
    if constexpr (BackendWithRead<B>) {
        return backend.read(context, path, range, conditions);
    } else {
        return detail::read_opened(context, backend.open_read(context, path, conditions), range);
    }
}

/// The write of any backend: its own if it has one, else through a writer.
template <Backend B>
Async<Metadata> backend_write(B& backend, const Context& context, std::string_view path,
                              ByteView bytes, const WriteOptions& options) {
    if constexpr (BackendWithWrite<B>) {
        return backend.write(context, path, bytes, options);
    } else {
        return detail::write_opened(context, backend.open_write(context, path, options), bytes);
    }
}

/// The copy of any backend: its own if it has one, else by reading and writing.
template <Backend B>
Async<void> backend_copy(B& backend, std::shared_ptr<const void> keeper, const Context& context,
                         std::string_view from, std::string_view to, const CopyOptions& options) {
    if constexpr (BackendWithCopy<B>) {
        return backend.copy(context, from, to, options);
    } else {
        return detail::copy_by_calls(detail::fallback_calls(backend, std::move(keeper)), context,
                                     from, to, options, false);
    }
}

/// The rename of any backend: its own if it has one, else a copy and a removal.
template <Backend B>
Async<void> backend_rename(B& backend, std::shared_ptr<const void> keeper, const Context& context,
                           std::string_view from, std::string_view to,
                           const RenameOptions& options) {
    if constexpr (BackendWithRename<B>) {
        return backend.rename(context, from, to, options);
    } else {
        return detail::copy_by_calls(detail::fallback_calls(backend, std::move(keeper)), context,
                                     from, to, {.if_not_exists = options.if_not_exists}, true);
    }
}

/// The removal of everything below a path on any backend: its own, else one after the other.
template <Backend B>
Async<void> backend_remove_all(B& backend, std::shared_ptr<const void> keeper,
                               const Context& context, std::string_view path) {
    if constexpr (BackendWithRemoveAll<B>) {
        return backend.remove_all(context, path);
    } else {
        return detail::remove_all_by_calls(detail::fallback_calls(backend, std::move(keeper)),
                                           context, std::string(path));
    }
}

}  // namespace turntable::inline v0::blob
