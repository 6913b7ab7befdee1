#pragma once

/// \file
/// So many calls and bytes a second.
/// Purpose: what the layer `throttle` of every surface does. Ownership: values.
/// Threads: any. Errors: busy for a call that would wait too long.

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "turntable/core/layers/loop.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/core/tap.hpp"
#include "turntable/core/token_bucket.hpp"

namespace turntable::inline v0 {

/// How much a layer `throttle` lets through a second; zero: no limit.
///
/// Purpose: the settings of a layer `throttle`. Ownership, threads: a value. Errors: none.
struct ThrottleOptions {
    double operations = 0;
    /// Operations that may come at once after a pause; at least one.
    double operations_burst = 100;
    /// Bytes that requests and answers carry.
    ByteSize bytes{0};
    ByteSize bytes_burst{std::uint64_t{1} << 20U};
    /// A call that would have to wait longer is refused with `busy`.
    std::chrono::milliseconds max_wait{30'000};
};

namespace detail {

/// Both limits of a throttle.
class TURNTABLE_EXPORT ThrottleGauge {
  public:
    ThrottleGauge(const ThrottleOptions& options, Instant now);
    /// When a call of this many bytes may be made.
    Result<Instant> admit(std::size_t bytes, Instant now);
    /// Bytes of an answer: what comes later pays for them.
    void charge(std::size_t bytes, Instant now);

  private:
    std::chrono::milliseconds max_wait_;
    std::mutex mutex_;
    TokenBucket operations_;
    TokenBucket bytes_;
};

/// Holds calls back until there is a token for them.
class ThrottlePolicy : public LoopPolicy {
  public:
    static constexpr bool bounds_steps = true;

    ThrottlePolicy(const ThrottleOptions& options, std::shared_ptr<Runtime> runtime)
        : LoopPolicy(std::move(runtime)),
          gauge_(std::make_shared<ThrottleGauge>(options, host()->runtime().clock().steady_now())) {
    }

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        using T = typename Call::Answer;
        if constexpr (Call::effect == CallEffect::none) {
            return call.make(target, context);
        } else {
            const Instant now = host()->runtime().clock().steady_now();
            Result<Instant> when = gauge_->admit(call.size_bytes(), now);
            if (!when) {
                return std::move(when).error().during(to_string(Call::kind));
            }
            auto answer = *when <= now
                              ? call.make(target, context)
                              : call_at<T>(host(), context, *when, repeat_of(host(), target, call));
            return tap(std::move(answer), [gauge = gauge_, host = host()](Result<T>& result) {
                gauge->charge(result_bytes<Call>(result), host->runtime().clock().steady_now());
            });
        }
    }

  private:
    std::shared_ptr<ThrottleGauge> gauge_;
};

}  // namespace detail

}  // namespace turntable::inline v0
