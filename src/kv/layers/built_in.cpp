#include "kv/layers/built_in.hpp"

#include <memory>
#include <utility>

#include "turntable/kv/layers/chaos.hpp"
#include "turntable/kv/layers/concurrency.hpp"
#include "turntable/kv/layers/logging.hpp"
#include "turntable/kv/layers/metrics.hpp"
#include "turntable/kv/layers/read_only.hpp"
#include "turntable/kv/layers/retry.hpp"
#include "turntable/kv/layers/throttle.hpp"
#include "turntable/kv/layers/timeout.hpp"
#include "turntable/kv/registry.hpp"

namespace turntable::inline v0::kv {

namespace detail {

namespace {

/// Which layer takes which settings.
struct LayerMaker {
    using Inner = AnyBackend;
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

}  // namespace

BuiltInLayer chaos_layer() {
    static const SettingsDescription<ChaosOptions> settings =
        turntable::detail::chaos_settings<ChaosOptions>()
            .field("queue_errors", &ChaosOptions::queue_errors,
                   "Probability that a call of the queue fails with busy.")
            .range(0, 1);
    return built_in_layer<AnyBackend>(
        settings, [](AnyBackend inner, const ChaosOptions& options, const LayerPlace& place) {
            return AnyBackend(ChaosLayer<AnyBackend>(std::move(inner), options, place.runtime));
        });
}

}  // namespace detail

Result<void> register_layers(Registry& registry) {
    auto layers = turntable::detail::shared_layers<AnyBackend>(detail::LayerMaker{});
    for (auto* make : {&detail::cache_layer, &detail::chaos_layer, &detail::check_layer,
                       &detail::prefix_layer}) {
        layers.push_back(make());
    }
    for (detail::BuiltInLayer& layer : layers) {
        TURNTABLE_CHECK(registry.add_layer(std::move(layer.info), std::move(layer.factory)));
    }
    return {};
}

}  // namespace turntable::inline v0::kv
