#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "turntable/core/shared_promise.hpp"
#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

/// How many calls a ConcurrencyLayer lets in, and how many may wait.
///
/// Purpose: the settings of a ConcurrencyLayer. Ownership, threads: a value. Errors: none.
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

class ConcurrencyPolicy : public LoopPolicy {
  public:
    ConcurrencyPolicy(const ConcurrencyOptions& options, std::shared_ptr<Runtime> runtime)
        : LoopPolicy(std::move(runtime)), places_(std::make_shared<PlaceQueue>(options)) {}

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        using T = typename Call::Answer;
        if constexpr (Call::kind == CallKind::queue_take || Call::effect == CallEffect::none) {
            return call.make(target, context);  // a take waits for a message, as long as it takes
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

/// Lets only so many calls into the backend at the same time.
///
/// Purpose: an engine that slows down or refuses when too much is asked at once gets what it can
/// take, and the rest waits, first come, first served, without holding a thread. Takes, watches,
/// health and close pass: they wait for something to happen, or must not wait.
/// Ownership: owns the inner backend; shares the runtime. Calls that wait end with `closed` when
/// the layer is closed or destroyed. Threads: as the inner backend.
/// Errors: those of the inner backend; busy when too many wait.
template <Backend Inner>
class ConcurrencyLayer : public detail::PolicyLayer<detail::ConcurrencyPolicy, Inner> {
  public:
    explicit ConcurrencyLayer(Inner inner, const ConcurrencyOptions& options = {},
                              std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<detail::ConcurrencyPolicy, Inner>(
              std::move(inner),
              std::make_shared<detail::ConcurrencyPolicy>(options, std::move(runtime))) {}
};

}  // namespace turntable::inline v0::kv
