#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/rfc3339.hpp"
#include "turntable/core/clock.hpp"

namespace turntable::inline v0::kv::connect {

/// A time as RFC 3339 in UTC: `2026-11-22T15:04:05.123Z`.
inline std::string to_rfc3339(WallTime time) {
    return turntable::detail::to_rfc3339(turntable::detail::split_time(time), 3);
}
/// Any RFC 3339 time, with an offset or without a fraction too; what is finer than a millisecond is
/// cut off.
inline std::optional<WallTime> parse_rfc3339(std::string_view text) noexcept {
    const auto time = turntable::detail::parse_rfc3339(text);
    return time ? std::optional(WallTime(time->seconds) +
                                std::chrono::floor<std::chrono::milliseconds>(time->fraction))
                : std::nullopt;
}

}  // namespace turntable::inline v0::kv::connect
