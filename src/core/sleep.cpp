#include "turntable/core/sleep.hpp"

#include <atomic>
#include <memory>

#include "turntable/core/shared_promise.hpp"

namespace turntable::inline v0 {

Async<void> wake_at(Runtime& runtime, const Context& context, Instant when) {
    auto [promise, async] = SharedPromise<void>::make(runtime, context);
    const auto timer = std::make_shared<std::atomic<Timers::Id>>(0);
    promise->on_stop([promise, timer, timers = &runtime.timers()](StopReason reason) {
        timers->forget(*timer);
        promise->complete(stopped_error(reason));
    });
    *timer = runtime.timers().call_at(when, [promise] { promise->complete(Result<void>()); });
    return std::move(async);
}

}  // namespace turntable::inline v0
