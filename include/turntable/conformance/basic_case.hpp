#pragma once

#include <string_view>
#include <vector>

namespace turntable::inline v0::conformance {

/// One promise of a contract and the code that tries it.
///
/// Purpose: the unit of a suite. Which cases run follows from what a backend declares, never from
/// a list of names.
/// Ownership: lives as long as the program. Threads: immutable.
/// Errors: none; run_case tells what became of it.
template <class Need, class Environment>
struct BasicCase {
    /// Group and name, such as `order.every_part_type`.
    std::string_view name;
    /// What is promised, as one sentence.
    std::string_view promise;
    std::vector<Need> needs;
    /// Fails by an exception that only the suite sees; call it through run_case.
    void (*run)(Environment&);
};

}  // namespace turntable::inline v0::conformance
