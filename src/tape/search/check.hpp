#pragma once

#include <string>
#include <string_view>

#include "turntable/tape/criteria.hpp"

/// \file
/// The parts of check() that the parser asks too, to say where in a query something is wrong.
namespace turntable::inline v0::tape {

bool is_attribute_name(std::string_view key) noexcept;
Result<void> check_term(const Term& term);
Result<void> check_sort(const SortOrder& order);
Result<void> check_cursor(const std::string& cursor, const SortOrder& order);

}  // namespace turntable::inline v0::tape
