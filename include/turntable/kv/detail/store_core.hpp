#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "turntable/core/gate.hpp"
#include "turntable/core/health.hpp"
#include "turntable/core/shared_promise.hpp"
#include "turntable/core/stream.hpp"
#include "turntable/kv/backend.hpp"
#include "turntable/kv/detail/store_engine.hpp"
#include "turntable/kv/ordered_store_options.hpp"

namespace turntable::inline v0::kv::detail {

class StoreHost;

/// Everything of OrderedStore that does not depend on the type of the engine: the write queue,
/// watches, the message queue, expiry, closing. Compiled once.
///
/// Purpose: keeps the templates thin. Ownership: shares the engine until close; destroying it ends
/// and waits for all that runs.
/// Threads: all functions may be called from any thread. Errors: as kv::Backend.
class TURNTABLE_EXPORT StoreCore {
  public:
    StoreCore(std::shared_ptr<StoreEngine> engine, OrderedStoreOptions options,
              EngineTraits traits);
    StoreCore(const StoreCore&) = delete;
    StoreCore& operator=(const StoreCore&) = delete;
    ~StoreCore();

    Gate& gate() noexcept { return *gate_; }
    const OrderedStoreOptions& options() const noexcept { return *options_; }
    Clock& clock() noexcept { return *clock_; }
    std::int64_t now_ms() const noexcept { return clock_->wall_now().time_since_epoch().count(); }
    /// Why a call that has not begun must not begin.
    Result<void> check_context(const Context& context) const {
        if (context.stop.stop_possible() || context.has_deadline()) [[unlikely]] {
            return check_stopped(context);
        }
        return {};
    }
    /// Adds the operation and the URL to an error.
    Error describe(Error error, std::string_view operation) const;
    Error closed(std::string_view operation) const;
    /// Runs `work` on the pool, inside the gate by `pass`.
    void post(Pass pass, UniqueFunction<void()> work);

    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write);
    Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start, ByteView end);
    Result<Stream<WatchOutput>> watch(const Context& context, std::span<const WatchTarget> targets);
    Async<QueueMessage> queue_take(const Context& context);
    Async<void> queue_finish(const Context& context, std::string_view id, Delivery delivery);
    Async<void> queue_extend(const Context& context, std::string_view id);
    Async<Health> health(const Context& context);
    Async<void> close(const Context& context);

  private:
    Result<void> check_stopped(const Context& context) const;

    std::shared_ptr<StoreHost> host_;
    // Of the host, for short calls.
    Gate* gate_;
    const OrderedStoreOptions* options_;
    Clock* clock_;
};

}  // namespace turntable::inline v0::kv::detail
