#pragma once

#include <functional>
#include <string_view>

/// \file
/// What the commands that certify have in common, whatever the surface.
/// Purpose: the parts of `turntable conform`. Ownership, threads: values. Errors: none.
namespace turntable::inline v0::conformance {

/// Every case that applies passed.
inline constexpr int exit_certified = 0;
inline constexpr int exit_failed = 1;
/// The store cannot be opened, or holds something and `erase` was not given.
inline constexpr int exit_unusable = 2;

/// Gets text as it comes, lines ended.
using Output = std::function<void(std::string_view)>;

}  // namespace turntable::inline v0::conformance
