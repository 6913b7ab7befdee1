#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "turntable/core/async.hpp"
#include "turntable/core/export.hpp"
#include "turntable/kv/watch.hpp"

namespace turntable::inline v0::kv {

/// A watch whose steps are awaited. See WatchStream.
///
/// Purpose: `while (auto step = co_await watch.next(); step && *step) ...`
/// Ownership, threads, errors: as for WatchStream.
class [[nodiscard]] TURNTABLE_EXPORT AsyncWatchStream {
  public:
    AsyncWatchStream(std::shared_ptr<const turntable::detail::HandleCore> core,
                     Stream<WatchOutput> stream) noexcept
        : core_(std::move(core)), stream_(std::move(stream)) {}

    Async<std::optional<Changes>> next(const CallOptions& call = {});

  private:
    std::shared_ptr<const turntable::detail::HandleCore> core_;
    Stream<WatchOutput> stream_;
};

}  // namespace turntable::inline v0::kv
