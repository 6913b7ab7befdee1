#include "turntable/tape/stock.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "tape/library/stock_state.hpp"
#include "turntable/core/blocking.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::uint64_t stream_bytes = std::uint64_t{256} << 10U;

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

/// What is left to read of a range of a content.
struct Rest {
    std::string id;
    ContentRange range;

    Result<std::optional<Bytes>> next(detail::StockState& state, const CallOptions& call) {
        TURNTABLE_TRY(const auto found, state.contents.get(id, call));
        if (range.length == 0 || range.offset >= found.bytes) {
            range.length = 0;
            return std::optional<Bytes>();
        }
        const std::uint64_t count =
            std::min({range.length, stream_bytes, found.bytes - range.offset});
        TURNTABLE_TRY(Bytes bytes,
                      state.contents.blobs().read(
                          found.path, {.offset = range.offset, .length = count}, {}, call));
        range.offset += bytes.size();
        range.length -= std::min<std::uint64_t>(range.length, bytes.size());
        return bytes.empty() ? std::optional<Bytes>() : std::optional(std::move(bytes));
    }
};

/// A range of a content, in pieces.
class ContentStream final : public StreamSource<Bytes> {
  public:
    ContentStream(std::shared_ptr<detail::StockState> state, Rest rest)
        : state_(std::move(state)), rest_(std::make_shared<Rest>(std::move(rest))) {}

    Async<std::optional<Bytes>> next(const Context& context) override {
        return run<std::optional<Bytes>>(
            state_, context, [rest = rest_](detail::StockState& state, const CallOptions& call) {
                return rest->next(state, call);
            });
    }

  private:
    std::shared_ptr<detail::StockState> state_;
    // Shared with a call that goes on when the stream was dropped.
    std::shared_ptr<Rest> rest_;
};

}  // namespace

StockProvider StockProvider::create(blob::Store blobs, kv::Database index, StockOptions options) {
    if (options.runtime == nullptr) {
        options.runtime = Runtime::shared();
    }
    return StockProvider(
        std::make_shared<State>(std::move(blobs), std::move(index), std::move(options)));
}
StockProvider::StockProvider(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
StockProvider::StockProvider(StockProvider&& other) noexcept = default;
StockProvider& StockProvider::operator=(StockProvider&& other) noexcept = default;
StockProvider::~StockProvider() {
    if (state_ != nullptr) {
        state_->gate.close([] {});
        state_->gate.wait_empty();
    }
}

Async<TapeMetadata> StockProvider::save_tape(const Context& context, const SaveRequest& request) {
    return run<TapeMetadata>(state_, context, [request](State& state, const CallOptions& call) {
        return state.save(request, call);
    });
}

Async<StoredTape> StockProvider::load_tape(const Context& context, std::string_view id) {
    return run_for<StoredTape>(state_, context, id,
                               [](State& state, const std::string& tape, const CallOptions& call) {
                                   return state.load(tape, call);
                               });
}

Async<std::uint64_t> StockProvider::append(const Context& context, std::string_view id,
                                           std::uint64_t offset, ByteView bytes) {
    Bytes kept = context.caller_waits ? Bytes::unowned(bytes) : Bytes::copy(bytes);
    return run_for<std::uint64_t>(
        state_, context, id,
        [offset, kept = std::move(kept)](State& state, const std::string& tape,
                                         const CallOptions& call) {
            return state.append(tape, offset, kept.view(), call);
        });
}

Result<Stream<Bytes>> StockProvider::stream(const Context&, std::string_view id,
                                            const ContentRange& range) {
    TURNTABLE_CHECK(check_tape_id(id));
    return Stream<Bytes>(std::make_unique<ContentStream>(state_, Rest{std::string(id), range}));
}

Async<void> StockProvider::delete_tape(const Context& context, std::string_view id) {
    return run_for<void>(state_, context, id,
                         [](State& state, const std::string& tape, const CallOptions& call) {
                             return state.remove(tape, call);
                         });
}

Async<TapePage> StockProvider::list_tapes(const Context& context, const SearchCriteria& criteria) {
    return run<TapePage>(state_, context, [criteria](State& state, const CallOptions& call) {
        return state.list(criteria, call);
    });
}

Async<TapeMetadata> StockProvider::get_metadata(const Context& context, std::string_view id) {
    return run_for<TapeMetadata>(
        state_, context, id, [](State& state, const std::string& tape, const CallOptions& call) {
            return state.metadata(tape, call);
        });
}

Async<TapeMetadata> StockProvider::update_metadata(const Context& context, std::string_view id,
                                                   const LabelChange& change) {
    return run_for<TapeMetadata>(
        state_, context, id,
        [change](State& state, const std::string& tape, const CallOptions& call) {
            return state.update(tape, change, call);
        });
}

Async<TapeMetadata> StockProvider::finish_tape(const Context& context, std::string_view id) {
    return run_for<TapeMetadata>(
        state_, context, id, [](State& state, const std::string& tape, const CallOptions& call) {
            return state.finish(tape, call);
        });
}

Async<InspectReport> StockProvider::inspect(const Context& context, const InspectOptions& options) {
    return run<InspectReport>(state_, context, [options](State& state, const CallOptions& call) {
        return state.inspect(options, call);
    });
}

Async<Health> StockProvider::health_check(const Context& context) {
    return run<Health>(state_, context,
                       [](State& state, const CallOptions& call) { return state.health(call); });
}

Async<void> StockProvider::close(const Context&) {
    return close_gate(state_->options.runtime, state_->gate);
}

}  // namespace turntable::inline v0::tape
