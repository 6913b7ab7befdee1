#include "kv/handle/lease.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

namespace turntable::inline v0::kv::detail {

/// Shared by the keeper, its timer and the renewal that runs.
class LeaseKeeper::State : public std::enable_shared_from_this<State> {
  public:
    State(std::shared_ptr<QueuePort> port, std::string id, std::chrono::milliseconds interval)
        : port_(std::move(port)),
          id_(std::move(id)),
          interval_(interval),
          due_(port_->core().runtime->clock().steady_now()) {}

    void schedule() {
        Runtime& runtime = *port_->core().runtime;
        const Instant now = runtime.clock().steady_now();
        const std::scoped_lock guard(mutex_);
        if (ended_) {
            return;
        }
        // Counted from the last due time, so that slow renewals do not drift towards the end of the
        // lease; what was missed altogether, say while the machine slept, is not made up for.
        due_ = due_ + interval_ < now ? now : due_ + interval_;
        timer_ = runtime.timers().call_at(due_, [weak = weak_from_this()] {
            if (const std::shared_ptr<State> self = weak.lock()) {
                self->due();
            }
        });
    }

    void end() {
        Timers::Id timer = 0;
        std::optional<Async<void>> renewal;
        {
            const std::scoped_lock guard(mutex_);
            ended_ = true;
            timer = timer_;
            renewal = std::exchange(renewal_, std::nullopt);
        }
        // Outside the lock: both may call back.
        port_->core().runtime->timers().cancel(timer);
    }

  private:
    /// On the timer thread, which must not wait for an engine.
    void due() {
        port_->core().runtime->blocking_pool().post([self = shared_from_this()] { self->renew(); });
    }

    void renew() {
        std::optional<Async<void>> done;
        {
            const std::scoped_lock guard(mutex_);
            if (ended_) {
                return;
            }
            done = std::exchange(renewal_, std::nullopt);
        }
        if (done && done->is_ready() && !done->peek()) {
            port_->core().runtime->log(
                LogLevel::warning, "kv.queue",
                "a lease was not renewed: " + done->peek().error().to_string());
        }
        done.reset();
        Async<void> renewal = port_->extend(Context(), id_);
        {
            const std::scoped_lock guard(mutex_);
            if (!ended_) {
                renewal_.emplace(std::move(renewal));
            }
        }
        schedule();
    }

    std::shared_ptr<QueuePort> port_;
    std::string id_;
    std::chrono::milliseconds interval_;
    Instant due_;
    std::mutex mutex_;
    bool ended_ = false;
    Timers::Id timer_ = 0;
    std::optional<Async<void>> renewal_;  // kept, because dropping it would stop it
};

LeaseKeeper::LeaseKeeper(std::shared_ptr<QueuePort> port, std::string id,
                         std::int64_t lease_until_ms) {
    const std::int64_t lease_ms = lease_until_ms - port->core().now_ms();
    const std::chrono::milliseconds interval(std::max<std::int64_t>(lease_ms / 3, 1));
    state_ = std::make_shared<State>(std::move(port), std::move(id), interval);
    state_->schedule();
}

LeaseKeeper::~LeaseKeeper() { state_->end(); }

}  // namespace turntable::inline v0::kv::detail
