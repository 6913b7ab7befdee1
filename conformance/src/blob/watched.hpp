#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "expectation.hpp"
#include "turntable/blob/any_backend.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::blob::conformance {

using turntable::conformance::Pending;
using turntable::conformance::Trace;

/// What all stores of a case share.
///
/// Purpose: the trace, and patience with calls that hang. Ownership: shared by the stores and all
/// that was opened from them. Threads: any. Errors: throws Hang.
class Watch {
  public:
    Watch(std::shared_ptr<Runtime> runtime, std::chrono::milliseconds patience)
        : runtime_(std::move(runtime)), patience_(patience) {}

    Trace& trace() noexcept { return trace_; }
    /// Every other call says that its caller waits; both kinds must work.
    Context context(const Context& given) {
        Context used = given;
        used.caller_waits = calls_.fetch_add(1, std::memory_order_relaxed) % 2 == 0;
        return used;
    }
    /// Waits for an answer. What `kept` holds is never destroyed if it does not come.
    template <class T>
    Result<T> await(Async<T> async, const std::string& what, std::shared_ptr<const void> kept) {
        if (async.is_ready()) {
            return std::move(async.peek());
        }
        Pending<T> pending(std::move(async), patience_);
        try {
            return pending.get(what);
        } catch (const turntable::conformance::Hang&) {
            keep_for_ever(runtime_);
            keep_for_ever(std::move(kept));
            throw;
        }
    }

  private:
    static void keep_for_ever(std::shared_ptr<const void> object);

    Trace trace_;
    std::shared_ptr<Runtime> runtime_;
    std::chrono::milliseconds patience_;
    std::atomic<unsigned> calls_{0};
};

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
