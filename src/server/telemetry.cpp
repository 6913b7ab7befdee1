#include "server/telemetry.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace turntable::inline v0::server {

std::string_view to_string(Endpoint endpoint) noexcept {
    constexpr std::array<std::string_view, endpoint_count> names = {
        "other", "exchange", "snapshot_read", "atomic_write", "watch",
        "queue", "healthz",  "readyz",        "metrics",      "preflight"};
    return names[static_cast<std::size_t>(endpoint)];
}

Telemetry::Telemetry(std::shared_ptr<Runtime> runtime, bool access_log)
    : runtime_(std::move(runtime)), access_log_(access_log) {}

void Telemetry::answered(const RequestNote& note, int status) {
    const auto took = runtime_->clock().steady_now() - note.started;
    requests(note.endpoint, status).add();
    duration(note.endpoint).observe(took);
    if (access_log_ && runtime_->has_log()) {
        log(note, status, took);
    }
}

Counter& Telemetry::requests(Endpoint endpoint, int status) {
    const auto index =
        static_cast<std::size_t>(std::clamp(status, 0, static_cast<int>(status_count) - 1));
    std::atomic<Counter*>& known = series_[static_cast<std::size_t>(endpoint)].requests[index];
    if (Counter* counter = known.load(std::memory_order_acquire)) {
        return *counter;
    }
    // The registry gives the same series to whoever asks, so it does not matter who stores it.
    Counter& counter = runtime_->metrics()->counter(
        "turntable_http_requests_total", "Requests answered.",
        {{"endpoint", std::string(to_string(endpoint))}, {"status", std::to_string(index)}});
    known.store(&counter, std::memory_order_release);
    return counter;
}

Histogram& Telemetry::duration(Endpoint endpoint) {
    std::atomic<Histogram*>& known = series_[static_cast<std::size_t>(endpoint)].duration;
    if (Histogram* histogram = known.load(std::memory_order_acquire)) {
        return *histogram;
    }
    Histogram& histogram = runtime_->metrics()->histogram(
        "turntable_http_request_duration_seconds", "Time until the head of the answer.",
        {{"endpoint", std::string(to_string(endpoint))}});
    known.store(&histogram, std::memory_order_release);
    return histogram;
}

void Telemetry::log(const RequestNote& note, int status, std::chrono::nanoseconds took) {
    constexpr int server_fault = 500;
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    const std::array fields = {
        LogField{"method", note.method},
        LogField{"endpoint", to_string(note.endpoint)},
        LogField{"database", note.database},
        LogField{"token", note.token_name},
        LogField{"peer", note.peer},
        LogField{"status", std::int64_t{status}},
        LogField{"request_bytes", static_cast<std::int64_t>(note.request_bytes)},
        LogField{"microseconds", std::int64_t{microseconds}}};
    runtime_->log(status >= server_fault ? LogLevel::warning : LogLevel::info, "server.access",
                  "request", fields);
}

}  // namespace turntable::inline v0::server
