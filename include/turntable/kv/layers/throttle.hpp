#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

#include "turntable/core/settings_info.hpp"
#include "turntable/core/token_bucket.hpp"
#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

/// How much a ThrottleLayer lets through a second; zero: no limit.
///
/// Purpose: the settings of a ThrottleLayer. Ownership, threads: a value. Errors: none.
struct ThrottleOptions {
    double operations = 0;
    /// Operations that may come at once after a pause; at least one.
    double operations_burst = 100;
    /// Bytes of keys and values, in requests and answers.
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

class ThrottlePolicy : public LoopPolicy {
  public:
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
                gauge->charge(result_bytes(result), host->runtime().clock().steady_now());
            });
        }
    }

  private:
    std::shared_ptr<ThrottleGauge> gauge_;
};

}  // namespace detail

/// Lets only so many calls and bytes through a second.
///
/// Purpose: to leave room for others on a shared store or line. A call that comes too early waits,
/// first come, first served, without holding a thread; the bytes of an answer are known only
/// afterwards and are paid for by the calls that follow.
/// Ownership: owns the inner backend; shares the runtime. Calls that wait end with `closed` when
/// the layer is closed or destroyed. Threads: as the inner backend.
/// Errors: those of the inner backend; busy for a call that would wait longer than max_wait.
template <Backend Inner>
class ThrottleLayer : public detail::PolicyLayer<detail::ThrottlePolicy, Inner> {
  public:
    explicit ThrottleLayer(Inner inner, const ThrottleOptions& options = {},
                           std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<detail::ThrottlePolicy, Inner>(
              std::move(inner),
              std::make_shared<detail::ThrottlePolicy>(options, std::move(runtime))) {}
};

}  // namespace turntable::inline v0::kv
