#pragma once

#include <chrono>
#include <thread>

#include "turntable/core/clock.hpp"

namespace turntable::inline v0::tape {

/// Lets those who talk have the core between the frames of a batch. They pass it around in bursts
/// far shorter than a batch, and a call that met one had to wait for its end.
///
/// For one thread at a time. The clock has to outlive it.
class YieldsToTraffic {
  public:
    /// For so long in one batch: a flood must not fill the buffer meanwhile.
    static constexpr std::chrono::milliseconds batch_time{10};
    /// Whoever held the core for longer was not one who talks: the machine is busy with something
    /// else, which would take slice after slice from the tape.
    static constexpr std::chrono::milliseconds burst_time{1};
    /// How long it then does not yield.
    static constexpr std::chrono::seconds busy_time{1};

    explicit YieldsToTraffic(const Clock& clock) noexcept : clock_(&clock) {}

    void begin_batch() { batch_end_ = clock_->steady_now() + batch_time; }
    /// Whether it yielded.
    bool between_frames() {
        const Instant before = clock_->steady_now();
        if (before >= batch_end_ || before < again_) {
            return false;
        }
        std::this_thread::yield();
        const Instant after = clock_->steady_now();
        if (after - before > burst_time) {
            again_ = after + busy_time;
        }
        return true;
    }

  private:
    const Clock* clock_;
    Instant batch_end_;
    Instant again_ = Instant::min();
};

}  // namespace turntable::inline v0::tape
