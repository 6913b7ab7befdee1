#pragma once

#include "turntable/core/clock.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0 {

/// Says when something may happen that is allowed so and so often a second.
///
/// Purpose: rate limits. The bucket holds up to `burst` tokens and gains `rate` a second. Whoever
/// takes more than is there goes into debt and is told when the debt will be paid; who comes later
/// waits behind. Ownership: a value.
/// Threads: one thread at a time. Errors: none; a rate of zero means no limit.
class TURNTABLE_EXPORT TokenBucket {
  public:
    /// Full at `now`.
    TokenBucket(double rate, double burst, Instant now) noexcept;

    /// Takes `amount` and says when it may be used: `now`, or later.
    Instant take(double amount, Instant now) noexcept;
    /// Gives back what was taken and not used.
    void give_back(double amount) noexcept;

  private:
    double rate_;
    double burst_;
    double level_;
    Instant filled_;
};

}  // namespace turntable::inline v0
