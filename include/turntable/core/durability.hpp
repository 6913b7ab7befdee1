#pragma once

#include <cstdint>
#include <string_view>

#include "turntable/core/export.hpp"

namespace turntable::inline v0 {

/// What an acknowledged write survives.
///
/// Purpose: one word for all surfaces. Ownership, threads: a value. Errors: none.
enum class Durability : std::uint8_t {
    none,  ///< nothing: the data lives in this process
    process,  ///< the end of the process, not of the machine
    machine,  ///< a loss of power
};

/// The name as written in its enumerator.
TURNTABLE_EXPORT std::string_view to_string(Durability durability) noexcept;

}  // namespace turntable::inline v0
