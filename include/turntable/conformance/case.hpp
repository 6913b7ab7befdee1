#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "turntable/conformance/basic_case.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0::kv::conformance {

class Environment;

/// What a case cannot do without. All but the last two follow from `capabilities()`.
enum class Need : std::uint8_t {
    writes,  ///< not read_only
    read_only,
    reopen,
    watch_keys,
    watch_ranges,
    watch_others,  ///< watch_others_within is not zero
    queue,
    snapshots,
    delete_range,
    set_expiry,
    expiry_times,
    native_backup,
    concurrent,  ///< threading is concurrent
    second_handle,  ///< the subject can open the data a second time
    controllable_clock,  ///< the suite can move the time that the backend sees
};

TURNTABLE_EXPORT std::string_view to_string(Need need) noexcept;

/// One promise of the kv contract and the code that tries it.
///
/// Purpose, ownership, threads, errors: see BasicCase.
using Case = turntable::conformance::BasicCase<Need, Environment>;

/// Every case, in the order of the report.
TURNTABLE_EXPORT std::span<const Case> all_cases();

}  // namespace turntable::inline v0::kv::conformance
