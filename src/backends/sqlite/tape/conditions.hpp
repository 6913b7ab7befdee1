#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "turntable/tape/criteria.hpp"

/// \file
/// From criteria to SQL.
namespace turntable::inline v0::tape::sqlite {

/// A statement with what is bound to its question marks, in their order.
struct Query {
    std::string text;
    std::vector<std::variant<std::int64_t, std::string>> values;
};

/// Whether many tapes have a value, or any value of a field: then it is no way to begin a search.
using IsCommon = std::function<bool(std::string_view field, const std::string* value)>;

/// Gives the numbers of tapes in the order of the criteria, from their cursor on: all that they can
/// mean, and of others only such as no index tells apart. The criteria have been checked.
Result<Query> query_for(const SearchCriteria& criteria, const IsCommon& is_common = {});

}  // namespace turntable::inline v0::tape::sqlite
