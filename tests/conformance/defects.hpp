#pragma once

#include <cstdint>
#include <string_view>

namespace turntable::conformance_test {

/// Ways to be wrong that the reference backend can be asked for, each a mistake that a real
/// backend could have, with the case that must notice.
///
/// Purpose: the suite is worth what it catches. Ownership, threads, errors: none.
enum class Defect : std::uint8_t {
    none,
#define TURNTABLE_DEFECT(name, caught_by) name,
#include "conformance/defects.inc"
#undef TURNTABLE_DEFECT
};

}  // namespace turntable::conformance_test
