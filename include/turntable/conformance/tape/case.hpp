#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "turntable/conformance/basic_case.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0::tape::conformance {

class Environment;

/// What a case cannot do without. A provider declares nothing: the first three follow from its
/// answers to calls that change nothing, the last two from the subject.
enum class Need : std::uint8_t {
    writes,  ///< a change is not answered with permission_denied
    read_only,
    append,  ///< append is not answered with unsupported
    reopen,  ///< the subject can open the tapes again
    second_handle,  ///< the subject can open the tapes a second time
};

TURNTABLE_EXPORT std::string_view to_string(Need need) noexcept;

/// One promise of the tape contract and the code that tries it.
///
/// Purpose, ownership, threads, errors: see BasicCase.
using Case = turntable::conformance::BasicCase<Need, Environment>;

/// Every case, in the order of the report.
TURNTABLE_EXPORT std::span<const Case> all_cases();

}  // namespace turntable::inline v0::tape::conformance
