#pragma once

#include <cstdint>
#include <string>
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

/// Gives the numbers of tapes in the order of the criteria, from their cursor on: all that they can
/// mean, and of others only such as no index tells apart. The criteria have been checked.
Result<Query> query_for(const SearchCriteria& criteria);

}  // namespace turntable::inline v0::tape::sqlite
