#include "turntable/core/backoff.hpp"

#include <algorithm>

namespace turntable::inline v0 {

std::chrono::milliseconds backoff_ceiling(const BackoffPolicy& policy,
                                          std::uint32_t failures) noexcept {
    std::chrono::milliseconds ceiling = std::min(policy.base_delay, policy.max_delay);
    for (std::uint32_t i = 1; i < failures && ceiling < policy.max_delay; ++i) {
        const bool doubles = ceiling <= policy.max_delay / 2;
        ceiling = doubles ? ceiling * 2 : policy.max_delay;
        if (ceiling.count() == 0) {
            break;
        }
    }
    return ceiling;
}

std::chrono::milliseconds backoff_delay(const BackoffPolicy& policy, std::uint32_t failures,
                                        Random& random) {
    const auto ceiling = static_cast<std::uint64_t>(backoff_ceiling(policy, failures).count());
    return std::chrono::milliseconds(random.between(0, ceiling));
}

}  // namespace turntable::inline v0
