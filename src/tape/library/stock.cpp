#include "turntable/tape/stock.hpp"

#include <string>
#include <utility>

#include "tape/library/provider_calls.hpp"
#include "tape/library/stock_state.hpp"

namespace turntable::inline v0::tape {

namespace {

using detail::run;
using detail::run_for;

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
    return Stream<Bytes>(std::make_unique<detail::ContentStream<State>>(state_, id, range));
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
