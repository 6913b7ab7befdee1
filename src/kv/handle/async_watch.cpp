#include "turntable/kv/async_watch.hpp"

#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::kv {

Async<std::optional<Changes>> AsyncWatchStream::next(const CallOptions& call) {
    return then(stream_.next(call.context(*core_->runtime, false)),
                [core = core_](Result<std::optional<WatchOutput>>&& output) {
                    return detail::to_changes(detail::named(std::move(output), "watch", *core));
                });
}

}  // namespace turntable::inline v0::kv
