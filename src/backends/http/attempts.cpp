#include "backends/http/attempts.hpp"

#include <algorithm>
#include <utility>

#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::kv::http {

namespace {

bool is_connection(const Error& error) noexcept {
    return error.code() == ErrorCode::io && !error.backend_code();
}

}  // namespace

Error closed_error() { return {ErrorCode::closed, "the store was closed"}; }

Attempts::Attempts(std::shared_ptr<Session> session, const Context& context)
    : session_(std::move(session)),
      context_(context),
      exchanges_(session_->exchanges()),
      latest_(context.deadline) {
    context_.caller_waits = false;
}

bool Attempts::is_news(const ConnectedPtr& used) const noexcept {
    return used != nullptr && used->number > exchanges_;
}

Async<bool> Attempts::again(Error error, ConnectedPtr used) {
    if (session_->is_ending() || context_.stop.stop_requested()) {
        return false;
    }
    if (error.backend_code() == unauthorized && used != nullptr) {
        session_->distrust(used);
        return !is_news(used);
    }
    if (error.retry() != Retry::temporary) {
        return false;
    }
    const Instant now = session_->now();
    if (++failures_ == 1) {
        latest_ = std::min(context_.deadline, now + session_->options().retry_for);
    }
    if (failures_ == 1 && is_connection(error)) {
        return now < latest_;
    }
    const Instant due = now + backoff_delay(call_backoff, failures_, session_->runtime().random());
    if (due >= latest_) {
        return false;
    }
    return wait(session_, context_, due);
}

Async<bool> Attempts::wait(std::shared_ptr<Session> session, Context context, Instant due) {
    const Result<void> slept =
        co_await turntable::detail::nap(session->host(), std::move(context), due);
    co_return slept.has_value();
}

Error Attempts::given_up(const Error& error) const {
    if (session_->is_ending() && error.code() != ErrorCode::commit_unknown) {
        return closed_error();
    }
    if (error.retry() != Retry::temporary || failures_ == 0) {
        return error;
    }
    return Error(error).with("attempts", std::to_string(failures_)).with_retry(Retry::exhausted);
}

}  // namespace turntable::inline v0::kv::http
