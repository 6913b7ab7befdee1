#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "turntable/kv/detail/policy_layer.hpp"

namespace turntable::inline v0::kv {

/// What a LoggingLayer tells, and under which name.
///
/// Purpose: the settings of a LoggingLayer. Ownership, threads: a value. Errors: none.
struct LoggingOptions {
    /// The level of calls that went well; errors are warnings.
    LogLevel level = LogLevel::debug;
    /// Calls that took at least this long are warnings; zero: none are.
    std::chrono::milliseconds slow{0};
    /// Tells errors and slow calls only.
    bool only_problems = false;
    /// The field `backend`; empty: the masked URL that the registry knows, or "kv".
    std::string backend{};
};

namespace detail {

class LoggingPolicy : public LayerPolicy, public std::enable_shared_from_this<LoggingPolicy> {
  public:
    TURNTABLE_EXPORT LoggingPolicy(LoggingOptions options, std::shared_ptr<Runtime> runtime);

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        using T = typename Call::Answer;
        if (!runtime_->has_log()) {
            return call.make(target, context);
        }
        const Record record{Call::kind, context.trace, call.size_bytes(),
                            runtime_->clock().steady_now()};
        auto answer = call.make(target, context);
        if (answer.is_ready()) {
            end(record, answer.peek());
        } else {
            answer = tap(std::move(answer), [self = this->shared_from_this(), record](
                                                Result<T>& result) { self->end(record, result); });
        }
        return answer;
    }
    template <class Target>
    Result<Stream<WatchOutput>> watch(Target& target, const Context& context,
                                      std::span<const WatchTarget> targets) {
        const Record record{CallKind::watch, context.trace, 0, runtime_->clock().steady_now()};
        auto stream = target.watch(context, targets);
        tell(record, stream ? nullptr : &stream.error(), 0);
        return stream;
    }
    template <class Target>
    Async<void> close(Target& target, const Context& context) {
        return run(target, context, CloseCall{});
    }

  private:
    struct Record {
        CallKind kind;
        std::uint64_t trace;
        std::size_t bytes_in;
        Instant start;
    };
    template <class T>
    void end(const Record& record, const Result<T>& result) {
        tell(record, result ? nullptr : &result.error(), result_bytes(result));
    }
    TURNTABLE_EXPORT void tell(const Record& record, const Error* error, std::size_t bytes_out);

    LoggingOptions options_;
    std::shared_ptr<Runtime> runtime_;
};

}  // namespace detail

/// Tells the log sink of the runtime about each call, when it has ended.
///
/// Purpose: one record a call, with the fields operation, backend, duration_us, outcome ("ok" or
/// an error code), bytes_in, bytes_out and trace. Never
/// keys, values or secrets. Without a sink it costs one look.
/// Ownership: owns the inner backend; shares the runtime. The sink is called on the thread that
/// completes the call and must not call the database.
/// Threads: as the inner backend. Errors: those of the inner backend.
template <Backend Inner>
class LoggingLayer : public detail::PolicyLayer<detail::LoggingPolicy, Inner> {
  public:
    explicit LoggingLayer(Inner inner, LoggingOptions options = {},
                          std::shared_ptr<Runtime> runtime = Runtime::shared())
        : detail::PolicyLayer<detail::LoggingPolicy, Inner>(
              std::move(inner),
              std::make_shared<detail::LoggingPolicy>(std::move(options), std::move(runtime))) {}
};

}  // namespace turntable::inline v0::kv
