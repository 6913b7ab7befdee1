#pragma once

/// \file
/// What the handles of one store share.
/// Purpose: the inside of blob::Store. Ownership: shared by all copies of a handle and by what was
/// made from it. Threads: as the backend. Errors: those of the checks.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "turntable/blob/backend.hpp"
#include "turntable/core/handle_core.hpp"

namespace turntable::inline v0::blob::detail {

using turntable::detail::HandleCore;
using turntable::detail::named;

/// What all copies of a handle share.
template <Backend B>
struct StoreState {
    HandleCore core;
    B backend;
    const Capabilities capabilities;

    template <class... Args>
    explicit StoreState(HandleCore handle_core, Args&&... args)
        : core(std::move(handle_core)),
          backend(std::forward<Args>(args)...),
          capabilities(std::as_const(backend).capabilities()) {}
};

/// The normalised path of a file. Errors: type_mismatch for one that names a directory.
TURNTABLE_EXPORT Result<std::string> file_path(std::string_view path, const Limits& limits);
/// The normalised path of a directory, with its slash.
TURNTABLE_EXPORT Result<std::string> directory_path(std::string_view path, const Limits& limits);

/// Options that the backend does not declare are `unsupported`, wrong ones `invalid_argument`.
TURNTABLE_EXPORT Result<void> check(const Conditions& conditions, const Capabilities& capabilities);
TURNTABLE_EXPORT Result<void> check(const WriteOptions& options, const Capabilities& capabilities);
TURNTABLE_EXPORT Result<void> check(const RemoveOptions& options, const Capabilities& capabilities);
TURNTABLE_EXPORT Result<void> check(const CopyOptions& options, const Capabilities& capabilities);
TURNTABLE_EXPORT Result<void> check(const RenameOptions& options, const Capabilities& capabilities);

/// The paths of a copy or rename. Errors: invalid_argument when both are the same.
struct PathPair {
    std::string from;
    std::string to;
};
TURNTABLE_EXPORT Result<PathPair> file_paths(std::string_view from, std::string_view to,
                                             const Limits& limits);

}  // namespace turntable::inline v0::blob::detail
