#pragma once

/// \file
/// Refusing what changes a store.
/// Purpose: what the layer `read_only` of every surface says. Ownership: a value. Threads: any.
/// Errors: permission_denied.

#include <string_view>

#include "turntable/core/error.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0::detail {

TURNTABLE_EXPORT Error read_only_error(std::string_view operation);

}  // namespace turntable::inline v0::detail
