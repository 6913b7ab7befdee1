#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

/// What a ChaosLayer does, each as a probability from 0 to 1.
///
/// Purpose: the settings of a ChaosLayer. Ownership, threads: a value. Errors: none.
struct ChaosOptions {
    /// The same seed gives the same row of decisions; zero: from the runtime's randomness.
    std::uint64_t seed = 0;
    /// Reads, writes and calls of the queue that fail with `busy` (temporary) and do nothing.
    double read_errors = 0;
    double write_errors = 0;
    double queue_errors = 0;
    /// Writes that are made, and whose caller is told `commit_unknown`.
    double lost_replies = 0;
    /// Steps of a watch that fail with `io` (temporary) and end it.
    double torn_streams = 0;
    /// Calls that are made later, by a random time up to `max_delay`.
    double delays = 0;
    std::chrono::milliseconds max_delay{0};
};

namespace detail {

/// The decisions of a chaos layer.
class TURNTABLE_EXPORT ChaosDice {
  public:
    ChaosDice(const ChaosOptions& options, Runtime& runtime);

    struct Decision {
        bool fails = false;
        bool loses_reply = false;
        std::optional<std::chrono::milliseconds> delay = {};
    };
    Decision decide(CallKind kind, CallEffect effect);
    bool tears_stream();

  private:
    bool happens(double probability);

    ChaosOptions options_;
    std::shared_ptr<Random> random_;
};

TURNTABLE_EXPORT Error chaos_error(CallKind kind);
TURNTABLE_EXPORT Error lost_reply(CallKind kind);
TURNTABLE_EXPORT Stream<WatchOutput> torn_watch(Stream<WatchOutput> stream,
                                                std::shared_ptr<ChaosDice> dice);
class ChaosPolicy : public LoopPolicy {
  public:
    ChaosPolicy(const ChaosOptions& options, std::shared_ptr<Runtime> runtime)
        : LoopPolicy(std::move(runtime)),
          dice_(std::make_shared<ChaosDice>(options, host()->runtime())) {}

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        using T = typename Call::Answer;
        if constexpr (Call::effect == CallEffect::none) {
            return call.make(target, context);
        } else {
            const ChaosDice::Decision decision = dice_->decide(Call::kind, Call::effect);
            if (decision.fails) {
                return chaos_error(Call::kind);
            }
            auto answer = decision.delay ? delayed<T>(target, context, call, *decision.delay)
                                         : call.make(target, context);
            if (!decision.loses_reply) {
                return answer;
            }
            return tap(std::move(answer), [](Result<T>& result) {
                if (result) {
                    result = lost_reply(Call::kind);
                }
            });
        }
    }
    template <class Target>
    Result<Stream<WatchOutput>> watch(Target& target, const Context& context,
                                      std::span<const WatchTarget> targets) {
        TURNTABLE_TRY(auto stream, target.watch(context, targets));
        return torn_watch(std::move(stream), dice_);
    }

  private:
    template <class T, class Target, class Call>
    Async<T> delayed(Target& target, const Context& context, const Call& call,
                     std::chrono::milliseconds delay) {
        const Instant when = host()->runtime().clock().steady_now() + delay;
        return call_at<T>(host(), context, when, repeat_of(host(), target, call));
    }

    std::shared_ptr<ChaosDice> dice_;
};

}  // namespace detail

/// Breaks what can break, at random and repeatably.
///
/// Purpose: tests of whatever stands above: retries, clean-up, and code that believes that a write
/// which gave an error did not happen. Errors say that nothing was done, and nothing was; a lost
/// reply is a write that was made while its caller is told `commit_unknown`. health and close are
/// left alone.
/// Ownership: owns the inner backend; shares the runtime. Threads: as the inner backend.
/// Errors: those of the inner backend, busy, commit_unknown, io.
template <Backend Inner>
class ChaosLayer : public detail::PolicyLayer<detail::ChaosPolicy, Inner> {
  public:
    explicit ChaosLayer(Inner inner, const ChaosOptions& options = {},
                        std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<detail::ChaosPolicy, Inner>(
              std::move(inner),
              std::make_shared<detail::ChaosPolicy>(options, std::move(runtime))) {}
};

}  // namespace turntable::inline v0::kv
