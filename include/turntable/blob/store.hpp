#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "turntable/blob/any_backend.hpp"
#include "turntable/blob/handle_state.hpp"
#include "turntable/blob/list.hpp"
#include "turntable/blob/path.hpp"
#include "turntable/blob/reader.hpp"
#include "turntable/blob/writer.hpp"
#include "turntable/core/call_options.hpp"

namespace turntable::inline v0::blob {

/// An open store of blobs: named contents, whole or in ranges, with metadata.
///
/// Purpose: what a program holds. `blob::Store` takes any engine at run time;
/// `BasicStore<FsBackend>` calls one engine directly. Paths are relative to the root of the store,
/// see blob/path.hpp; one that ends with a slash names a directory.
/// Ownership: a copyable handle; copies share one store. It ends with the last handle, or with what
/// was made from one (readers, writers, lists); close() ends it at once.
/// Threads: all functions may be called from any thread.
/// Errors: `invalid_argument` for a path that is none, `type_mismatch` for a directory where a file
/// is needed, `unsupported` for an option that capabilities() does not declare, `limit_exceeded`
/// over capabilities().limits, `closed` after close(), `would_deadlock` on a thread of the library,
/// and what blob::Backend says. Each call takes CallOptions last.
template <Backend B>
class [[nodiscard]] TURNTABLE_EXPORT BasicStore {
    using State = detail::StoreState<B>;

  public:
    /// Takes over a backend. `masked_url` is what errors name, without secrets.
    explicit BasicStore(B backend, std::shared_ptr<Runtime> runtime = Runtime::shared(),
                        std::string masked_url = {})
        : state_(std::make_shared<State>(
              turntable::detail::HandleCore{std::move(runtime), std::move(masked_url)},
              std::move(backend))) {}

    // Reading.

    /// What is known of a file, or of a directory. Errors: not_found.
    Result<Metadata> stat(std::string_view path, const Conditions& conditions = {},
                          const CallOptions& call = {}) const {
        return run("stat", normalize_path(path, limits()), check(conditions),
                   [&](std::string_view at) {
                       return state_->backend.stat(context(call), at, conditions);
                   });
    }
    /// Whether stat would find it.
    Result<bool> exists(std::string_view path, const CallOptions& call = {}) const {
        Result<Metadata> found = stat(path, {}, call);
        if (!found && found.error().code() != ErrorCode::not_found) {
            return std::move(found).error();
        }
        return found.has_value();
    }
    /// A file, or a range of it.
    Result<Bytes> read(std::string_view path, const ByteRange& range = {},
                       const Conditions& conditions = {}, const CallOptions& call = {}) const {
        return run("read", detail::file_path(path, limits()), check(conditions),
                   [&](std::string_view at) {
                       return backend_read(state_->backend, context(call), at, range, conditions);
                   });
    }
    /// A file to be read from any position.
    Result<Reader> reader(std::string_view path, const ReaderOptions& options = {},
                          const CallOptions& call = {}) const {
        if (options.chunk_bytes == 0) {
            return named<Reader>(
                Error(ErrorCode::invalid_argument, "a chunk has at least one byte"), "reader");
        }
        Result<ReadHandle> source =
            run("reader", detail::file_path(path, limits()), check(options.conditions),
                [&](std::string_view at) {
                    return state_->backend.open_read(context(call), at, options.conditions);
                });
        if (!source) {
            return std::move(source).error();
        }
        return Reader(core(), *std::move(source), options);
    }
    /// What lies in a directory, or begins with a path: `list("a/")` gives what lies in `a`,
    /// `list("a/b")` what begins with `b` there. See ListOptions and blob::Backend.
    List list(std::string_view prefix = {}, const ListOptions& options = {},
              const CallOptions& call = {}) const {
        Result<std::string> at = normalize_path(prefix, limits());
        if (!at) {
            return List(core(), named<Stream<EntryPage>>(std::move(at).error(), "list"));
        }
        return List(core(), state_->backend.list(context(call), *at, options));
    }

    // Writing.

