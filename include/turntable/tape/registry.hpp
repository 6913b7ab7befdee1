#pragma once

/// \file
/// From a URL to an open tape::Library.
/// Purpose: where tapes lie is chosen at run time, among the providers that the program registered.
/// Ownership: a registry is an object that the program holds. Threads: any.
/// Errors: see core/registry.hpp.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/blob/registry.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/layers/table.hpp"
#include "turntable/core/provider_config.hpp"
#include "turntable/core/registry.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/tape/any_provider.hpp"
#include "turntable/tape/facts.hpp"
#include "turntable/tape/library.hpp"

namespace turntable::inline v0::tape {

/// What a caller passes along beside the URL.
///
/// Purpose: the runtime, who understands the frames, and the layers. Ownership: shares the runtime.
/// Threads: a value. Errors: none.
struct OpenOptions {
    /// Null: Runtime::shared(). A factory is always given one.
    std::shared_ptr<Runtime> runtime = nullptr;
    /// Derives calls from frames, such as mcp::facts(); without it nothing is known of calls.
    AnalyzerFactory analyzer = nullptr;
    /// See LibraryOptions.
    std::chrono::milliseconds metadata_ttl{0};
    /// Layers to put around the provider, outermost first, such as "retry?max_attempts=3"; none:
    /// those of the configuration.
    std::vector<std::string> layers = {};
};

using LayerInfo = turntable::LayerInfo;
using LayerPlace = turntable::LayerPlace;
using LayerFactory = turntable::LayerFactory<AnyProvider>;
using LayerItem = turntable::LayerItem<AnyProvider>;
using LayerTable = turntable::LayerTable<AnyProvider>;

/// Makes a provider from its settings: checks them and touches nothing more than it must.
using ProviderFactory =
    std::function<Result<AnyProvider>(const ProviderConfig&, const OpenOptions&)>;

/// The providers that a program can open.
///
/// Purpose: `tape::Registry registry; register_stock(registry, blobs, indexes);
/// auto tapes = registry.open("tape:/srv/tapes");`. A class of the program's own that models
/// tape::Provider works by `add` alone. BackendInfo::name is the provider_name, and
/// BackendInfo::settings its config_schema. Opening is the only place where a provider is wrapped:
/// in the layers of the options, or else of the configuration, the last named innermost.
/// Ownership: owns its factories; libraries live on without it.
/// Threads: all functions may be called from any thread. Errors: see turntable::Registry;
/// `invalid_config` for a layer or a setting of one that nobody knows.
class TURNTABLE_EXPORT Registry : public turntable::Registry<Library, OpenOptions> {
  public:
    Registry();

    /// With the layers of this library registered, no provider, and the default URL from
    /// TURNTABLE_TAPE. The environment is read now, and never again.
    static Registry from_environment(
        const EnvironmentLookup& lookup = lookup_in(process_environment()));

    /// Adds a provider; see turntable::Registry::add.
    Result<void> add(BackendInfo info, ProviderFactory factory);
    /// Adds a layer that can be named from now on.
    Result<void> add_layer(LayerInfo info, LayerFactory factory);
    /// All layers, by name.
    std::vector<LayerInfo> layers() const;
    /// Reads one item of a list of layers, such as "retry?max_attempts=3", and checks it.
    Result<LayerItem> read_layer(std::string_view item) const;

  private:
    std::shared_ptr<LayerTable> layer_table_;  // shared with what opens libraries
};

/// Adds the layers of turntable/tape/layers.hpp: see docs/layers/README.md.
TURNTABLE_EXPORT Result<void> register_layers(Registry& registry);

/// Serves `memory:` (in memory, private), `tape:DIR` (files in a folder and an index beside them)
/// and `tape+pair:?blobs=URL&index=URL` (any store of blobs with any kv database). `blobs` and
/// `indexes` open these, and are shared by the factories.
TURNTABLE_EXPORT Result<void> register_stock(Registry& registry,
                                             std::shared_ptr<const blob::Registry> blobs,
                                             std::shared_ptr<const kv::Registry> indexes);

}  // namespace turntable::inline v0::tape
