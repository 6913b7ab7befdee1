#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "turntable/core/blocking.hpp"
#include "turntable/core/call_options.hpp"
#include "turntable/core/stream.hpp"
#include "turntable/tape/provider.hpp"

/// \file
/// Calls of a provider whose state blocks: a State has `options.runtime`, `gate` and
/// `Result<Bytes> read(id, range, held, call)`, which gives the first bytes of a range or none at
/// its end; `held` is a `State::Held` of the stream, to stay with the content with which it began.
/// A state that waits for stores has a `pool` of its own: what they wait for needs that of the
/// runtime.
namespace turntable::inline v0::tape::detail {

template <class State>
concept HasPool = requires(State& state) { *state.pool; };

template <class State>
Executor& pool_of(State& state) noexcept {
    if constexpr (HasPool<State>) {
        return *state.pool;
    } else {
        return state.options.runtime->blocking_pool();
    }
}

/// Runs a call of the state where the context says. `function` owns its arguments.
template <class T, class State, class F>
Async<T> run(const std::shared_ptr<State>& state, const Context& context, F function) {
    return run_blocking<T>(state->options.runtime, pool_of(*state), state->gate, context,
                           [state, call = CallOptions(context), on_pool = !context.caller_waits,
                            function = std::move(function)]() mutable {
                               std::optional<WaitingThreadScope> waits;
                               if (HasPool<State> && on_pool) {
                                   waits.emplace();
                               }
                               return function(*state, call);
                           });
}

/// The same for one tape, by its id.
template <class T, class State, class F>
Async<T> run_for(const std::shared_ptr<State>& state, const Context& context, std::string_view id,
                 F function) {
    if (auto right = check_tape_id(id); !right) {
        return std::move(right).error();
    }
    return run<T>(
        state, context,
        [id = std::string(id), function = std::move(function)](
            State& on, const CallOptions& call) mutable { return function(on, id, call); });
}

/// A range of a content, in pieces.
template <class State>
class ContentStream final : public StreamSource<Bytes> {
  public:
    ContentStream(std::shared_ptr<State> state, std::string_view id, const ContentRange& range)
        : state_(std::move(state)),
          rest_(std::make_shared<Rest>(Rest{.id = std::string(id), .range = range})) {}

    Async<std::optional<Bytes>> next(const Context& context) override {
        return run<std::optional<Bytes>>(state_, context,
                                         [rest = rest_](State& state, const CallOptions& call) {
                                             return next(*rest, state, call);
                                         });
    }

  private:
    static constexpr std::uint64_t piece_bytes = std::uint64_t{256} << 10U;

    struct Rest {
        std::string id;
        ContentRange range;
        typename State::Held held = {};
    };
    /// Behind the end, or an error, is the end.
    static Result<std::optional<Bytes>> next(Rest& rest, State& state, const CallOptions& call) {
        if (rest.range.length == 0) {
            return std::optional<Bytes>();
        }
        const ContentRange piece{rest.range.offset, std::min(rest.range.length, piece_bytes)};
        Result<Bytes> bytes = state.read(rest.id, piece, rest.held, call);
        if (!bytes || bytes->empty()) {
            rest.range.length = 0;
            rest.held = {};
            return bytes ? std::optional<Bytes>()
                         : Result<std::optional<Bytes>>(std::move(bytes).error());
        }
        rest.range.offset += bytes->size();
        rest.range.length -= std::min<std::uint64_t>(rest.range.length, bytes->size());
        return std::optional(*std::move(bytes));
    }

    std::shared_ptr<State> state_;
    // Shared with a call that goes on when the stream was dropped.
    std::shared_ptr<Rest> rest_;
};

}  // namespace turntable::inline v0::tape::detail
