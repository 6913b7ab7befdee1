#include "turntable/tape/layers.hpp"

#include <memory>
#include <utility>

#include "core/layers/settings.hpp"
#include "turntable/tape/registry.hpp"

namespace turntable::inline v0::tape {

namespace {

/// Which layer takes which settings.
struct LayerMaker {
    using Inner = AnyProvider;
    using Shared = std::shared_ptr<Runtime>;

    Inner operator()(Inner inner, const turntable::detail::NoSettings&, const Shared&) const {
        return ReadOnlyLayer<Inner>(std::move(inner));
    }
    Inner operator()(Inner inner, const ConcurrencyOptions& options, Shared runtime) const {
        return ConcurrencyLayer<Inner>(std::move(inner), options, std::move(runtime));
    }
    Inner operator()(Inner inner, const LoggingOptions& options, Shared runtime) const {
        return LoggingLayer<Inner>(std::move(inner), options, std::move(runtime));
    }
    Inner operator()(Inner inner, const MetricsOptions& options, Shared runtime) const {
        return MetricsLayer<Inner>(std::move(inner), options, std::move(runtime));
    }
    Inner operator()(Inner inner, const RetryOptions& options, Shared runtime) const {
        return RetryLayer<Inner>(std::move(inner), options, std::move(runtime));
    }
    Inner operator()(Inner inner, const ThrottleOptions& options, Shared runtime) const {
        return ThrottleLayer<Inner>(std::move(inner), options, std::move(runtime));
    }
    Inner operator()(Inner inner, const TimeoutOptions& options, Shared runtime) const {
        return TimeoutLayer<Inner>(std::move(inner), options, std::move(runtime));
    }
};

turntable::detail::BuiltInLayer<AnyProvider> chaos_layer() {
    static const SettingsDescription<ChaosOptions> settings =
        turntable::detail::chaos_settings<ChaosOptions>();
    return turntable::detail::built_in_layer<AnyProvider>(
        settings, [](AnyProvider inner, const ChaosOptions& options, const LayerPlace& place) {
            return AnyProvider(ChaosLayer<AnyProvider>(std::move(inner), options, place.runtime));
        });
}

}  // namespace

Result<void> register_layers(Registry& registry) {
    auto layers = turntable::detail::shared_layers<AnyProvider>(LayerMaker{});
    layers.push_back(chaos_layer());
    for (auto& layer : layers) {
        TURNTABLE_CHECK(registry.add_layer(std::move(layer.info), std::move(layer.factory)));
    }
    return {};
}

}  // namespace turntable::inline v0::tape
