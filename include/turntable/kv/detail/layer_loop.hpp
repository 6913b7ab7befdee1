#pragma once

/// \file
/// What layers share that call their backend later or again.
/// Purpose: waiting, ending and closing of calls that a layer holds back. Ownership: a host is
/// shared by its layer and by the calls that it holds back. Threads: any.
/// Errors: closed for a call that is held back when the layer ends.

#include <memory>
#include <stop_token>
#include <utility>

#include "turntable/core/export.hpp"
#include "turntable/core/gate.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/detail/layer_call.hpp"

namespace turntable::inline v0::kv::detail {

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

/// What a repetition holds on to: a snapshot, or the place of a backend that lives with its layer.
template <class Target>
Target* pinned(Target& target) noexcept {
    return &target;
}
inline std::shared_ptr<SharedSnapshot> pinned(SharedSnapshot& target) {
    return std::make_shared<SharedSnapshot>(target);
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

}  // namespace turntable::inline v0::kv::detail
