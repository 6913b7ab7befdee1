#include "turntable/core/layers/loop.hpp"

#include "turntable/core/coroutine.hpp"
#include "turntable/core/shared_promise.hpp"
#include "turntable/core/sleep.hpp"

namespace turntable::inline v0::detail {

namespace {

Async<void> close_later(std::shared_ptr<LoopHost> /*host*/, Async<void> inner, Async<void> empty) {
    Result<void> result = co_await std::move(inner);
    (void)co_await std::move(empty);
    co_return result;
}

}  // namespace

LoopHost::LoopHost(std::shared_ptr<Runtime> runtime) : runtime_(std::move(runtime)) {}
LoopHost::~LoopHost() = default;

Error LoopHost::closed_error() const { return {ErrorCode::closed, "the store was closed"}; }

void LoopHost::shut() noexcept {
    end();
    inner_.close([] {});
    inner_.wait_empty();
}

Async<void> LoopHost::close(std::shared_ptr<LoopHost> host, Async<void> inner) {
    auto [promise, empty] = SharedPromise<void>::make(*host->runtime_, {});
    host->loops_.close([told = promise] { told->complete({}); });
    if (inner.is_ready() && empty.is_ready()) {
        return inner;
    }
    return close_later(std::move(host), std::move(inner), std::move(empty));
}

Async<void> nap(std::shared_ptr<LoopHost> host, Context context, Instant when) {
    Async<void> sleep = wake_at(host->runtime(), context, when);
    const std::stop_callback wake(host->ending(), [sleeping = sleep.operation()] {
        sleeping->request_stop(StopReason::cancelled);
    });
    const Result<void>& slept = co_await sleep;
    if (!slept && host->ending().stop_requested()) {
        co_return host->closed_error();
    }
    co_return slept;
}

}  // namespace turntable::inline v0::detail
