#include "turntable/kv/layers/logging.hpp"

#include "kv/layers/built_in.hpp"

namespace turntable::inline v0::kv::detail {

LoggingPolicy::LoggingPolicy(LoggingOptions options, std::shared_ptr<Runtime> runtime)
    : options_(std::move(options)), runtime_(std::move(runtime)) {
    if (options_.backend.empty()) {
        options_.backend = "kv";
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
        {"operation", to_string(record.kind)},
        {"backend", std::string_view(options_.backend)},
        {"duration_us", std::int64_t{micros}},
        {"outcome",
         error == nullptr ? std::string_view("ok") : turntable::to_string(error->code())},
        {"bytes_in", static_cast<std::int64_t>(record.bytes_in)},
        {"bytes_out", static_cast<std::int64_t>(bytes_out)},
        {"trace", static_cast<std::int64_t>(record.trace)},
    };
    runtime_->log(problem ? LogLevel::warning : options_.level, "kv",
                  error != nullptr ? "call failed"
                  : slow           ? "slow call"
                                   : "call",
                  fields);
}

BuiltInLayer logging_layer() {
    using std::chrono::milliseconds;
    static const SettingsDescription<LoggingOptions> settings =
        SettingsDescription<LoggingOptions>("logging", "Tells the log sink about each call.")
            .field("level", &LoggingOptions::level, "Of calls that went well; others are warnings.")
            .choices({{"debug", LogLevel::debug},
                      {"info", LogLevel::info},
                      {"warning", LogLevel::warning},
                      {"error", LogLevel::error}})
            .field("slow", &LoggingOptions::slow,
                   "Calls that took at least this long are warnings; 0: none are.")
            .range(milliseconds(0), milliseconds(24 * 3'600'000))
            .field("only_problems", &LoggingOptions::only_problems,
                   "Tell errors and slow calls only.")
            .field("backend", &LoggingOptions::backend,
                   "The field backend; by default the URL, secrets masked.");
    return built_in_layer(
        settings, [](AnyBackend inner, LoggingOptions options, const LayerPlace& place) {
            if (options.backend.empty()) {
                options.backend = place.url;
            }
            return AnyBackend(
                LoggingLayer<AnyBackend>(std::move(inner), std::move(options), place.runtime));
        });
}

}  // namespace turntable::inline v0::kv::detail
