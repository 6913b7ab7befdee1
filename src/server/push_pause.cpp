#include "server/push_pause.hpp"

#include <algorithm>

namespace turntable::inline v0::server {

std::optional<Instant> PushPause::not_before(Instant now) const noexcept {
    return pause_ && now < next_try_ ? std::optional(next_try_) : std::nullopt;
}

PushPause::Turn PushPause::begin(Instant now, std::chrono::milliseconds at_most) noexcept {
    if (!pause_) {
        return Turn::usual;
    }
    next_try_ = now + at_most + *pause_;
    return Turn::trial;
}

void PushPause::failed(Turn turn, Instant now) noexcept {
    if (pause_ && turn == Turn::usual) {
        return;
    }
    pause_ = pause_ ? std::min(*pause_ * 2, pause_max) : pause_min;
    next_try_ = now + *pause_;
}

}  // namespace turntable::inline v0::server
