#include "turntable/core/token_bucket.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace turntable::inline v0 {

TokenBucket::TokenBucket(double rate, double burst, Instant now) noexcept
    : rate_(rate), burst_(burst), level_(burst), filled_(now) {}

Instant TokenBucket::take(double amount, Instant now) noexcept {
    if (rate_ <= 0) {
        return now;
    }
    const std::chrono::duration<double> passed = std::max(now, filled_) - filled_;
    level_ = std::min(burst_, level_ + passed.count() * rate_) - amount;
    filled_ = std::max(now, filled_);
    if (level_ >= 0) {
        return now;
    }
    constexpr double longest_seconds = 86'400.0 * 365;
    const double wait = std::min(-level_ / rate_, longest_seconds);
    return now + std::chrono::nanoseconds(static_cast<std::int64_t>(std::ceil(wait * 1e9)));
}

void TokenBucket::give_back(double amount) noexcept { level_ = std::min(burst_, level_ + amount); }

}  // namespace turntable::inline v0
