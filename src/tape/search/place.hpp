#pragma once

#include <cstdint>
#include <string>

#include "turntable/core/export.hpp"
#include "turntable/tape/criteria.hpp"

/// \file
/// Where a tape stands in an order.
namespace turntable::inline v0::tape {

/// What decides about the place of a tape: of `text` and `number` the one that the field of the
/// order has, then the id, which descends with the order.
struct Place {
    std::string text;
    std::int64_t number = 0;
    std::string id;
};

/// What a cursor says. Errors: `invalid_argument` for one of another order.
TURNTABLE_EXPORT Result<Place> parse_cursor(const std::string& cursor, const SortOrder& order);

}  // namespace turntable::inline v0::tape
