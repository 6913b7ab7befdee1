#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "turntable/core/metrics.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::server {

/// What a request was for, as metrics tell it apart: few values, whatever clients send.
enum class Endpoint : std::uint8_t {
    other,
    exchange,
    snapshot_read,
    atomic_write,
    watch,
    queue,
    healthz,
    readyz,
    metrics,
    preflight,
};
inline constexpr std::size_t endpoint_count = 10;
std::string_view to_string(Endpoint endpoint) noexcept;

/// What is known of a request when its answer goes out. No key, no value, no secret, no path: a
/// path may be anything that somebody typed.
struct RequestNote {
    Endpoint endpoint = Endpoint::other;
    /// Of a database that is served; empty: none.
    std::string database = {};
    /// Of the token that was good; empty: none was.
    std::string token_name = {};
    std::string method = {};
    std::string peer = {};
    std::size_t request_bytes = 0;
    Instant started = {};
};

/// Counts requests and writes the access log.
///
/// Purpose: `turntable_http_requests_total{endpoint, status}` and the histogram
/// `turntable_http_request_duration_seconds{endpoint}` until the head of the answer; records of the
/// component "server.access". Ownership: shares the runtime. Threads: any. Errors: none.
class Telemetry {
  public:
    Telemetry(std::shared_ptr<Runtime> runtime, bool access_log);

    void answered(const RequestNote& note, int status);

  private:
    static constexpr std::size_t status_count = 600;
    struct Series {
        std::atomic<Histogram*> duration{nullptr};
        std::array<std::atomic<Counter*>, status_count> requests{};
    };

    Counter& requests(Endpoint endpoint, int status);
    Histogram& duration(Endpoint endpoint);
    void log(const RequestNote& note, int status, std::chrono::nanoseconds took);

    std::shared_ptr<Runtime> runtime_;
    bool access_log_;
    std::array<Series, endpoint_count> series_;
};

}  // namespace turntable::inline v0::server
