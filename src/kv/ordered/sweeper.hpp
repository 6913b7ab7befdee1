#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "kv/ordered/tasks.hpp"
#include "kv/ordered/wake_timer.hpp"

namespace turntable::inline v0::kv::detail {

class StoreHost;

/// Removes expired entries: at the earliest expiry time, at most once in an interval.
class Sweeper {
  public:
    explicit Sweeper(std::weak_ptr<StoreHost> host);

    /// True until somebody told when the first entry expires.
    bool wants_first_look() const;
    void first_look(std::optional<std::int64_t> next_ms);
    /// An entry was written that expires then.
    void expires_at(std::int64_t time_ms);
    /// Others have committed: nothing is known any more, so look within the interval.
    void others_committed();
    void stop() { timer_.stop(); }

  private:
    void arm();
    void sweep();
    void swept(Result<SweepOutput> output);

    std::weak_ptr<StoreHost> host_;
    WakeTimer timer_;
    mutable std::mutex mutex_;
    bool looked_ = false;
    bool sweeping_ = false;
    std::optional<std::int64_t> next_ms_;
    std::int64_t earliest_ms_ = 0;
};

}  // namespace turntable::inline v0::kv::detail
