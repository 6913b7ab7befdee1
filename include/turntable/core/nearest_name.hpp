#pragma once

/// \file
/// Finds what a mistyped name was meant to be.
/// Purpose: every "unknown X" error names the nearest known X. Ownership: none.
/// Threads: pure functions. Errors: none.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "turntable/core/export.hpp"

namespace turntable::inline v0 {

/// The candidate that `name` is most likely a slip of, or nothing when none is near: at most one
/// wrong, missing, added or swapped letter for every three, letter case aside. The first of equals.
TURNTABLE_EXPORT std::optional<std::string> nearest_name(std::string_view name,
                                                         std::span<const std::string> candidates);

/// `; did you mean "x"?`, or nothing, to append to an error message.
TURNTABLE_EXPORT std::string did_you_mean(std::string_view name,
                                          std::span<const std::string> candidates);

}  // namespace turntable::inline v0
