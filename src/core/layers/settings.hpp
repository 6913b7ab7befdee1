#pragma once

#include <chrono>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/layers/concurrency.hpp"
#include "turntable/core/layers/logging.hpp"
#include "turntable/core/layers/metrics.hpp"
#include "turntable/core/layers/retry.hpp"
#include "turntable/core/layers/table.hpp"
#include "turntable/core/layers/throttle.hpp"
#include "turntable/core/layers/timeout.hpp"
#include "turntable/core/settings.hpp"

/// \file
/// The settings of layers that all surfaces have, and how a surface makes layers of them.
namespace turntable::inline v0::detail {

/// Of a layer that has none.
struct NoSettings {};

TURNTABLE_EXPORT const SettingsDescription<NoSettings>& read_only_settings();
TURNTABLE_EXPORT const SettingsDescription<ConcurrencyOptions>& concurrency_settings();
TURNTABLE_EXPORT const SettingsDescription<LoggingOptions>& logging_settings();
TURNTABLE_EXPORT const SettingsDescription<MetricsOptions>& metrics_settings();
TURNTABLE_EXPORT const SettingsDescription<RetryOptions>& retry_settings();
TURNTABLE_EXPORT const SettingsDescription<ThrottleOptions>& throttle_settings();
TURNTABLE_EXPORT const SettingsDescription<TimeoutOptions>& timeout_settings();

/// One layer of this library, ready to be added to a table.
template <class Any>
struct BuiltInLayer {
    LayerInfo info;
    LayerFactory<Any> factory;
};

/// `make` takes the inner backend, the typed settings and the place. The settings live on.
template <class Any, class S, class Make>
BuiltInLayer<Any> built_in_layer(const SettingsDescription<S>& settings, Make make) {
    LayerInfo info{settings.info().name, settings.info().help, settings.info()};
    return {std::move(info),
            [&settings, make](Any inner, const ProviderConfig& config,
                              const LayerPlace& place) -> Result<Any> {
                TURNTABLE_TRY(S typed, settings.from_config(config));
                return make(std::move(inner), std::move(typed), place);
            }};
}

/// The layers that all surfaces have. `maker(inner, options, runtime)` puts the layer that takes
/// such options around `inner`, and the one that refuses writes for NoSettings.
template <class Any, class Maker>
std::vector<BuiltInLayer<Any>> shared_layers(Maker maker) {
    const auto make = [maker](Any inner, const auto& options, const LayerPlace& place) {
        return maker(std::move(inner), options, place.runtime);
    };
    std::vector<BuiltInLayer<Any>> out;
    out.push_back(built_in_layer<Any>(concurrency_settings(), make));
    out.push_back(built_in_layer<Any>(
        logging_settings(), [make](Any inner, LoggingOptions options, const LayerPlace& place) {
            if (options.backend.empty()) {
                options.backend = place.url;
            }
            return make(std::move(inner), options, place);
        }));
    out.push_back(built_in_layer<Any>(
        metrics_settings(), [make](Any inner, MetricsOptions options, const LayerPlace& place) {
            if (options.backend.empty()) {
                options.backend = place.backend;
            }
            return make(std::move(inner), options, place);
        }));
    out.push_back(built_in_layer<Any>(read_only_settings(), make));
    out.push_back(built_in_layer<Any>(retry_settings(), make));
    out.push_back(built_in_layer<Any>(throttle_settings(), make));
    out.push_back(built_in_layer<Any>(timeout_settings(), make));
    return out;
}

/// The settings that chaos has on every surface; calls of one surface alone may follow.
template <class Options>
SettingsDescription<Options> chaos_settings() {
    using std::chrono::milliseconds;
    return SettingsDescription<Options>("chaos", "Breaks what can break, at random and repeatably.")
        .field("seed", &Options::seed,
               "The same seed gives the same decisions; 0: another row each time.")
        .field("read_errors", &Options::read_errors, "Probability that a read fails with busy.")
        .range(0, 1)
        .field("write_errors", &Options::write_errors,
               "Probability that a write fails with busy and does nothing.")
        .range(0, 1)
        .field("lost_replies", &Options::lost_replies,
               "Probability that a write is made and its caller told commit_unknown.")
        .range(0, 1)
        .field("torn_streams", &Options::torn_streams,
               "Probability that a step of a watch or stream fails and ends it.")
        .range(0, 1)
        .field("delays", &Options::delays, "Probability that a call is made later.")
        .range(0, 1)
        .field("max_delay", &Options::max_delay, "Longest delay of a call.")
        .range(milliseconds(0), milliseconds(3'600'000));
}

}  // namespace turntable::inline v0::detail
