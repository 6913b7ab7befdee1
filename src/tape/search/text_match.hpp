#pragma once

#include <string_view>

#include "turntable/tape/criteria.hpp"

/// \file
/// How a text meets a term; the case of ASCII letters does not count.
namespace turntable::inline v0::tape {

bool equals_folded(std::string_view a, std::string_view b) noexcept;
/// As the term asks; `has` is what `:` means for its field.
bool text_matches(const Term& term, TextMatch has, std::string_view text) noexcept;
/// For terms that are no text.
bool number_matches(const Term& term, std::int64_t number) noexcept;

}  // namespace turntable::inline v0::tape
