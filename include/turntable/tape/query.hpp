#pragma once

#include <string>
#include <string_view>

#include "turntable/core/clock.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/criteria.hpp"

/// \file
/// Searches as people write them.
/// Purpose: between text and SearchCriteria. Ownership: results own their texts. Threads: plain
/// functions. Errors: see parse_query.
namespace turntable::inline v0::tape {

/// Reads a query: `tool:search error took>2s tag:prod since:7d -client:foo (a or b) "free text"`.
/// docs/query.md has the language. Times such as `7d` are counted back from `now`.
/// Errors: `invalid_argument`, with the column and, for an unknown field, the nearest known one;
/// `limit_exceeded` beyond limits::query_bytes_max, query_terms_max and query_depth_max.
TURNTABLE_EXPORT Result<SearchCriteria> parse_query(std::string_view text, WallTime now);

/// The query that parse_query reads as these criteria, whatever the time; without the cursor.
TURNTABLE_EXPORT std::string to_text(const SearchCriteria& criteria);
TURNTABLE_EXPORT std::string to_text(const Expression& where);

}  // namespace turntable::inline v0::tape
