#include "turntable/core/layers/logging.hpp"

namespace turntable::inline v0::detail {

LoggingPolicy::LoggingPolicy(const CallNames& names, LoggingOptions options,
                             std::shared_ptr<Runtime> runtime)
    : surface_(names.surface), options_(std::move(options)), runtime_(std::move(runtime)) {
    if (options_.backend.empty()) {
        options_.backend = std::string(names.surface);
    }
}

void LoggingPolicy::tell(const Record& record, const Error* error, std::size_t bytes_out) {
    const auto took = runtime_->clock().steady_now() - record.start;
    const bool slow = options_.slow.count() > 0 && took >= options_.slow;
    const bool problem = error != nullptr || slow;
    if (options_.only_problems && !problem) {
        return;
    }
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    // The message of an error may name a key, so a sink is given the code only.
    const LogField fields[] = {
        {"operation", record.operation},
        {"backend", std::string_view(options_.backend)},
        {"duration_us", std::int64_t{micros}},
        {"outcome",
         error == nullptr ? std::string_view("ok") : turntable::to_string(error->code())},
        {"bytes_in", static_cast<std::int64_t>(record.bytes_in)},
        {"bytes_out", static_cast<std::int64_t>(bytes_out)},
        {"trace", static_cast<std::int64_t>(record.trace)},
    };
    runtime_->log(problem ? LogLevel::warning : options_.level, surface_,
                  error != nullptr ? "call failed"
                  : slow           ? "slow call"
                                   : "call",
                  fields);
}

}  // namespace turntable::inline v0::detail
