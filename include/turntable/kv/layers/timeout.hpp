#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "turntable/kv/detail/layer_loop.hpp"
#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

/// How long calls of each kind may take; zero: for ever.
///
/// Purpose: the settings of a TimeoutLayer. Ownership, threads: a value. Errors: none.
struct TimeoutOptions {
    /// get, snapshot_read, open_snapshot.
    std::chrono::milliseconds read{10'000};
    /// atomic_write, delete_range, queue_finish, queue_extend.
    std::chrono::milliseconds write{10'000};
    std::chrono::milliseconds health{5'000};
    /// How long past its deadline the backend may still say itself how the call ended.
    std::chrono::milliseconds grace{1'000};
};

namespace detail {

/// Gives the answer of `call`, or at `latest` the error of a call that did not end in time.
template <class T>
TURNTABLE_EXPORT Async<T> answered_by(std::shared_ptr<Runtime> runtime, Async<T> call,
                                      Instant latest, CallKind kind);

class TimeoutPolicy : public LayerPolicy {
  public:
    TimeoutPolicy(const TimeoutOptions& options, std::shared_ptr<Runtime> runtime)
        : options_(options), runtime_(std::move(runtime)), clock_(&runtime_->clock()) {}

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        using T = typename Call::Answer;
        const std::chrono::milliseconds limit = limit_of(Call::kind);
        if (limit.count() == 0) {
            return call.make(target, context);
        }
        const Instant deadline = clock_->steady_now() + limit;
        if (context.deadline <= deadline) {
            return call.make(target, context);
        }
        Context bounded = context;
        bounded.deadline = deadline;
        auto answer = call.make(target, bounded);
        if (!answer.is_ready()) [[unlikely]] {
            answer =
                answered_by<T>(runtime_, std::move(answer), deadline + options_.grace, Call::kind);
        }
        return answer;
    }

  private:
    std::chrono::milliseconds limit_of(CallKind kind) const noexcept {
        switch (kind) {
            case CallKind::get:
            case CallKind::snapshot_read:
            case CallKind::open_snapshot:
                return options_.read;
            case CallKind::atomic_write:
            case CallKind::delete_range:
            case CallKind::queue_finish:
            case CallKind::queue_extend:
                return options_.write;
            case CallKind::health:
                return options_.health;
            case CallKind::watch:
            case CallKind::queue_take:  // waits for a message, as long as it takes
            case CallKind::close:
                break;
        }
        return {};
    }

    TimeoutOptions options_;
    std::shared_ptr<Runtime> runtime_;
    Clock* clock_;
};

}  // namespace detail

/// Gives every call a deadline.
///
/// Purpose: no call hangs. A call gets the earlier one of its caller's deadline and the layer's;
/// the backend ends it then, and knows whether a write was submitted: `timeout` when nothing was
/// written, `commit_unknown` when it cannot be known. A backend that does not answer even then is
/// left behind after `grace`: a read ends with `timeout`, a write with `commit_unknown`. Watches
/// and takes wait for something to happen and have no limit.
/// Inside a retry layer it bounds each attempt, outside of it all of them together.
/// Ownership: owns the inner backend; shares the runtime. Threads: as the inner backend.
/// Errors: those of the inner backend, `timeout`, `commit_unknown`.
template <Backend Inner>
class TimeoutLayer : public detail::PolicyLayer<detail::TimeoutPolicy, Inner> {
  public:
    explicit TimeoutLayer(Inner inner, const TimeoutOptions& options = {},
                          std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<detail::TimeoutPolicy, Inner>(
              std::move(inner),
              std::make_shared<detail::TimeoutPolicy>(options, std::move(runtime))) {}
};

}  // namespace turntable::inline v0::kv
