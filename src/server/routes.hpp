#pragma once

#include <cstdint>
#include <string_view>

#include "turntable/core/export.hpp"

/// \file
/// What a path asks for.
///
/// Purpose: `/` and `/db/NAME` are databases, the first of them the default one; below either are
/// the data path, `kv/METHOD`, and the queue, `queue/CALL`. Ownership: borrows the path.
/// Threads: plain functions. Errors: a path that is none of these is `unknown`.
namespace turntable::inline v0::server {

enum class RouteKind : std::uint8_t {
    unknown,
    exchange,
    kv_call,
    queue_call,
    live,
    ready,
    metrics
};

/// A path that was understood.
struct Route {
    RouteKind kind = RouteKind::unknown;
    /// Empty: the default one.
    std::string_view database = {};
    /// What follows `kv/` or `queue/`.
    std::string_view call = {};
};

TURNTABLE_EXPORT Route route_of(std::string_view path) noexcept;

}  // namespace turntable::inline v0::server
