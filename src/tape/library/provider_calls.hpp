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
/// `Result<Bytes> read(id, range, call)`, which gives the first bytes of a range or none at its
/// end.
namespace turntable::inline v0::tape::detail {

/// Runs a call of the state where the context says. `function` owns its arguments.
template <class T, class State, class F>
Async<T> run(const std::shared_ptr<State>& state, const Context& context, F function) {
    return run_blocking<T>(
        state->options.runtime, state->gate, context,
        [state, call = CallOptions(context), function = std::move(function)]() mutable {
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
        : state_(std::move(state)), rest_(std::make_shared<Rest>(Rest{std::string(id), range})) {}

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
    };
    static Result<std::optional<Bytes>> next(Rest& rest, State& state, const CallOptions& call) {
        const std::uint64_t count = std::min(rest.range.length, piece_bytes);
        TURNTABLE_TRY(Bytes bytes, state.read(rest.id, {rest.range.offset, count}, call));
        rest.range.offset += bytes.size();
        rest.range.length -= std::min<std::uint64_t>(rest.range.length, bytes.size());
        return bytes.empty() ? std::optional<Bytes>() : std::optional(std::move(bytes));
    }

    std::shared_ptr<State> state_;
    // Shared with a call that goes on when the stream was dropped.
    std::shared_ptr<Rest> rest_;
};

}  // namespace turntable::inline v0::tape::detail
