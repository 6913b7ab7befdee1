#include "turntable/kv/layers/throttle.hpp"

#include <algorithm>
#include <string>

#include "kv/layers/built_in.hpp"

namespace turntable::inline v0::kv::detail {

ThrottleGauge::ThrottleGauge(const ThrottleOptions& options, Instant now)
    : max_wait_(options.max_wait),
      operations_(options.operations, std::max(options.operations_burst, 1.0), now),
      bytes_(static_cast<double>(options.bytes.bytes),
             static_cast<double>(options.bytes_burst.bytes), now) {}

Result<Instant> ThrottleGauge::admit(std::size_t bytes, Instant now) {
    const std::scoped_lock guard(mutex_);
    const Instant when =
        std::max(operations_.take(1, now), bytes_.take(static_cast<double>(bytes), now));
    if (when - now > max_wait_) {
        operations_.give_back(1);
        bytes_.give_back(static_cast<double>(bytes));
        return Error(ErrorCode::busy,
                     "the layer throttle would hold this call back for more than " +
                         std::to_string(max_wait_.count()) + " ms");
    }
    return when;
}

void ThrottleGauge::charge(std::size_t bytes, Instant now) {
    if (bytes > 0) {
        const std::scoped_lock guard(mutex_);
        bytes_.take(static_cast<double>(bytes), now);
    }
}

BuiltInLayer throttle_layer() {
    static const SettingsDescription<ThrottleOptions> settings =
        SettingsDescription<ThrottleOptions>("throttle",
                                             "Lets only so many calls and bytes through a second.")
            .field("operations", &ThrottleOptions::operations, "Calls a second; 0: no limit.")
            .range(0, 1e12)
            .field("operations_burst", &ThrottleOptions::operations_burst,
                   "Calls that may come at once after a pause.")
            .range(1, 1e12)
            .field("bytes", &ThrottleOptions::bytes,
                   "Bytes of keys and values a second, both ways; 0: no limit.")
            .field("bytes_burst", &ThrottleOptions::bytes_burst,
                   "Bytes that may come at once after a pause.")
            .field("max_wait", &ThrottleOptions::max_wait,
                   "A call that would wait longer is refused with busy.")
            .range(std::chrono::milliseconds(0), std::chrono::milliseconds(24 * 3'600'000));
    return built_in_layer(
        settings, [](AnyBackend inner, ThrottleOptions options, const LayerPlace& place) {
            return AnyBackend(ThrottleLayer<AnyBackend>(std::move(inner), options, place.runtime));
        });
}

}  // namespace turntable::inline v0::kv::detail
