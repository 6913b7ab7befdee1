#pragma once

/// \file
/// What layers share that call their backend later or again.
/// Purpose: waiting, ending and closing of calls that a layer holds back. Ownership: a host is
/// shared by its layer and by the calls that it holds back. Threads: any.
/// Errors: closed for a call that is held back when the layer ends.

#include <memory>
#include <stop_token>
#include <utility>

#include "turntable/core/async.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/gate.hpp"
#include "turntable/core/layers/call.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/core/stream.hpp"
#include "turntable/core/unique_function.hpp"

namespace turntable::inline v0::detail {

/// Makes a call again: on the inner backend, with copies of what the call borrowed.
template <class T>
using Repeat = UniqueFunction<Async<T>(const Context&)>;

/// The calls that a layer holds back.
class TURNTABLE_EXPORT LoopHost {
  public:
    explicit LoopHost(std::shared_ptr<Runtime> runtime);
    LoopHost(const LoopHost&) = delete;
    LoopHost& operator=(const LoopHost&) = delete;
    ~LoopHost();

    Runtime& runtime() noexcept { return *runtime_; }
    /// To be held while the inner backend is being called; false once the layer is gone.
    Pass enter_inner() { return Pass(inner_); }
    /// To be held by a call that is held back, so that close() waits for it.
    Pass enter_loop() { return Pass::always(loops_); }
    /// Is triggered when what is held back has to end.
    std::stop_token ending() const noexcept { return ending_.get_token(); }
    Error closed_error() const;

    /// Ends what is held back.
    void end() noexcept { ending_.request_stop(); }
    /// The same for a layer that is being destroyed: waits until nothing calls the inner backend.
    void shut() noexcept;
    /// Is ready when `inner` is and nothing is held back any more.
    static Async<void> close(std::shared_ptr<LoopHost> host, Async<void> inner);

  private:
    std::shared_ptr<Runtime> runtime_;
    std::stop_source ending_;
    Gate inner_;
    Gate loops_;
};

/// Waits until `when`; `closed` when the host ends first.
TURNTABLE_EXPORT Async<void> nap(std::shared_ptr<LoopHost> host, Context context, Instant when);

/// Makes the call at `when`; `closed` when the host ends first.
template <class T>
TURNTABLE_EXPORT Async<T> call_at(std::shared_ptr<LoopHost> host, Context context, Instant when,
                                  Repeat<T> call);

/// What a repetition holds on to: the place of a backend that lives with its layer. A target that
/// does not has a function of this name beside it.
template <class Target>
Target* pinned(Target& target) noexcept {
    return &target;
}

template <class Target, class Call>
Repeat<typename Call::Answer> repeat_of(std::shared_ptr<LoopHost> host, Target& target,
                                        const Call& call) {
    using T = typename Call::Answer;
    return [host = std::move(host), target = pinned(target),
            owned = own(call)](const Context& context) -> Async<T> {
        const Pass pass = host->enter_inner();
        if (!pass) {
            return host->closed_error();
        }
        Context later = context;
        later.caller_waits = false;  // whoever waits does so elsewhere
        return owned.call.make(*target, later);
    };
}

/// What a policy of a layer may leave as it is.
///
/// Purpose: base of policies. Beside these a policy has `run(target, context, call)`.
/// Ownership: a policy is shared by its layer and by what the layer gave away.
/// Threads: as the backend. Errors: none.
class LayerPolicy {
  public:
    /// Whether a call that waits may be overtaken by a later one.
    static constexpr bool holds_calls_back = false;
    /// Whether each step of a stream of data is bounded like a call.
    static constexpr bool bounds_steps = false;

    LayerPolicy() = default;
    LayerPolicy(const LayerPolicy&) = delete;
    LayerPolicy& operator=(const LayerPolicy&) = delete;
    ~LayerPolicy() = default;

    /// Opens a stream.
    template <class Target, class Call>
    static Result<Stream<typename Call::Item>> open(Target& target, const Context& context,
                                                    const Call& call) {
        return call.open(target, context);
    }
    template <class Target, class Call>
    static Async<void> close(Target& target, const Context& context, const Call& call) {
        return call.make(target, context);
    }
    /// The layer is being destroyed: nothing may touch the inner backend after this.
    static void shut() noexcept {}
};

/// The base of policies that make calls later or again.
///
/// Purpose: what is held back ends when the layer is closed or destroyed. Ownership: shares its
/// host with the calls that it holds back. Threads: as the backend. Errors: none.
class LoopPolicy : public LayerPolicy {
  public:
    static constexpr bool holds_calls_back = true;

    explicit LoopPolicy(std::shared_ptr<Runtime> runtime)
        : host_(std::make_shared<LoopHost>(std::move(runtime))) {}

    template <class Target, class Call>
    Async<void> close(Target& target, const Context& context, const Call& call) {
        host_->end();
        return LoopHost::close(host_, call.make(target, context));
    }
    void shut() noexcept { host_->shut(); }

  protected:
    const std::shared_ptr<LoopHost>& host() const noexcept { return host_; }

  private:
    std::shared_ptr<LoopHost> host_;
};

}  // namespace turntable::inline v0::detail
