#pragma once

/// \file
/// The groups of cases; all_cases() is their list. A new file of cases adds a line here and there.

#include <vector>

#include "turntable/conformance/case.hpp"

namespace turntable::inline v0::kv::conformance {

std::vector<Case> order_cases();
std::vector<Case> snapshot_cases();
std::vector<Case> atomic_cases();
std::vector<Case> mutation_cases();
std::vector<Case> value_cases();
std::vector<Case> limit_cases();
std::vector<Case> expiry_cases();
std::vector<Case> watch_cases();
std::vector<Case> queue_cases();
std::vector<Case> lease_cases();
std::vector<Case> concurrency_cases();
std::vector<Case> lifecycle_cases();
std::vector<Case> backup_cases();
std::vector<Case> close_cases();
std::vector<Case> model_cases();

}  // namespace turntable::inline v0::kv::conformance
