#pragma once

#include <string>
#include <tuple>

#include "turntable/kv/map.hpp"

/// \file
/// Batches of a map, as functions of who writes them and the how manieth it is.
namespace turntable::test {

/// Who, which batch, which entry of it.
using BatchMap = kv::Map<std::tuple<int, int, int>, std::string>;
inline constexpr int batch_entries = 100;

inline std::string batch_value(int worker, int number, int entry) {
    return std::to_string(worker) + "/" + std::to_string(number) + "/" + std::to_string(entry) +
           std::string(static_cast<std::size_t>((number * 7 + entry) % 200), 'x');
}

}  // namespace turntable::test
