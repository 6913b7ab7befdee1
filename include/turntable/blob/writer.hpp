#pragma once

#include <memory>
#include <utility>

#include "turntable/blob/backend.hpp"
#include "turntable/core/call_options.hpp"
#include "turntable/core/handle_core.hpp"

namespace turntable::inline v0::blob {

/// One blob, written piece by piece.
///
/// Purpose: content that is too large to hold. The blob is there when finish() has answered; until
/// then who reads sees what was there before, if capabilities().atomic_write.
/// Ownership: keeps the store open. Destroying it unfinished aborts.
/// Threads: one thread at a time.
/// Errors: those of the backend. After a failed write only abort() makes sense; a writer that was
/// finished or aborted gives `closed`. finish() may give `already_exists` or `condition_failed`,
/// also when opening did not.
class [[nodiscard]] TURNTABLE_EXPORT Writer {
  public:
    Writer(std::shared_ptr<const turntable::detail::HandleCore> core, WriteHandle sink);
    Writer(Writer&&) noexcept = default;
    Writer& operator=(Writer&&) noexcept = default;
    ~Writer();

    Result<void> write(ByteView bytes, const CallOptions& call = {});
    /// Makes the blob.
    Result<Metadata> finish(const CallOptions& call = {});
    /// Leaves nothing of what was written. Fine after finish(), where it does nothing.
    Result<void> abort(const CallOptions& call = {});

  private:
    Context context(const CallOptions& call) const;

    std::shared_ptr<const turntable::detail::HandleCore> core_;
    WriteHandle sink_;  // null when finished or aborted
};

}  // namespace turntable::inline v0::blob
