#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "turntable/core/clock.hpp"

namespace turntable::inline v0::net::http {

/// So many at once, and so many more each second: what the other end may do for nothing.
///
/// Purpose: counts floods. Ownership: a value. Threads: one at a time. Errors: false, too many.
class Refill {
  public:
    Refill(std::uint32_t burst, std::uint32_t per_second, Instant now) noexcept
        : burst_(burst), per_second_(per_second), left_(burst), since_(now) {}

    bool take(Instant now) noexcept {
        if (now > since_ && left_ < burst_) {
            const std::chrono::duration<double> passed = now - since_;
            left_ = std::min(burst_, left_ + passed.count() * per_second_);
        }
        since_ = std::max(since_, now);
        left_ -= 1;
        return left_ >= 0;
    }
    void give_back(double count) noexcept { left_ = std::min(burst_, left_ + count); }

  private:
    double burst_;
    double per_second_;
    double left_;
    Instant since_;
};

}  // namespace turntable::inline v0::net::http
