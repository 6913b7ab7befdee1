#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/tape/criteria.hpp"

/// \file
/// The values that fields have.
namespace turntable::inline v0::tape {

/// Whether some value of a text field of the tape is as `test` wants it. Not for fields of calls.
TURNTABLE_EXPORT bool any_text(const TapeMetadata& tape, const Term& term,
                               const std::function<bool(std::string_view)>& test);
/// Of a field that is neither text nor of a call.
TURNTABLE_EXPORT std::int64_t number_of(const TapeMetadata& tape, Field field) noexcept;
/// Of a text field by which tapes can be ordered.
TURNTABLE_EXPORT const std::string& sort_text(const TapeMetadata& tape, Field field) noexcept;

/// Of a field of a call.
std::string_view call_text(const Call& call, Field field) noexcept;

}  // namespace turntable::inline v0::tape
