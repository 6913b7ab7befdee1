#include "turntable/core/layers/throttle.hpp"

#include <algorithm>
#include <string>

namespace turntable::inline v0::detail {

ThrottleGauge::ThrottleGauge(const ThrottleOptions& options, Instant now)
    : max_wait_(options.max_wait),
      operations_(options.operations, std::max(options.operations_burst, 1.0), now),
      bytes_(static_cast<double>(options.bytes.bytes),
             static_cast<double>(options.bytes_burst.bytes), now) {}

Result<Instant> ThrottleGauge::admit(std::size_t bytes, Instant now) {
    const std::scoped_lock guard(mutex_);
    const Instant when =
        std::max(operations_.take(1, now), bytes_.take(static_cast<double>(bytes), now));
    if (when - now > max_wait_) {
        operations_.give_back(1);
        bytes_.give_back(static_cast<double>(bytes));
        return Error(ErrorCode::busy,
                     "the layer throttle would hold this call back for more than " +
                         std::to_string(max_wait_.count()) + " ms");
    }
    return when;
}

void ThrottleGauge::charge(std::size_t bytes, Instant now) {
    if (bytes > 0) {
        const std::scoped_lock guard(mutex_);
        bytes_.take(static_cast<double>(bytes), now);
    }
}

}  // namespace turntable::inline v0::detail
