#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kv/collection/access.hpp"

namespace turntable::inline v0::kv::detail {

/// The values of the order's fields in one record, as key parts.
using SortKey = std::vector<std::string>;

/// What a cursor belongs to: the same text for the same filter and order.
std::string query_fingerprint(const Condition& condition, const ResultOrder& order);

/// A place between two records, as text that says nothing to people.
std::string write_cursor(const std::string& fingerprint, const SortKey& place);
/// Errors: invalid_argument for anything but a cursor of this query.
Result<SortKey> read_cursor(const std::string& fingerprint, std::string_view cursor,
                            std::size_t fields);

}  // namespace turntable::inline v0::kv::detail
