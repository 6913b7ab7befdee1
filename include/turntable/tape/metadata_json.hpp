#pragma once

#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/metadata.hpp"

/// \file
/// What is known of a tape, as one line of JSON, and back.
/// Purpose: what an index keeps, and `--json` prints. Empty members are left out.
/// Ownership: results own their texts. Threads: plain functions. Errors: `corrupt` for what is no
/// such line.
namespace turntable::inline v0::tape {

TURNTABLE_EXPORT std::string to_json(const TapeMetadata& metadata);
TURNTABLE_EXPORT Result<TapeMetadata> metadata_from_json(std::string_view text);
TURNTABLE_EXPORT std::string to_json(const Labels& labels);
TURNTABLE_EXPORT Result<Labels> labels_from_json(std::string_view text);

}  // namespace turntable::inline v0::tape
