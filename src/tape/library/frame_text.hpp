#pragma once

#include <memory>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/record.hpp"
#include "turntable/tape/storage.hpp"

/// \file
/// Texts in frames, as a search means them.
namespace turntable::inline v0::tape {

/// Whether a frame holds a text, in any case of ASCII letters. What lies in a payload store is not
/// looked at.
TURNTABLE_EXPORT bool frame_contains(const Frame& frame, std::string_view text);
/// Whether some frame of a tape does; `corrupt` lines are passed over.
TURNTABLE_EXPORT Result<bool> any_frame_contains(std::unique_ptr<Source> source,
                                                 std::string_view text);

}  // namespace turntable::inline v0::tape
