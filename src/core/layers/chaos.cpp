#include "turntable/core/layers/chaos.hpp"

#include <string>

namespace turntable::inline v0::detail {

ChaosDice::ChaosDice(std::uint64_t seed, Runtime& runtime)
    : random_(Random::seeded(seed != 0 ? seed : runtime.random().next())) {}

bool ChaosDice::happens(double probability) {
    constexpr double two_to_53 = 9007199254740992.0;
    return probability > 0 && static_cast<double>(random_->next() >> 11U) / two_to_53 < probability;
}

ChaosDice::Decision ChaosDice::decide(const ChaosOdds& odds, double delays,
                                      std::chrono::milliseconds max_delay) {
    Decision out;
    out.fails = happens(odds.error);
    out.loses_reply = happens(odds.lost_reply);
    if (happens(delays)) {
        const auto most = static_cast<std::uint64_t>(max_delay.count());
        out.delay = std::chrono::milliseconds(random_->between(0, most));
    }
    return out;
}

Error chaos_error(std::string_view operation) {
    return Error(ErrorCode::busy, "the layer chaos refused this call").during(operation);
}

Error lost_reply(std::string_view operation) {
    return Error(ErrorCode::commit_unknown, "the layer chaos lost the reply of this write")
        .during(operation);
}

Error torn_off(std::string_view operation) {
    return Error(ErrorCode::io, "the layer chaos broke this " + std::string(operation) + " off")
        .during(operation)
        .with_retry(Retry::temporary);
}

}  // namespace turntable::inline v0::detail
