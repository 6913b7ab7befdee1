#pragma once

/// \file
/// What the handles of all surfaces have in common.
/// Purpose: the inside of kv::Database and blob::Store. Ownership: see the handles. Threads: any.
/// Errors: none of its own.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::detail {

/// The part that does not know the backend.
struct HandleCore {
    std::shared_ptr<Runtime> runtime;
    /// Secrets masked.
    std::string url;

    std::int64_t now_ms() const { return runtime->clock().wall_now().time_since_epoch().count(); }
};

/// Names operation and store in an error that does not yet.
TURNTABLE_EXPORT void name_error(Error& error, std::string_view operation, const HandleCore& core);

template <class T>
Result<T> named(Result<T>&& result, std::string_view operation, const HandleCore& core) {
    if (!result) [[unlikely]] {
        name_error(result.error(), operation, core);
    }
    return std::move(result);
}

}  // namespace turntable::inline v0::detail
