#pragma once

/// \file
/// Numbers that a program counts about itself.
/// Purpose: counters, gauges and latency histograms by name and labels, printed in the text format
/// that Prometheus reads. Ownership: a registry owns its series; a Runtime holds one.
/// Threads: everything may be called from any thread. Errors: none.

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"

namespace turntable::inline v0 {

/// Label names and values of one series; names are [a-zA-Z_][a-zA-Z0-9_]*.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// A number that only grows.
///
/// Purpose: how often something happened. Ownership: belongs to its registry.
/// Threads: any. Errors: none.
class Counter {
  public:
    void add(std::uint64_t amount = 1) noexcept {
        value_.fetch_add(amount, std::memory_order_relaxed);
    }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

/// A number that goes up and down.
///
/// Purpose: how much there is right now. Ownership: belongs to its registry.
/// Threads: any. Errors: none.
class Gauge {
  public:
    void add(std::int64_t amount) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }
    void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

/// How many durations fell into each of a row of buckets, each four times as wide as the one
/// before: up to 1 microsecond, 4, 16, ... to about 17 seconds, and beyond.
///
/// Purpose: latencies. Ownership: belongs to its registry. Threads: any. Errors: none.
class Histogram {
  public:
    static constexpr std::size_t bucket_count = 14;  // the last one has no upper bound

    /// Upper bound of a bucket, included; of the last one there is none.
    static constexpr std::chrono::microseconds bound(std::size_t bucket) noexcept {
        return std::chrono::microseconds(std::int64_t{1} << (2 * bucket));
    }
    void observe(std::chrono::nanoseconds duration) noexcept {
        const auto nanoseconds =
            static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
        // Microseconds rounded up, less one: 0 for up to 1 us, 1 to 3 for up to 4 us, ...
        const std::uint64_t whole = nanoseconds == 0 ? 0 : (nanoseconds - 1) / 1000;
        const auto bucket = static_cast<std::size_t>((std::bit_width(whole) + 1) / 2);
        buckets_[bucket < bucket_count ? bucket : bucket_count - 1].fetch_add(
            1, std::memory_order_relaxed);
        sum_nanoseconds_.fetch_add(nanoseconds, std::memory_order_relaxed);
    }
    /// Observations in one bucket, not in those below.
    std::uint64_t in_bucket(std::size_t bucket) const noexcept {
        return buckets_[bucket].load(std::memory_order_relaxed);
    }
    std::chrono::nanoseconds sum() const noexcept {
        return std::chrono::nanoseconds(sum_nanoseconds_.load(std::memory_order_relaxed));
    }

  private:
    std::array<std::atomic<std::uint64_t>, bucket_count> buckets_{};
    std::atomic<std::uint64_t> sum_nanoseconds_{0};
};

/// All series of a program.
///
/// Purpose: `registry.counter("jobs_total", "Jobs done.", {{"queue", "mail"}}).add()`, and
/// `prometheus_text()` for whoever asks. The same name and labels give the same series.
/// Ownership: owns its series; references stay good as long as the registry.
/// Threads: any. Errors: none; a name that another kind of series has gives a series that is
/// counted and never printed.
class TURNTABLE_EXPORT MetricsRegistry {
  public:
    MetricsRegistry();
    MetricsRegistry(const MetricsRegistry&) = delete;
    MetricsRegistry& operator=(const MetricsRegistry&) = delete;
    ~MetricsRegistry();

    Counter& counter(std::string_view name, std::string_view help, const MetricLabels& labels = {});
    Gauge& gauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});
    Histogram& histogram(std::string_view name, std::string_view help,
                         const MetricLabels& labels = {});

    /// Everything, in the text exposition format 0.0.4: by name, then by labels.
    std::string prometheus_text() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace turntable::inline v0
