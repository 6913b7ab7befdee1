#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

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
/// Purpose: the unit of the suite. Which cases run follows from what a backend declares, never from
/// a list of names.
/// Ownership: lives as long as the program. Threads: immutable.
/// Errors: none; run_case tells what became of it.
struct Case {
    /// Group and name, such as `order.every_part_type`.
    std::string_view name;
    /// What is promised, as one sentence.
    std::string_view promise;
    std::vector<Need> needs;
    /// Fails by an exception that only the suite sees; call it through run_case.
    void (*run)(Environment&);
};

/// Every case, in the order of the report.
TURNTABLE_EXPORT std::span<const Case> all_cases();

}  // namespace turntable::inline v0::kv::conformance
