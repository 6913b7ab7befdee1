#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "turntable/core/async.hpp"

namespace turntable::inline v0 {

/// What stands behind a Stream; implemented by backends.
///
/// Purpose: a pulled sequence: nothing is produced that was not asked for.
/// Ownership: owned by its Stream; destroying it ends the sequence and asks a pending `next` to
/// stop. It keeps what it needs of its backend alive.
/// Threads: one thread at a time, one `next` outstanding.
/// Errors: after an error or the end (an empty optional), every further `next` gives the end.
template <class T>
class StreamSource {
  public:
    StreamSource() = default;
    StreamSource(const StreamSource&) = delete;
    StreamSource& operator=(const StreamSource&) = delete;
    virtual ~StreamSource() = default;
    virtual Async<std::optional<T>> next(const Context& context) = 0;
};

/// A sequence of answers that is pulled one by one.
///
/// Purpose: watches and other sequences of unknown length.
/// Ownership: owns its source; dropping the stream ends it.
/// Threads: one thread at a time, one `next` outstanding.
/// Errors: in each answer; an empty optional is the end.
template <class T>
class [[nodiscard]] Stream {
  public:
    explicit Stream(std::unique_ptr<StreamSource<T>> source) noexcept
        : source_(std::move(source)) {}

    Async<std::optional<T>> next(const Context& context = {}) { return source_->next(context); }

  private:
    std::unique_ptr<StreamSource<T>> source_;
};

}  // namespace turntable::inline v0
