#pragma once

/// \file
/// Breaking calls at random and repeatably.
/// Purpose: the decisions of the layer `chaos` of every surface. Ownership: values.
/// Threads: as the backend. Errors: busy, commit_unknown, io.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "turntable/core/layers/loop.hpp"
#include "turntable/core/tap.hpp"

namespace turntable::inline v0::detail {

/// How likely a call is to fail, and to be made while its caller is told `commit_unknown`.
struct ChaosOdds {
    double error = 0;
    double lost_reply = 0;
};

/// Chance that repeats itself for one seed; zero: from the runtime's randomness.
class TURNTABLE_EXPORT ChaosDice {
  public:
    ChaosDice(std::uint64_t seed, Runtime& runtime);

    struct Decision {
        bool fails = false;
        bool loses_reply = false;
        std::optional<std::chrono::milliseconds> delay = {};
    };
    Decision decide(const ChaosOdds& odds, double delays, std::chrono::milliseconds max_delay);
    bool happens(double probability);

  private:
    std::shared_ptr<Random> random_;
};

TURNTABLE_EXPORT Error chaos_error(std::string_view operation);
TURNTABLE_EXPORT Error lost_reply(std::string_view operation);
TURNTABLE_EXPORT Error torn_off(std::string_view operation);

/// A stream that breaks off.
template <class Call>
class TornStream final : public StreamSource<typename Call::Item> {
  public:
    using Item = typename Call::Item;
    TornStream(Stream<Item> stream, std::shared_ptr<ChaosDice> dice, double probability)
        : stream_(std::move(stream)), dice_(std::move(dice)), probability_(probability) {}
    Async<std::optional<Item>> next(const Context& context) override {
        if (!stream_) {
            return std::optional<Item>();
        }
        if (dice_->happens(probability_)) {
            stream_.reset();
            return torn_off(to_string(Call::kind));
        }
        return stream_->next(context);
    }

  private:
    std::optional<Stream<Item>> stream_;
    std::shared_ptr<ChaosDice> dice_;
    double probability_;
};

/// `Options` have seed, torn_streams, delays and max_delay; beside the calls of the surface stands
/// `ChaosOdds chaos_odds(const Options&, const Call&)`.
template <class Options>
class ChaosPolicy : public LoopPolicy {
  public:
    ChaosPolicy(const Options& options, std::shared_ptr<Runtime> runtime)
        : LoopPolicy(std::move(runtime)),
          options_(options),
          dice_(std::make_shared<ChaosDice>(options.seed, host()->runtime())) {}

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        using T = typename Call::Answer;
        if constexpr (Call::effect == CallEffect::none) {
            return call.make(target, context);
        } else {
            const ChaosDice::Decision decision =
                dice_->decide(chaos_odds(options_, call), options_.delays, options_.max_delay);
            if (decision.fails) {
                return chaos_error(to_string(Call::kind));
            }
            auto answer = decision.delay ? delayed<T>(target, context, call, *decision.delay)
                                         : call.make(target, context);
            if (!decision.loses_reply) {
                return answer;
            }
            return tap(std::move(answer), [](Result<T>& result) {
                if (result) {
                    result = lost_reply(to_string(Call::kind));
                }
            });
        }
    }
    template <class Target, class Call>
    Result<Stream<typename Call::Item>> open(Target& target, const Context& context,
                                             const Call& call) {
        TURNTABLE_TRY(auto stream, call.open(target, context));
        return Stream<typename Call::Item>(
            std::make_unique<TornStream<Call>>(std::move(stream), dice_, options_.torn_streams));
    }

  private:
    template <class T, class Target, class Call>
    Async<T> delayed(Target& target, const Context& context, const Call& call,
                     std::chrono::milliseconds delay) {
        const Instant when = host()->runtime().clock().steady_now() + delay;
        return call_at<T>(host(), context, when, repeat_of(host(), target, call));
    }

    Options options_;
    std::shared_ptr<ChaosDice> dice_;
};

}  // namespace turntable::inline v0::detail
