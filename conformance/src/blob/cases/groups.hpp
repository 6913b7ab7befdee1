#pragma once

/// \file
/// The groups of cases; all_cases() is their list. A new file of cases adds a line here and there.

#include <vector>

#include "turntable/conformance/blob/case.hpp"

namespace turntable::inline v0::blob::conformance {

std::vector<Case> stat_cases();
std::vector<Case> read_cases();
std::vector<Case> reader_cases();
std::vector<Case> write_cases();
std::vector<Case> writer_cases();
std::vector<Case> append_cases();
std::vector<Case> list_cases();
std::vector<Case> remove_cases();
std::vector<Case> copy_cases();
std::vector<Case> directory_cases();
std::vector<Case> path_cases();
std::vector<Case> limit_cases();
std::vector<Case> lifecycle_cases();
std::vector<Case> race_cases();

}  // namespace turntable::inline v0::blob::conformance
