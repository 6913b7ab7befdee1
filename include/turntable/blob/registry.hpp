#pragma once

/// \file
/// From a URL to an open blob::Store.
/// Purpose: the engine is chosen at run time, among those that the program registered.
/// Ownership: a registry is an object that the program holds. Threads: any.
/// Errors: see core/registry.hpp.

#include <functional>
#include <memory>
#include <string_view>

#include "turntable/blob/store.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/provider_config.hpp"
#include "turntable/core/registry.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::blob {

/// What a caller passes along beside the URL.
///
/// Purpose: the runtime. Ownership: shares it. Threads: a value. Errors: none.
struct OpenOptions {
    /// Null: Runtime::shared(). A factory is always given one.
    std::shared_ptr<Runtime> runtime = nullptr;
};

/// Makes a backend from its settings: checks them and touches nothing more than it must.
using BackendFactory = std::function<Result<AnyBackend>(const ProviderConfig&, const OpenOptions&)>;

/// The engines of blobs that a program can open.
///
/// Purpose: `blob::Registry registry; register_memory(registry); register_fs(registry);
/// auto store = registry.open("fs:/srv/files");`.
/// Ownership: owns its factories; stores live on without it.
/// Threads: all functions may be called from any thread. Errors: see turntable::Registry.
class TURNTABLE_EXPORT Registry : public turntable::Registry<Store, OpenOptions> {
  public:
    /// With `memory:` registered, and the default URL from TURNTABLE_BLOB. The environment is read
    /// now, and never again.
    static Registry from_environment(
        const EnvironmentLookup& lookup = lookup_in(process_environment()));

    /// Adds an engine; see turntable::Registry::add.
    Result<void> add(BackendInfo info, BackendFactory factory);
};

/// Serves `memory:` (private to each opening) and `memory:NAME` (shared by name within the
/// process).
TURNTABLE_EXPORT Result<void> register_memory(Registry& registry);

}  // namespace turntable::inline v0::blob
