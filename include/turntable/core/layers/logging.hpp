#pragma once

/// \file
/// Telling a log about calls.
/// Purpose: what the layer `logging` of every surface does. Ownership: values.
/// Threads: as the backend. Errors: those of the backend.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "turntable/core/layers/loop.hpp"
#include "turntable/core/tap.hpp"

namespace turntable::inline v0 {

/// What a layer `logging` tells, and under which name.
///
/// Purpose: the settings of a layer `logging`. Ownership, threads: a value. Errors: none.
struct LoggingOptions {
    /// The level of calls that went well; errors are warnings.
    LogLevel level = LogLevel::debug;
    /// Calls that took at least this long are warnings; zero: none are.
    std::chrono::milliseconds slow{0};
    /// Tells errors and slow calls only.
    bool only_problems = false;
    /// The field `backend`; empty: the masked URL that the registry knows, or the name of the
    /// surface.
    std::string backend{};
};

namespace detail {

/// Tells the log sink of the runtime about calls, with the surface as component.
class LoggingPolicy : public LayerPolicy, public std::enable_shared_from_this<LoggingPolicy> {
  public:
    TURNTABLE_EXPORT LoggingPolicy(const CallNames& names, LoggingOptions options,
                                   std::shared_ptr<Runtime> runtime);

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        using T = typename Call::Answer;
        if (!runtime_->has_log()) {
            return call.make(target, context);
        }
        const Record record{to_string(Call::kind), context.trace, call.size_bytes(),
                            runtime_->clock().steady_now()};
        auto answer = call.make(target, context);
        if (answer.is_ready()) {
            end<Call>(record, answer.peek());
        } else {
            answer = tap(std::move(answer),
                         [self = this->shared_from_this(), record](Result<T>& result) {
                             self->template end<Call>(record, result);
                         });
        }
        return answer;
    }
    template <class Target, class Call>
    Result<Stream<typename Call::Item>> open(Target& target, const Context& context,
                                             const Call& call) {
        const Record record{to_string(Call::kind), context.trace, 0,
                            runtime_->clock().steady_now()};
        auto stream = call.open(target, context);
        tell(record, stream ? nullptr : &stream.error(), 0);
        return stream;
    }
    template <class Target, class Call>
    Async<void> close(Target& target, const Context& context, const Call& call) {
        return run(target, context, call);
    }

  private:
    struct Record {
        std::string_view operation;
        std::uint64_t trace;
        std::size_t bytes_in;
        Instant start;
    };
    template <class Call, class T>
    void end(const Record& record, const Result<T>& result) {
        tell(record, result ? nullptr : &result.error(), result_bytes<Call>(result));
    }
    TURNTABLE_EXPORT void tell(const Record& record, const Error* error, std::size_t bytes_out);

    std::string_view surface_;
    LoggingOptions options_;
    std::shared_ptr<Runtime> runtime_;
};

}  // namespace detail

}  // namespace turntable::inline v0
