#include "turntable/kv/layers/retry.hpp"

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

using turntable::detail::given_up;
using turntable::detail::LoopHost;
using turntable::detail::may_repeat;
using turntable::detail::nap;
using turntable::detail::next_attempt;

/// What is watched, with copies of the keys.
class OwnedTargets {
  public:
    explicit OwnedTargets(std::span<const WatchTarget> targets)
        : targets_(targets.begin(), targets.end()) {
        for (WatchTarget& target : targets_) {
            target.key = keep(target.key);
            if (target.range_end) {
                target.range_end = keep(*target.range_end);
            }
        }
    }
    std::span<const WatchTarget> view() const noexcept { return targets_; }

  private:
    ByteView keep(ByteView bytes) { return bytes_.emplace_back(bytes.to_string()); }

    std::deque<std::string> bytes_;
    std::vector<WatchTarget> targets_;
};

/// A watch that opens its stream again.
///
/// It remembers what it told last of each key, and of the keys of ranges only the live ones: so
/// what a new stream begins with, every key, becomes what is different from then.
class RetriedWatch final : public StreamSource<WatchOutput> {
  public:
    using Open =
        UniqueFunction<Result<Stream<WatchOutput>>(const Context&, std::span<const WatchTarget>)>;
    struct State {
        std::shared_ptr<LoopHost> host;
        RetryOptions options;
        OwnedTargets targets;
        Open open;
        std::optional<Stream<WatchOutput>> stream;
        using Known = std::map<std::pair<std::uint32_t, std::string>, std::optional<Versionstamp>>;
        Known known;
        bool began = false;  // something was told before
        bool starts_over = false;  // the next step of the stream is its first
        bool ended = false;
    };

    explicit RetriedWatch(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Async<std::optional<WatchOutput>> next(const Context& context) override {
        return step(state_, context);
    }

  private:
    static Async<std::optional<WatchOutput>> step(std::shared_ptr<State> state, Context context);
    /// What of a step is to be told; nothing when all of it was told before.
    static std::optional<WatchOutput> news(State& state, WatchOutput output);
    static void remember(State& state, const WatchChange& change);

    std::shared_ptr<State> state_;
};

Async<std::optional<WatchOutput>> RetriedWatch::step(std::shared_ptr<State> state,
                                                     Context context) {
    const Pass inside = state->host->enter_loop();
    std::uint32_t failures = 0;
    while (!state->ended) {
        Result<std::optional<WatchOutput>> output = std::optional<WatchOutput>();
        if (!state->stream) {
            auto opened = state->open(context, state->targets.view());
            if (opened) {
                state->stream.emplace(*std::move(opened));
                state->starts_over = true;
            } else {
                output = std::move(opened).error();
            }
        }
        if (state->stream) {
            output = co_await state->stream->next(context);
        }
        if (output && *output) {
            if (auto told = news(*state, **std::move(output))) {
                co_return std::move(told);
            }
            continue;
        }
        if (output || !may_repeat(output.error())) {
            state->ended = !output || !*output;
            co_return output;
        }
        state->stream.reset();
        const auto due = next_attempt(*state->host, state->options, context, ++failures);
        if (!due) {
            state->ended = true;
            co_return given_up(std::move(output).error(), failures);
        }
        Result<void> slept = co_await nap(state->host, context, *due);
        if (!slept) {
            state->ended = true;
            co_return std::move(slept).error();
        }
    }
    co_return std::optional<WatchOutput>();
}

void RetriedWatch::remember(State& state, const WatchChange& change) {
    auto key = std::pair(change.target, change.key.to_string());
    const bool of_range = state.targets.view()[change.target].range_end.has_value();
    if (of_range && !change.entry) {
        state.known.erase(key);
    } else {
        state.known.insert_or_assign(std::move(key), change.entry
                                                         ? std::optional(change.entry->versionstamp)
                                                         : std::nullopt);
    }
}

std::optional<WatchOutput> RetriedWatch::news(State& state, WatchOutput output) {
    const bool compare = state.began && state.starts_over;
    state.began = true;
    state.starts_over = false;
    if (!compare) {
        for (const WatchChange& change : output) {
            remember(state, change);
        }
        return output;
    }
    State::Known before = std::exchange(state.known, {});
    WatchOutput told;
    for (WatchChange& change : output) {
        const auto old = before.find({change.target, change.key.to_string()});
        const auto stamp = change.entry ? std::optional(change.entry->versionstamp) : std::nullopt;
        const bool same = old != before.end() && old->second == stamp;
        remember(state, change);
        if (old != before.end()) {
            before.erase(old);
        }
        if (!same) {
            told.push_back(std::move(change));
        }
    }
    for (const auto& [where, stamp] : before) {  // live in a range then, and not any more
        told.push_back({where.first, Bytes::copy(where.second), std::nullopt});
    }
    return told.empty() ? std::nullopt : std::optional(std::move(told));
}

}  // namespace

Stream<WatchOutput> retried_watch(std::shared_ptr<LoopHost> host, RetryOptions options,
                                  std::optional<Stream<WatchOutput>> stream,
                                  std::span<const WatchTarget> targets, OpenWatch open) {
    return Stream<WatchOutput>(std::make_unique<RetriedWatch>(std::make_shared<RetriedWatch::State>(
        std::move(host), options, OwnedTargets(targets), std::move(open), std::move(stream))));
}

}  // namespace turntable::inline v0::kv::detail
