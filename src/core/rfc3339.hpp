#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "turntable/core/export.hpp"

/// \file
/// Times as RFC 3339 has them.
namespace turntable::inline v0::detail {

/// A time of the years 0 to 9999, which no count of nanoseconds spans.
struct SplitTime {
    std::chrono::sys_seconds seconds{};
    /// Less than a second.
    std::chrono::nanoseconds fraction{};
};

template <class Duration>
SplitTime split_time(std::chrono::sys_time<Duration> time) noexcept {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return {seconds, time - seconds};
}

/// In UTC, with so many digits of the fraction, 1 to 9: `2026-11-22T15:04:05.123Z`.
TURNTABLE_EXPORT std::string to_rfc3339(const SplitTime& time, unsigned digits);

/// Any RFC 3339 time, with an offset or without a fraction too; what is finer than a nanosecond is
/// cut off. A leap second is the first of the next minute.
TURNTABLE_EXPORT std::optional<SplitTime> parse_rfc3339(std::string_view text) noexcept;

}  // namespace turntable::inline v0::detail
