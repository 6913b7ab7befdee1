#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "turntable/core/clock.hpp"
#include "turntable/tape/criteria.hpp"

/// \file
/// Values in a query that are no text.
namespace turntable::inline v0::tape {

/// The value of a field of this type; a time such as `7d` is counted back from `now`.
std::optional<std::int64_t> parse_literal(FieldType type, std::string_view text, WallTime now);
/// What to expect, for an error.
std::string_view literal_help(FieldType type) noexcept;
/// What parse_literal reads as `value` at any time.
std::string print_literal(FieldType type, std::int64_t value);

}  // namespace turntable::inline v0::tape
