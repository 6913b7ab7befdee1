#pragma once

/// \file
/// Layers by name, for `layers = ["retry?max_attempts=3", "metrics"]`.
/// Purpose: what is written once in a file or an option becomes a stack of layers, on every surface
/// in the same way. Ownership: a table is an object that a registry holds. Threads: any.
/// Errors: invalid_config, naming the nearest known layer or setting.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/provider_config.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable::inline v0 {

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

/// Puts a layer around a backend; `Any` is the type that holds any backend of a surface.
template <class Any>
using LayerFactory = std::function<Result<Any>(Any, const ProviderConfig&, const LayerPlace&)>;

/// One item of a list of layers, read: a layer and its settings.
///
/// Purpose: between the text and the layer. Ownership: owns its texts. Threads: a value.
/// Errors: none.
template <class Any>
struct LayerItem {
    LayerInfo info;
    ProviderConfig config;
    LayerFactory<Any> factory;
    /// The item as it may be shown: values of secret settings are `***`.
    std::string masked;
};

namespace detail {

/// The part of LayerTable that does not depend on the surface.
class TURNTABLE_EXPORT LayerTableCore {
  public:
    struct Item {
        LayerInfo info;
        ProviderConfig config;
        std::shared_ptr<const void> factory;
        std::string masked;
    };

    LayerTableCore();
    LayerTableCore(const LayerTableCore&) = delete;
    LayerTableCore& operator=(const LayerTableCore&) = delete;
    ~LayerTableCore();

    /// A null factory is an error.
    Result<void> add(LayerInfo info, std::shared_ptr<const void> factory);
    std::vector<LayerInfo> describe() const;
    Result<Item> read(std::string_view item) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace detail

/// The layers that a program can name.
///
/// Purpose: from `NAME?setting=value&...` to a layer, with the parser and the errors of a URL.
/// Ownership: owns its factories; stacks live on without it. Threads: any.
/// Errors: already_exists for a name that is taken; invalid_config as the file says.
template <class Any>
class LayerTable {
  public:
    Result<void> add(LayerInfo info, LayerFactory<Any> factory) {
        return core_.add(
            std::move(info),
            factory ? std::make_shared<const LayerFactory<Any>>(std::move(factory)) : nullptr);
    }
    /// All of them, by name.
    std::vector<LayerInfo> describe() const { return core_.describe(); }
    /// Reads one item and checks its settings.
    Result<LayerItem<Any>> read(std::string_view item) const {
        TURNTABLE_TRY(detail::LayerTableCore::Item found, core_.read(item));
        return LayerItem<Any>{std::move(found.info), std::move(found.config),
                              *static_cast<const LayerFactory<Any>*>(found.factory.get()),
                              std::move(found.masked)};
    }
    /// Reads a list, in its order.
    Result<std::vector<LayerItem<Any>>> read_all(std::span<const std::string> items) const {
        std::vector<LayerItem<Any>> out;
        for (const std::string& item : items) {
            TURNTABLE_TRY(LayerItem<Any> one, read(item));
            out.push_back(std::move(one));
        }
        return out;
    }

  private:
    detail::LayerTableCore core_;
};

/// Puts layers around a backend, from the inside out: the last one named is put on first. The only
/// place where layers are stacked by name. Read all of them before there is a backend, so that a
/// slip opens nothing.
template <class Any>
Result<Any> stacked(Any backend, std::span<const LayerItem<Any>> layers, const LayerPlace& place) {
    for (std::size_t i = layers.size(); i > 0; --i) {
        const LayerItem<Any>& item = layers[i - 1];
        TURNTABLE_TRY(backend, item.factory(std::move(backend), item.config, place));
    }
    return backend;
}

}  // namespace turntable::inline v0
