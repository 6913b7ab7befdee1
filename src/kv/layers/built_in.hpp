#pragma once

#include <utility>

#include "turntable/core/settings.hpp"
#include "turntable/kv/layer_registry.hpp"

namespace turntable::inline v0::kv::detail {

/// One layer of this library, ready to be added to a table.
struct BuiltInLayer {
    LayerInfo info;
    LayerFactory factory;
};

/// Of a layer that has none.
struct NoSettings {};

/// `make` takes the inner backend, the typed settings and the place.
template <class S, class Make>
BuiltInLayer built_in_layer(const SettingsDescription<S>& settings, Make make) {
    LayerInfo info{settings.info().name, settings.info().help, settings.info()};
    return {std::move(info),
            [&settings, make](AnyBackend inner, const ProviderConfig& config,
                              const LayerPlace& place) -> Result<AnyBackend> {
                TURNTABLE_TRY(S typed, settings.from_config(config));
                return make(std::move(inner), std::move(typed), place);
            }};
}

BuiltInLayer cache_layer();
BuiltInLayer chaos_layer();
BuiltInLayer check_layer();
BuiltInLayer concurrency_layer();
BuiltInLayer logging_layer();
BuiltInLayer metrics_layer();
BuiltInLayer prefix_layer();
BuiltInLayer read_only_layer();
BuiltInLayer retry_layer();
BuiltInLayer throttle_layer();
BuiltInLayer timeout_layer();

}  // namespace turntable::inline v0::kv::detail
