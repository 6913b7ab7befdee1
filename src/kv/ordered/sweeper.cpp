#include "kv/ordered/sweeper.hpp"

#include <algorithm>
#include <utility>

#include "kv/ordered/store_host.hpp"

namespace turntable::inline v0::kv::detail {

Sweeper::Sweeper(std::weak_ptr<StoreHost> host)
    : host_(host), timer_(host.lock()->options().runtime, [host] {
          if (const auto alive = host.lock()) {
              alive->post([alive] { alive->sweeper().sweep(); });
          }
      }) {}

bool Sweeper::wants_first_look() const {
    const std::scoped_lock guard(mutex_);
    return !looked_;
}

void Sweeper::first_look(std::optional<std::int64_t> next_ms) {
    {
        const std::scoped_lock guard(mutex_);
        looked_ = true;
    }
    if (next_ms) {
        expires_at(*next_ms);
    }
}

void Sweeper::expires_at(std::int64_t time_ms) {
    {
        const std::scoped_lock guard(mutex_);
        next_ms_ = std::min(next_ms_.value_or(time_ms), time_ms);
    }
    arm();
}

void Sweeper::others_committed() {
    if (const auto host = host_.lock()) {
        expires_at(host->now_ms() + host->options().sweep_interval.count());
    }
}

void Sweeper::arm() {
    std::int64_t at_ms = 0;
    {
        const std::scoped_lock guard(mutex_);
        if (!next_ms_ || sweeping_) {
            return;
        }
        at_ms = std::max(*next_ms_, earliest_ms_);
    }
    timer_.arm(at_ms);
}

void Sweeper::sweep() {
    const auto host = host_.lock();
    if (host == nullptr) {
        return;
    }
    bool due = false;
    {
        const std::scoped_lock guard(mutex_);
        if (sweeping_ || !next_ms_) {
            return;
        }
        due = std::max(*next_ms_, earliest_ms_) <= host->now_ms();
        if (due) {
            sweeping_ = true;
            next_ms_.reset();
            // Also after an error, so that a store in trouble is not asked without a pause.
            earliest_ms_ = host->now_ms() + host->options().sweep_interval.count();
        }
    }
    if (!due) {
        arm();
        return;
    }
    host->submit(std::make_unique<SweepTask>([weak = host_](Result<SweepOutput> output) {
        if (const auto alive = weak.lock()) {
            alive->sweeper().swept(std::move(output));
        }
    }));
}

void Sweeper::swept(Result<SweepOutput> output) {
    const auto host = host_.lock();
    if (host == nullptr) {
        return;
    }
    if (!output && output.error().code() != ErrorCode::closed) {
        host->runtime().log(LogLevel::warning, "kv",
                            "expired entries could not be removed: " + output.error().to_string());
    }
    {
        const std::scoped_lock guard(mutex_);
        sweeping_ = false;
        const bool more = output && output->more;
        earliest_ms_ = more ? 0 : earliest_ms_;
        const auto next = !output || more ? std::optional(host->now_ms()) : output->next_ms;
        if (next) {
            next_ms_ = std::min(next_ms_.value_or(*next), *next);
        }
    }
    arm();
}

}  // namespace turntable::inline v0::kv::detail