    /// Puts a file in place, with the directories above it. See WriteOptions.
    Result<Metadata> write(std::string_view path, ByteView bytes, const WriteOptions& options = {},
                           const CallOptions& call = {}) const {
        return run("write", detail::file_path(path, limits()), check(options),
                   [&](std::string_view at) {
                       return backend_write(state_->backend, context(call), at, bytes, options);
                   });
    }
    /// A file to be written piece by piece.
    Result<Writer> writer(std::string_view path, const WriteOptions& options = {},
                          const CallOptions& call = {}) const {
        Result<WriteHandle> sink = run(
            "writer", detail::file_path(path, limits()), check(options), [&](std::string_view at) {
                return state_->backend.open_write(context(call), at, options);
            });
        if (!sink) {
            return std::move(sink).error();
        }
        return Writer(core(), *std::move(sink));
    }
    /// Writes at the end of a file, which it makes if there is none.
    Result<Metadata> append(std::string_view path, ByteView bytes,
                            const CallOptions& call = {}) const {
        return write(path, bytes, {.append = true}, call);
    }
    /// Removes a file, or an empty directory; fine if there is none.
    Result<void> remove(std::string_view path, const RemoveOptions& options = {},
                        const CallOptions& call = {}) const {
        return run("remove", normalize_path(path, limits()), check(options),
                   [&](std::string_view at) {
                       return state_->backend.remove(context(call), at, options);
                   });
    }
    /// Removes a file, or a directory and everything below it. Not in one step.
    Result<void> remove_all(std::string_view path, const CallOptions& call = {}) const {
        return run("remove_all", normalize_path(path, limits()), check(RemoveOptions{}),
                   [&](std::string_view at) {
                       return backend_remove_all(state_->backend, state_, context(call), at);
                   });
    }
    /// Copies a file, with its attributes.
    Result<void> copy(std::string_view from, std::string_view to, const CopyOptions& options = {},
                      const CallOptions& call = {}) const {
        return run("copy", detail::file_paths(from, to, limits()), check(options),
                   [&](const detail::PathPair& paths) {
                       return backend_copy(state_->backend, state_, context(call), paths.from,
                                           paths.to, options);
                   });
    }
    /// Gives a file another name, in one step if capabilities().atomic_rename.
    Result<void> rename(std::string_view from, std::string_view to,
                        const RenameOptions& options = {}, const CallOptions& call = {}) const {
        return run("rename", detail::file_paths(from, to, limits()), check(options),
                   [&](const detail::PathPair& paths) {
                       return backend_rename(state_->backend, state_, context(call), paths.from,
                                             paths.to, options);
                   });
    }
    /// Makes a directory, with those above it; fine if it is there.
    Result<void> create_dir(std::string_view path, const CallOptions& call = {}) const {
        return run(
            "create_dir", detail::directory_path(path, limits()), check(WriteOptions{}),
            [&](std::string_view at) { return state_->backend.create_dir(context(call), at); });
    }

    // The store itself.

    /// Asks the engine how it is.
    Result<Health> health(const CallOptions& call = {}) const {
        return detail::named(state_->backend.health(context(call)).wait(), "health", state_->core);
    }
    const Capabilities& capabilities() const noexcept { return state_->capabilities; }
    /// Refuses further calls and waits for what runs. A second close is fine.
    Result<void> close(const CallOptions& call = {}) const {
        return detail::named(state_->backend.close(context(call)).wait(), "close", state_->core);
    }
    /// The URL that it was opened with, secrets masked.
    const std::string& url() const noexcept { return state_->core.url; }
    Runtime& runtime() const noexcept { return *state_->core.runtime; }
    /// To reach what only this engine can do. For blob::Store see AnyBackend::get_if.
    B& backend() const noexcept { return state_->backend; }

  private:
    const Limits& limits() const noexcept { return state_->capabilities.limits; }
    Context context(const CallOptions& call) const {
        return call.context(*state_->core.runtime, true);
    }
    std::shared_ptr<const turntable::detail::HandleCore> core() const noexcept {
        return {state_, &state_->core};
    }
    template <class Options>
    Result<void> check(const Options& options) const {
        return detail::check(options, state_->capabilities);
    }
    template <class T>
    Result<T> named(Error error, std::string_view operation) const {
        return detail::named(Result<T>(std::move(error)), operation, state_->core);
    }
    /// Makes a call whose path and options are right, and waits for it.
    template <class Path, class F>
    auto run(std::string_view operation, const Result<Path>& path, const Result<void>& options,
             const F& call) const -> decltype(call(*path).wait()) {
        using Answer = decltype(call(*path).wait());
        if (!path || !options) [[unlikely]] {
            return detail::named(Answer(path ? options.error() : path.error()), operation,
                                 state_->core);
        }
        return detail::named(call(*path).wait(), operation, state_->core);
    }

    std::shared_ptr<State> state_;
};

/// The handle that most programs use: any engine, chosen at run time.
using Store = BasicStore<AnyBackend>;

extern template class BasicStore<AnyBackend>;

}  // namespace turntable::inline v0::blob
