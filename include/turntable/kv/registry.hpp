#pragma once

/// \file
/// From a URL to an open kv::Database.
/// Purpose: the engine is chosen at run time, among those that the program registered.
/// Ownership: a registry is an object that the program holds. Threads: any.
/// Errors: see core/registry.hpp.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/provider_config.hpp"
#include "turntable/core/registry.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/kv/layer_registry.hpp"

namespace turntable::inline v0::kv {

/// What a caller passes along beside the URL.
///
/// Purpose: the runtime and the layers. Ownership: shares the runtime. Threads: a value.
/// Errors: none.
struct OpenOptions {
    /// Null: Runtime::shared(). A factory is always given one.
    std::shared_ptr<Runtime> runtime = nullptr;
    /// Layers to put around the backend, outermost first, such as "retry?max_attempts=3"; none:
    /// those of the configuration.
    std::vector<std::string> layers = {};
};

/// Makes a backend from its settings: checks them and touches nothing more than it must.
using BackendFactory = std::function<Result<AnyBackend>(const ProviderConfig&, const OpenOptions&)>;

/// The engines that a program can open.
///
/// Purpose: `kv::Registry registry; register_memory(registry); register_sqlite(registry);
/// auto db = registry.open("sqlite:app.db");`. Opening is the only place where a backend is
/// wrapped, from the inside out: SerializedBackend, if it declares that it takes one call at a
/// time, then the layers of the options or else of the configuration, the last named innermost.
/// Ownership: owns its factories; databases live on without it.
/// Threads: all functions may be called from any thread.
/// Errors: see turntable::Registry; `invalid_config` for a layer or setting of one that nobody
/// knows, with the nearest that somebody does.
class TURNTABLE_EXPORT Registry : public turntable::Registry<Database, OpenOptions> {
  public:
    Registry();

    /// With `memory:` and the layers of this library registered, and the default URL from
    /// TURNTABLE_KV, then DENO_KV_PATH. The environment is read now, and never again.
    static Registry from_environment(
        const EnvironmentLookup& lookup = lookup_in(process_environment()));

    /// As turntable::Registry::open, and with the mounts of the configuration.
    Result<Database> open(std::string_view url, const OpenOptions& options = OpenOptions()) const;
    Result<Database> open(const ProviderConfig& config,
                          const OpenOptions& options = OpenOptions()) const;

    /// Adds an engine; see turntable::Registry::add.
    Result<void> add(BackendInfo info, BackendFactory factory);
    /// Adds a layer that can be named from now on.
    Result<void> add_layer(LayerInfo info, LayerFactory factory);
    /// All layers, by name.
    std::vector<LayerInfo> layers() const;
    /// Reads one item of a list of layers, such as "retry?max_attempts=3", and checks it.
    Result<LayerItem> read_layer(std::string_view item) const;

  private:
    Result<Database> open_at(Result<ProviderConfig> config, const OpenOptions& options,
                             unsigned depth) const;
    Result<Database> open_mounted(const ProviderConfig& config, const OpenOptions& options,
                                  unsigned depth) const;

    std::shared_ptr<LayerTable> layer_table_;  // shared with what opens databases
};

/// Adds the layers of this library: see docs/layers/README.md.
TURNTABLE_EXPORT Result<void> register_layers(Registry& registry);

/// What a backend can do, as names and texts to print: the facts of its BackendInfo.
TURNTABLE_EXPORT std::vector<std::pair<std::string, std::string>> capability_facts(
    const Capabilities& capabilities);

/// Serves `memory:` (private to each opening), `memory:NAME` (shared by name within the process)
/// and `:memory:`.
TURNTABLE_EXPORT Result<void> register_memory(Registry& registry);

/// The common pair of a local and a remote engine: the environment's default path, `memory:`,
/// SQLite by `register_sqlite` (it is an argument so that programs without SQLite do not link it)
/// for `sqlite:` and plain paths, KV Connect for `http:` and `https:` where that is built in.
TURNTABLE_EXPORT Result<Registry> remote_or_sqlite(
    Result<void> (*register_sqlite)(Registry&),
    const EnvironmentLookup& lookup = lookup_in(process_environment()));

/// Opens a URL, a plain path, `@name`, or with "" the default of the registry.
inline Result<Database> open(const Registry& registry, std::string_view url,
                             const OpenOptions& options = {}) {
    return registry.open(url, options);
}

/// Opens `url` where `@name` is what `stores` says: for named stores of a configuration file
/// without changing the registry.
TURNTABLE_EXPORT Result<Database> open(const Registry& registry, std::string_view url,
                                       const NamedStores& stores, const OpenOptions& options = {});

}  // namespace turntable::inline v0::kv
