#pragma once

/// \file
/// A deadline for every call.
/// Purpose: what the layer `timeout` of every surface does. Ownership: values.
/// Threads: as the backend. Errors: `timeout`, `commit_unknown`.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "turntable/core/layers/loop.hpp"

namespace turntable::inline v0 {

/// How long calls of each kind may take; zero: for ever.
///
/// Purpose: the settings of a layer `timeout`. Ownership, threads: a value. Errors: none.
struct TimeoutOptions {
    /// Calls that read.
    std::chrono::milliseconds read{10'000};
    /// Calls that write.
    std::chrono::milliseconds write{10'000};
    std::chrono::milliseconds health{5'000};
    /// How long past its deadline the backend may still say itself how the call ended.
    std::chrono::milliseconds grace{1'000};
};

namespace detail {

/// Gives the answer of `call`, or `late` for a call that did not end until `latest`.
template <class T>
TURNTABLE_EXPORT Async<T> answered_by(std::shared_ptr<Runtime> runtime, Async<T> call,
                                      Instant latest, Error late);

/// The error of a call that was left behind; `commits`: its fate is not known then.
TURNTABLE_EXPORT Error left_behind(bool commits, std::string_view operation);

/// Bounds calls. A call that does the work of many says so with limits().
class TimeoutPolicy : public LayerPolicy {
  public:
    static constexpr bool bounds_steps = true;

    TimeoutPolicy(const TimeoutOptions& options, std::shared_ptr<Runtime> runtime)
        : options_(options), runtime_(std::move(runtime)), clock_(&runtime_->clock()) {}

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        using T = typename Call::Answer;
        std::chrono::milliseconds limit = limit_of(Call::limit);
        if constexpr (requires { call.limits(); }) {
            limit *= static_cast<std::chrono::milliseconds::rep>(call.limits());
        }
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
            answer = answered_by<T>(runtime_, std::move(answer), deadline + options_.grace,
                                    left_behind(Call::commits, to_string(Call::kind)));
        }
        return answer;
    }

  private:
    std::chrono::milliseconds limit_of(CallLimit limit) const noexcept {
        switch (limit) {
            case CallLimit::read:
                return options_.read;
            case CallLimit::write:
                return options_.write;
            case CallLimit::health:
                return options_.health;
            case CallLimit::none:
                break;
        }
        return {};
    }

    TimeoutOptions options_;
    std::shared_ptr<Runtime> runtime_;
    Clock* clock_;
};

}  // namespace detail

}  // namespace turntable::inline v0
