#include "turntable/kv/layers/metrics.hpp"

#include "kv/layers/built_in.hpp"

namespace turntable::inline v0::kv {

namespace detail {

MetricsPolicy::MetricsPolicy(const MetricsOptions& options, std::shared_ptr<Runtime> runtime)
    : runtime_(std::move(runtime)),
      registry_(runtime_->metrics()),
      clock_(&runtime_->clock()),
      backend_(options.backend.empty() ? "kv" : options.backend) {
    for (std::size_t i = 0; i < call_kind_count; ++i) {
        const MetricLabels labels = {
            {"backend", backend_}, {"operation", std::string(to_string(static_cast<CallKind>(i)))}};
        Series& series = series_[i];
        series.operations = &registry_->counter("turntable_kv_operations_total",
                                                "Calls that ended, well or not.", labels);
        series.bytes_in = &registry_->counter("turntable_kv_request_bytes_total",
                                              "Bytes of keys and values in requests.", labels);
        series.bytes_out = &registry_->counter("turntable_kv_answer_bytes_total",
                                               "Bytes of keys and values in answers.", labels);
        series.in_flight =
            &registry_->gauge("turntable_kv_in_flight", "Calls that have not ended yet.", labels);
        series.seconds =
            &registry_->histogram("turntable_kv_duration_seconds", "How long calls took.", labels);
    }
}

void MetricsPolicy::count_error(CallKind kind, const Error& error) {
    registry_
        ->counter("turntable_kv_errors_total", "Calls that ended with an error.",
                  {{"backend", backend_},
                   {"operation", std::string(to_string(kind))},
                   {"code", std::string(turntable::to_string(error.code()))}})
        .add();
}

BuiltInLayer metrics_layer() {
    static const SettingsDescription<MetricsOptions> settings =
        SettingsDescription<MetricsOptions>(
            "metrics", "Counts calls, errors, bytes, latencies and what is in flight.")
            .field("backend", &MetricsOptions::backend,
                   "Value of the label backend; by default the name of the backend.");
    return built_in_layer(
        settings, [](AnyBackend inner, MetricsOptions options, const LayerPlace& place) {
            if (options.backend.empty()) {
                options.backend = place.backend;
            }
            return AnyBackend(MetricsLayer<AnyBackend>(std::move(inner), options, place.runtime));
        });
}

}  // namespace detail

}  // namespace turntable::inline v0::kv
