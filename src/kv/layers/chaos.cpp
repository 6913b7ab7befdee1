#include "turntable/kv/layers/chaos.hpp"

#include "kv/layers/built_in.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

/// A watch that breaks off.
class TornWatch final : public StreamSource<WatchOutput> {
  public:
    TornWatch(Stream<WatchOutput> stream, std::shared_ptr<ChaosDice> dice)
        : stream_(std::move(stream)), dice_(std::move(dice)) {}
    Async<std::optional<WatchOutput>> next(const Context& context) override {
        if (!stream_) {
            return std::optional<WatchOutput>();
        }
        if (dice_->tears_stream()) {
            stream_.reset();
            return Error(ErrorCode::io, "the layer chaos broke this watch off")
                .during("watch")
                .with_retry(Retry::temporary);
        }
        return stream_->next(context);
    }

  private:
    std::optional<Stream<WatchOutput>> stream_;
    std::shared_ptr<ChaosDice> dice_;
};

bool of_queue(CallKind kind) {
    return kind == CallKind::queue_take || kind == CallKind::queue_finish ||
           kind == CallKind::queue_extend;
}

}  // namespace

ChaosDice::ChaosDice(const ChaosOptions& options, Runtime& runtime)
    : options_(options),
      random_(Random::seeded(options.seed != 0 ? options.seed : runtime.random().next())) {}

bool ChaosDice::happens(double probability) {
    constexpr double two_to_53 = 9007199254740992.0;
    return probability > 0 && static_cast<double>(random_->next() >> 11U) / two_to_53 < probability;
}

ChaosDice::Decision ChaosDice::decide(CallKind kind, CallEffect effect) {
    Decision out;
    const double errors = of_queue(kind)                ? options_.queue_errors
                          : effect == CallEffect::reads ? options_.read_errors
                                                        : options_.write_errors;
    out.fails = happens(errors);
    out.loses_reply = (kind == CallKind::atomic_write || kind == CallKind::delete_range) &&
                      happens(options_.lost_replies);
    if (happens(options_.delays)) {
        const auto most = static_cast<std::uint64_t>(options_.max_delay.count());
        out.delay = std::chrono::milliseconds(random_->between(0, most));
    }
    return out;
}

bool ChaosDice::tears_stream() { return happens(options_.torn_streams); }

Error chaos_error(CallKind kind) {
    return Error(ErrorCode::busy, "the layer chaos refused this call").during(to_string(kind));
}

Error lost_reply(CallKind kind) {
    return Error(ErrorCode::commit_unknown, "the layer chaos lost the reply of this write")
        .during(to_string(kind));
}

Stream<WatchOutput> torn_watch(Stream<WatchOutput> stream, std::shared_ptr<ChaosDice> dice) {
    return Stream<WatchOutput>(std::make_unique<TornWatch>(std::move(stream), std::move(dice)));
}

BuiltInLayer chaos_layer() {
    static const SettingsDescription<ChaosOptions> settings =
        SettingsDescription<ChaosOptions>("chaos",
                                          "Breaks what can break, at random and repeatably.")
            .field("seed", &ChaosOptions::seed,
                   "The same seed gives the same decisions; 0: another row each time.")
            .field("read_errors", &ChaosOptions::read_errors,
                   "Probability that a read fails with busy.")
            .range(0, 1)
            .field("write_errors", &ChaosOptions::write_errors,
                   "Probability that a write fails with busy and does nothing.")
            .range(0, 1)
            .field("queue_errors", &ChaosOptions::queue_errors,
                   "Probability that a call of the queue fails with busy.")
            .range(0, 1)
            .field("lost_replies", &ChaosOptions::lost_replies,
                   "Probability that a write is made and its caller told commit_unknown.")
            .range(0, 1)
            .field("torn_streams", &ChaosOptions::torn_streams,
                   "Probability that a step of a watch fails and ends it.")
            .range(0, 1)
            .field("delays", &ChaosOptions::delays, "Probability that a call is made later.")
            .range(0, 1)
            .field("max_delay", &ChaosOptions::max_delay, "Longest delay of a call.")
            .range(std::chrono::milliseconds(0), std::chrono::milliseconds(3'600'000));
    return built_in_layer(
        settings, [](AnyBackend inner, ChaosOptions options, const LayerPlace& place) {
            return AnyBackend(ChaosLayer<AnyBackend>(std::move(inner), options, place.runtime));
        });
}

}  // namespace turntable::inline v0::kv::detail
