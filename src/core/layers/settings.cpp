#include "core/layers/settings.hpp"

#include <chrono>

namespace turntable::inline v0::detail {

using std::chrono::milliseconds;

const SettingsDescription<NoSettings>& read_only_settings() {
    static const SettingsDescription<NoSettings> settings("read_only",
                                                          "Refuses everything that writes.");
    return settings;
}

const SettingsDescription<ConcurrencyOptions>& concurrency_settings() {
    static const SettingsDescription<ConcurrencyOptions> settings =
        SettingsDescription<ConcurrencyOptions>(
            "concurrency", "Lets only so many calls into the backend at the same time.")
            .field("limit", &ConcurrencyOptions::limit,
                   "Calls that are in the backend at the same time.")
            .range(1, 1'000'000)
            .field("queue", &ConcurrencyOptions::queue,
                   "Calls that may wait for a place; one more is refused with busy.")
            .range(0, 10'000'000);
    return settings;
}

const SettingsDescription<LoggingOptions>& logging_settings() {
    static const SettingsDescription<LoggingOptions> settings =
        SettingsDescription<LoggingOptions>("logging", "Tells the log sink about each call.")
            .field("level", &LoggingOptions::level, "Of calls that went well; others are warnings.")
            .choices({{"debug", LogLevel::debug},
                      {"info", LogLevel::info},
                      {"warning", LogLevel::warning},
                      {"error", LogLevel::error}})
            .field("slow", &LoggingOptions::slow,
                   "Calls that took at least this long are warnings; 0: none are.")
            .range(milliseconds(0), milliseconds(24 * 3'600'000))
            .field("only_problems", &LoggingOptions::only_problems,
                   "Tell errors and slow calls only.")
            .field("backend", &LoggingOptions::backend,
                   "The field backend; by default the URL, secrets masked.");
    return settings;
}

const SettingsDescription<MetricsOptions>& metrics_settings() {
    static const SettingsDescription<MetricsOptions> settings =
        SettingsDescription<MetricsOptions>(
            "metrics", "Counts calls, errors, bytes, latencies and what is in flight.")
            .field("backend", &MetricsOptions::backend,
                   "Value of the label backend; by default the name of the backend.");
    return settings;
}

const SettingsDescription<RetryOptions>& retry_settings() {
    static const SettingsDescription<RetryOptions> settings =
        SettingsDescription<RetryOptions>(
            "retry", "Makes calls again that failed for a passing reason, where that is safe.")
            .field("max_attempts", &RetryOptions::max_attempts,
                   "Calls in all, the first one included.")
            .range(1, 1000)
            .field("base_delay", &RetryOptions::base_delay,
                   "Longest wait before the second attempt; it doubles with each further one.")
            .range(milliseconds(0), milliseconds(3'600'000))
            .field("max_delay", &RetryOptions::max_delay, "Longest wait before any attempt.")
            .range(milliseconds(0), milliseconds(3'600'000));
    return settings;
}

const SettingsDescription<ThrottleOptions>& throttle_settings() {
    static const SettingsDescription<ThrottleOptions> settings =
        SettingsDescription<ThrottleOptions>("throttle",
                                             "Lets only so many calls and bytes through a second.")
            .field("operations", &ThrottleOptions::operations, "Calls a second; 0: no limit.")
            .range(0, 1e12)
            .field("operations_burst", &ThrottleOptions::operations_burst,
                   "Calls that may come at once after a pause.")
            .range(1, 1e12)
            .field("bytes", &ThrottleOptions::bytes,
                   "Bytes that calls carry a second, both ways; 0: no limit.")
            .field("bytes_burst", &ThrottleOptions::bytes_burst,
                   "Bytes that may come at once after a pause.")
            .field("max_wait", &ThrottleOptions::max_wait,
                   "A call that would wait longer is refused with busy.")
            .range(milliseconds(0), milliseconds(24 * 3'600'000));
    return settings;
}

const SettingsDescription<TimeoutOptions>& timeout_settings() {
    constexpr milliseconds longest(24 * 3'600'000);
    static const SettingsDescription<TimeoutOptions> settings =
        SettingsDescription<TimeoutOptions>("timeout", "Gives every call a deadline.")
            .field("read", &TimeoutOptions::read, "For each call that reads; 0: none.")
            .range(milliseconds(0), longest)
            .field("write", &TimeoutOptions::write, "For each call that writes; 0: none.")
            .range(milliseconds(0), longest)
            .field("health", &TimeoutOptions::health, "For health; 0: none.")
            .range(milliseconds(0), longest)
            .field("grace", &TimeoutOptions::grace,
                   "How long past its deadline the backend may say itself how a call ended.")
            .range(milliseconds(0), longest);
    return settings;
}

}  // namespace turntable::inline v0::detail
