#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "turntable/core/clock.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0::kv::connect {

/// A time as RFC 3339 in UTC: `2026-11-22T15:04:05.123Z`.
TURNTABLE_EXPORT std::string to_rfc3339(WallTime time);
/// Any RFC 3339 time, with an offset or without a fraction too; what is finer than a millisecond is
/// cut off.
TURNTABLE_EXPORT std::optional<WallTime> parse_rfc3339(std::string_view text) noexcept;

}  // namespace turntable::inline v0::kv::connect
