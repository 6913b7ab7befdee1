#include "server/quota.hpp"

#include <algorithm>

namespace turntable::inline v0::server {

Quota::Quota(const QuotaOptions& options, Instant now)
    : requests_(options.requests, std::max(options.requests_burst, 1.0), now),
      bytes_(static_cast<double>(options.bytes.bytes),
             static_cast<double>(options.bytes_burst.bytes), now) {}

std::optional<std::chrono::seconds> Quota::take(std::size_t bytes, Instant now) {
    const std::scoped_lock guard(mutex_);
    const Instant when = std::max(requests_.take(1, now), bytes_.take(0, now));
    if (when > now) {
        requests_.give_back(1);
        return std::chrono::ceil<std::chrono::seconds>(when - now);
    }
    bytes_.take(static_cast<double>(bytes), now);
    return std::nullopt;
}

}  // namespace turntable::inline v0::server
