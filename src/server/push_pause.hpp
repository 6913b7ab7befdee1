#pragma once

#include <chrono>
#include <optional>

#include "turntable/core/clock.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0::server {

/// When the next message may go to a receiver that cannot be reached.
///
/// Purpose: while nobody answers, one call at a time goes ahead, the trial; each one that fails
/// makes the pause twice as long. Calls that were under way when the first failed say nothing new.
/// Ownership: a value. Threads: none of its own; its owner has a mutex. Errors: none.
class TURNTABLE_EXPORT PushPause {
  public:
    static constexpr std::chrono::milliseconds pause_min{1'000};
    static constexpr std::chrono::milliseconds pause_max{30'000};

    /// Whether a call is the one that finds out. Given back to failed().
    enum class Turn : bool { usual, trial };

    /// Not before then; none: now.
    std::optional<Instant> not_before(Instant now) const noexcept;
    /// A call begins, which ends after `at_most`.
    Turn begin(Instant now, std::chrono::milliseconds at_most) noexcept;
    /// The receiver was there, whatever it said.
    void reached() noexcept { pause_.reset(); }
    /// It was not.
    void failed(Turn turn, Instant now) noexcept;

  private:
    /// None: it can be reached, as far as is known.
    std::optional<std::chrono::milliseconds> pause_;
    Instant next_try_{};
};

}  // namespace turntable::inline v0::server
