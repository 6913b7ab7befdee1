#pragma once

/// \file
/// So many calls at the same time.
/// Purpose: what the layer `concurrency` of every surface does. Ownership: values.
/// Threads: any. Errors: busy when too many wait.

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "turntable/core/layers/loop.hpp"
#include "turntable/core/shared_promise.hpp"
#include "turntable/core/tap.hpp"

namespace turntable::inline v0 {

/// How many calls a layer `concurrency` lets in, and how many may wait.
///
/// Purpose: the settings of a layer `concurrency`. Ownership, threads: a value. Errors: none.
struct ConcurrencyOptions {
    /// Calls that are in the backend at the same time.
    std::uint32_t limit = 64;
    /// Calls that may wait for a place; one more is refused with `busy`.
    std::uint32_t queue = 10'000;
};

namespace detail {

/// Places that are given out first come, first served.
class TURNTABLE_EXPORT PlaceQueue {
  public:
    explicit PlaceQueue(const ConcurrencyOptions& options) : options_(options) {}

    /// True: a place was taken. False: none is free, or others wait.
    bool try_enter() {
        const std::scoped_lock guard(mutex_);
        if (taken_ >= options_.limit || !waiting_.empty()) {
            return false;
        }
        ++taken_;
        return true;
    }
    /// Is ready when a place was taken for the caller; busy when too many wait.
    Async<void> enter_later(Runtime& runtime, const Context& context);
    /// Gives a place back, to whoever waits longest.
    void leave();

  private:
    using Waiting = std::shared_ptr<SharedPromise<void>>;

    ConcurrencyOptions options_;
    std::mutex mutex_;
    std::uint32_t taken_ = 0;
    std::deque<Waiting> waiting_;
};

/// Waits for a place and makes the call then.
template <class T>
TURNTABLE_EXPORT Async<T> queued_call(std::shared_ptr<LoopHost> host,
                                      std::shared_ptr<PlaceQueue> places, Context context,
                                      Repeat<T> call);

/// Holds calls back while there is no place for them; not those that wait for something to happen.
class ConcurrencyPolicy : public LoopPolicy {
  public:
    static constexpr bool bounds_steps = true;

    ConcurrencyPolicy(const ConcurrencyOptions& options, std::shared_ptr<Runtime> runtime)
        : LoopPolicy(std::move(runtime)), places_(std::make_shared<PlaceQueue>(options)) {}

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        using T = typename Call::Answer;
        if constexpr (Call::limit == CallLimit::none || Call::effect == CallEffect::none) {
            return call.make(target, context);
        } else if (!places_->try_enter()) {
            return queued_call<T>(host(), places_, context, repeat_of(host(), target, call));
        } else {
            return tap(call.make(target, context),
                       [places = places_](Result<T>& /*result*/) { places->leave(); });
        }
    }

  private:
    std::shared_ptr<PlaceQueue> places_;
};

}  // namespace detail

}  // namespace turntable::inline v0
