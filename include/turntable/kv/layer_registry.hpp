#pragma once

/// \file
/// Layers by name, for `layers = ["retry?max_attempts=3", "metrics"]`.
/// Purpose: what is written once in a file or an option becomes a stack of layers.
/// Ownership: a table is an object that a registry holds. Threads: any.
/// Errors: invalid_config, naming the nearest known layer or setting.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/provider_config.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/kv/any_backend.hpp"

namespace turntable::inline v0::kv {

/// What is known of a layer.
///
/// Purpose: a row of `turntable help`. Ownership: owns its texts. Threads: a value. Errors: none.
struct LayerInfo {
    std::string name{};  ///< letters, digits and `_`
    std::string summary{};  ///< one line
    SettingsInfo settings{};
};

/// Where a layer is put.
///
/// Purpose: what a layer may want to know beside its settings. Ownership: shares the runtime.
/// Threads: a value. Errors: none.
struct LayerPlace {
    std::shared_ptr<Runtime> runtime;
    std::string backend;  ///< the name of the backend below, such as "sqlite"
    std::string url;  ///< of the store, secrets masked
};

/// Puts a layer around a backend.
using LayerFactory =
    std::function<Result<AnyBackend>(AnyBackend, const ProviderConfig&, const LayerPlace&)>;

/// One item of a list of layers, read: a layer and its settings.
///
/// Purpose: between the text and the layer. Ownership: owns its texts. Threads: a value.
/// Errors: none.
struct LayerItem {
    LayerInfo info;
    ProviderConfig config;
    LayerFactory factory;
    /// The item as it may be shown: values of secret settings are `***`.
    std::string masked;
};

/// The layers that a program can name.
///
/// Purpose: from `NAME?setting=value&...` to a layer, with the parser and the errors of a URL.
/// Ownership: owns its factories; stacks live on without it. Threads: any.
/// Errors: already_exists for a name that is taken; invalid_config as the file says.
class TURNTABLE_EXPORT LayerTable {
  public:
    LayerTable();
    LayerTable(const LayerTable&) = delete;
    LayerTable& operator=(const LayerTable&) = delete;
    ~LayerTable();

    Result<void> add(LayerInfo info, LayerFactory factory);
    /// All of them, by name.
    std::vector<LayerInfo> describe() const;
    /// Reads one item and checks its settings.
    Result<LayerItem> read(std::string_view item) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace turntable::inline v0::kv
