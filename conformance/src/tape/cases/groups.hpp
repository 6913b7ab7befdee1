#pragma once

/// \file
/// The groups of cases; all_cases() is their list. A new file of cases adds a line here and there.

#include <vector>

#include "turntable/conformance/tape/case.hpp"

namespace turntable::inline v0::tape::conformance {

std::vector<Case> save_cases();
std::vector<Case> refused_save_cases();
std::vector<Case> stream_cases();
std::vector<Case> append_cases();
std::vector<Case> finish_cases();
std::vector<Case> label_cases();
std::vector<Case> delete_cases();
std::vector<Case> list_cases();
std::vector<Case> lifecycle_cases();
std::vector<Case> race_cases();

}  // namespace turntable::inline v0::tape::conformance
