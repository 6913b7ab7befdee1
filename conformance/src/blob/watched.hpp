#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "turntable/blob/any_backend.hpp"
#include "watch.hpp"

namespace turntable::inline v0::blob::conformance {

using turntable::conformance::Watch;

/// The backend under test, with the suite looking on.
///
/// Purpose: each call goes into the trace, is waited for with patience, and is held to what the
/// contract says of its form: normalised paths in, no empty page and no piece too long out.
/// Ownership: shares the backend with what was opened from it. Threads: any.
/// Errors: those of the backend; throws Failure and Hang.
class Watched {
  public:
    Watched(AnyBackend inside, std::shared_ptr<Watch> watch, std::string label)
        : inside_(std::make_shared<AnyBackend>(std::move(inside))),
          watch_(std::move(watch)),
          label_(std::move(label)) {}

    Capabilities capabilities() const { return inside_->capabilities(); }
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
    template <class T>
    Result<T> answered(const std::string& what, Async<T> async);

    std::shared_ptr<AnyBackend> inside_;
    std::shared_ptr<Watch> watch_;
    std::string label_;
};

static_assert(Backend<Watched>);

}  // namespace turntable::inline v0::blob::conformance
