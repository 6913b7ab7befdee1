#include "turntable/tape/detail/retried.hpp"

#include <algorithm>
#include <utility>

#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::tape::detail {

namespace {

using turntable::detail::given_up;
using turntable::detail::LoopHost;
using turntable::detail::may_repeat;
using turntable::detail::nap;
using turntable::detail::next_attempt;

/// A stream that opens its stream again, until it has given something.
class RetriedStream final : public StreamSource<Bytes> {
  public:
    struct State {
        std::shared_ptr<LoopHost> host;
        turntable::RetryOptions options;
        std::optional<Stream<Bytes>> stream;
        OpenStream open;
        bool has_given = false;
        bool has_ended = false;
    };

    explicit RetriedStream(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Async<std::optional<Bytes>> next(const Context& context) override {
        if (state_->has_given) {
            return state_->stream->next(context);
        }
        return first(state_, context);
    }

  private:
    static Async<std::optional<Bytes>> first(std::shared_ptr<State> state, Context context);
    static Async<std::optional<Bytes>> attempt(State& state, const Context& context);

    std::shared_ptr<State> state_;
};

Async<std::optional<Bytes>> RetriedStream::attempt(State& state, const Context& context) {
    if (!state.stream) {
        auto opened = state.open(context);
        if (!opened) {
            return std::move(opened).error();
        }
        state.stream.emplace(*std::move(opened));
    }
    return state.stream->next(context);
}

Async<std::optional<Bytes>> RetriedStream::first(std::shared_ptr<State> state, Context context) {
    if (state->has_ended) {
        co_return std::optional<Bytes>();
    }
    const Pass inside = state->host->enter_loop();
    for (std::uint32_t failures = 1;; ++failures) {
        Async<std::optional<Bytes>> answer = attempt(*state, context);
        Result<std::optional<Bytes>>& piece = co_await answer;
        if (piece || !may_repeat(piece.error())) {
            state->has_given = piece && *piece;
            state->has_ended = !state->has_given;
            co_return std::move(piece);
        }
        state->stream.reset();
        const auto due = next_attempt(*state->host, state->options, context, failures);
        if (!due) {
            state->has_ended = true;
            co_return given_up(std::move(piece).error(), failures);
        }
        Result<void> slept = co_await nap(state->host, context, *due);
        if (!slept) {
            state->has_ended = true;
            co_return std::move(slept).error().because(std::move(piece).error());
        }
    }
}

bool may_save_again(const Result<TapeMetadata>& saved) noexcept {
    return !saved && may_repeat(saved.error());
}

}  // namespace

Stream<Bytes> retried_stream(std::shared_ptr<LoopHost> host, const turntable::RetryOptions& options,
                             std::optional<Stream<Bytes>> stream, OpenStream open) {
    return Stream<Bytes>(std::make_unique<RetriedStream>(std::make_shared<RetriedStream::State>(
        std::move(host), options, std::move(stream), std::move(open))));
}

bool has_more_to_save(const Result<SavedTapes>& saved) noexcept {
    return saved && std::ranges::any_of(*saved, may_save_again);
}

Async<SavedTapes> save_rest(std::shared_ptr<LoopHost> host, turntable::RetryOptions options,
                            Context context, Async<SavedTapes> answer, OwnedCall<SaveAllCall> call,
                            SaveOne save) {
    const Pass inside = host->enter_loop();
    Result<SavedTapes>& saved = co_await answer;
    for (std::size_t i = 0; saved && i < saved->size(); ++i) {
        Result<TapeMetadata>& one = (*saved)[i];
        if (may_save_again(one)) {
            Async<TapeMetadata> again = turntable::detail::retry_loop<TapeMetadata>(
                host, options, context, Async<TapeMetadata>(std::move(one)),
                save((*call.call.requests)[i]));
            one = std::move(co_await again);
        }
    }
    co_return std::move(saved);
}

}  // namespace turntable::inline v0::tape::detail
