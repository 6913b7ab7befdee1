#include "turntable/core/layers/metrics.hpp"

namespace turntable::inline v0::detail {

namespace {

/// Such as "turntable_kv_in_flight".
std::string series_name(const CallNames& names, std::string_view what) {
    return "turntable_" + std::string(names.surface) + "_" + std::string(what);
}

}  // namespace

MetricsPolicy::MetricsPolicy(const CallNames& names, const MetricsOptions& options,
                             std::shared_ptr<Runtime> runtime)
    : runtime_(std::move(runtime)),
      registry_(runtime_->metrics()),
      clock_(&runtime_->clock()),
      names_(names),
      backend_(options.backend.empty() ? std::string(names.surface) : options.backend) {
    for (std::size_t i = 0; i < names.calls.size(); ++i) {
        const MetricLabels labels = {{"backend", backend_},
                                     {"operation", std::string(names.calls[i])}};
        Series& series = series_[i];
        series.operations = &registry_->counter(series_name(names, "operations_total"),
                                                "Calls that ended, well or not.", labels);
        series.bytes_in = &registry_->counter(series_name(names, "request_bytes_total"),
                                              "Bytes that requests carried.", labels);
        series.bytes_out = &registry_->counter(series_name(names, "answer_bytes_total"),
                                               "Bytes that answers carried.", labels);
        series.in_flight = &registry_->gauge(series_name(names, "in_flight"),
                                             "Calls that have not ended yet.", labels);
        series.seconds = &registry_->histogram(series_name(names, "duration_seconds"),
                                               "How long calls took.", labels);
    }
}

void MetricsPolicy::count_error(std::size_t kind, const Error& error) {
    registry_
        ->counter(series_name(names_, "errors_total"), "Calls that ended with an error.",
                  {{"backend", backend_},
                   {"operation", std::string(names_.calls[kind])},
                   {"code", std::string(turntable::to_string(error.code()))}})
        .add();
}

}  // namespace turntable::inline v0::detail
