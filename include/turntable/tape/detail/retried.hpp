#pragma once

/// \file
/// What is particular in repeating calls of the tape contract.
/// Purpose: streams, and calls of which a part failed. Ownership: shares the host of its layer.
/// Threads: as the provider. Errors: those of the provider.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "turntable/core/layers/retry.hpp"
#include "turntable/tape/detail/layer_call.hpp"

namespace turntable::inline v0::tape::detail {

using OpenStream = UniqueFunction<Result<Stream<Bytes>>(const Context&)>;

/// A stream that is opened again while it has given nothing.
TURNTABLE_EXPORT Stream<Bytes> retried_stream(std::shared_ptr<turntable::detail::LoopHost> host,
                                              const turntable::RetryOptions& options,
                                              std::optional<Stream<Bytes>> stream, OpenStream open);

/// Makes what saves this tape.
using SaveOne = UniqueFunction<turntable::detail::Repeat<TapeMetadata>(const SaveRequest& request)>;

/// Whether there is a tape that may be saved again.
TURNTABLE_EXPORT bool has_more_to_save(const Result<SavedTapes>& saved) noexcept;

/// Awaits `answer` and saves those tapes again, one by one, that failed for a passing reason.
TURNTABLE_EXPORT Async<SavedTapes> save_rest(std::shared_ptr<turntable::detail::LoopHost> host,
                                             turntable::RetryOptions options, Context context,
                                             Async<SavedTapes> answer, OwnedCall<SaveAllCall> call,
                                             SaveOne save);

/// Repeats calls.
class RetryPolicy : public turntable::detail::RetryPolicy {
    using Base = turntable::detail::RetryPolicy;

  public:
    using Base::Base;

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        return Base::run(target, context, call);
    }
    template <class Target>
    Async<SavedTapes> run(Target& target, const Context& context, const SaveAllCall& call) {
        auto answer = Base::run(target, context, call);
        if (!answer.is_ready() || has_more_to_save(answer.peek())) {
            answer = save_rest(host(), options(), context, std::move(answer), own(call),
                               [host = host(), &target](const SaveRequest& request) {
                                   return repeat_of(host, target, SaveCall(&request));
                               });
        }
        return answer;
    }
    template <class Target>
    Result<Stream<Bytes>> open(Target& target, const Context& context, const StreamCall& call) {
        auto stream = call.open(target, context);
        if (!stream && !turntable::detail::may_repeat(stream.error())) {
            return stream;
        }
        return retried_stream(host(), options(),
                              stream ? std::optional(*std::move(stream)) : std::nullopt,
                              [host = host(), &target, id = std::string(call.id),
                               range = call.range](const Context& again) -> Result<Stream<Bytes>> {
                                  const Pass pass = host->enter_inner();
                                  if (!pass) {
                                      return host->closed_error();
                                  }
                                  return target.stream(again, id, range);
                              });
    }
};

}  // namespace turntable::inline v0::tape::detail
