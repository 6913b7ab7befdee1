#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>

#include "turntable/core/export.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/core/token_bucket.hpp"

namespace turntable::inline v0::server {

/// How much of one database may be asked for.
struct QuotaOptions {
    /// Requests a second; 0: no limit.
    double requests = 0;
    /// Requests that may come at once after a pause.
    double requests_burst = 100;
    /// Bytes of bodies of requests a second; 0: no limit.
    ByteSize bytes{0};
    /// Bytes that may come at once after a pause.
    ByteSize bytes_burst{8 << 20};
};

/// Counts what comes for one database.
///
/// Purpose: a request over the quota is refused, not held back. A body larger than what is left
/// passes when something is left, and those after it wait until it has been made up for.
/// Ownership: owns its counters. Threads: any. Errors: none.
class TURNTABLE_EXPORT Quota {
  public:
    Quota(const QuotaOptions& options, Instant now);

    /// None: it may pass, and counts. Else when to come again.
    std::optional<std::chrono::seconds> take(std::size_t bytes, Instant now);

  private:
    std::mutex mutex_;
    TokenBucket requests_;
    TokenBucket bytes_;
};

}  // namespace turntable::inline v0::server
