#include <optional>
#include <utility>

#include "backends/http/attempts.hpp"
#include "backends/http/calls.hpp"
#include "kv_connect/messages.hpp"
#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::kv::http {

namespace {

constexpr std::string_view write_name = "atomic_write";

/// What an attempt came to.
enum class Fate : std::uint8_t {
    made,  ///< it has its result
    not_made,  ///< this attempt wrote nothing, nor will it
    refused_for_ever,  ///< and no other with the same key did or will
    forgotten,  ///< nor did this one; of earlier ones with the same key the server knows nothing
    unknown,  ///< it may have been made, or may be yet
};

struct Outcome {
    Fate fate;
    Result<CommitResult> result;
};

Result<CommitResult> commit_of(const Reply& reply) {
    auto decoded = connect::decode_write_output(reply.body);
    if (reply.header("content-type") != protobuf || !decoded) {
        return garbled(write_name, decoded ? "it is not protobuf" : decoded.error().message());
    }
    switch (decoded->status) {
        case connect::WriteStatus::success:
            return CommitResult{true, decoded->versionstamp, {}};
        case connect::WriteStatus::check_failure:
            return CommitResult{false, {}, std::move(decoded->failed_checks)};
        case connect::WriteStatus::write_disabled:
            return Error(ErrorCode::permission_denied, "the server does not take writes");
        case connect::WriteStatus::unspecified:
            break;
    }
    return garbled(write_name, "it does not say what became of the write");
}

Outcome outcome_of(const Reply& reply, bool has_key, std::string_view secret) {
    const std::string said = reply.header(connect::write_fate_header);
    const bool is_final = said == connect::fate_final;
    if (reply.status == 200) {
        Result<CommitResult> commit = commit_of(reply);
        const bool is_clear = commit || commit.error().code() == ErrorCode::permission_denied;
        return {is_clear ? Fate::made : Fate::unknown, std::move(commit)};
    }
    Error error = error_of(reply, write_name, secret);
    if (has_key && reply.status == 412 && said == connect::fate_forgotten) {
        return {Fate::forgotten, std::move(error)};
    }
    if (error.code() == ErrorCode::commit_unknown) {
        return {Fate::made, std::move(error)};
    }
    if (is_final) {
        return {Fate::refused_for_ever, std::move(error)};
    }
    // From 500 on a proxy may have answered, and what it passed on may be done yet.
    return {reply.status < 500 ? Fate::not_made : Fate::unknown, std::move(error)};
}

Error unknown_fate(Error cause) {
    return Error(ErrorCode::commit_unknown,
                 "the answer to a write was lost, so it may have been made: " + cause.message())
        .because(std::move(cause));
}

/// One write on its way.
class Write {
  public:
    Write(std::shared_ptr<Session> session, const Context& context)
        : session_(std::move(session)), attempts_(session_, context) {}

    Attempts& attempts() noexcept { return attempts_; }
    /// The key for the next attempt; empty for a server that knows none. An error when the server
    /// is not the one that may have made the write.
    Result<std::string> key_for(const Connected& connected);
    /// Takes in what an attempt came to: the result of the call, or nothing if it may be made
    /// again.
    std::optional<Result<CommitResult>> take_in(Outcome outcome, const ConnectedPtr& used);
    const Error& last_error() const noexcept { return last_error_; }
    /// The error of the call when it is not made again.
    Error given_up() const;
    /// The same when the server that is there now cannot take it.
    Error refused(Error error) const {
        return may_be_made_ ? unknown_fate(std::move(error)) : error;
    }

  private:
    std::shared_ptr<Session> session_;
    Attempts attempts_;
    std::optional<connect::WriteKey> key_;
    /// An attempt with this key, or without any, may have been made or may be yet.
    bool may_be_made_ = false;
    Error last_error_ = closed_error();
};

Result<std::string> Write::key_for(const Connected& connected) {
    const bool is_same = key_ && connected.facts && connected.facts->instance == key_->instance;
    if (may_be_made_ && !is_same) {
        return unknown_fate(
            Error(ErrorCode::io, "the server was started again meanwhile").because(last_error_));
    }
    if (!connected.facts) {
        key_.reset();
        return std::string();
    }
    if (!is_same) {
        const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(
            session_->now() - connected.received);
        Random& random = session_->runtime().random();
        key_ = {.instance = connected.facts->instance,
                .tick_ms = connected.facts->tick_ms + static_cast<std::uint64_t>(since.count()),
                .random = {random.next(), random.next()}};
    }
    return connect::encode_write_key(*key_);
}

std::optional<Result<CommitResult>> Write::take_in(Outcome outcome, const ConnectedPtr& used) {
    if (outcome.fate == Fate::made) {
        return std::move(outcome.result);
    }
    last_error_ = std::move(outcome.result).error();
    switch (outcome.fate) {
        case Fate::unknown:
            may_be_made_ = true;
            // Whatever it was, with its key it can be asked again; else nobody can know.
            if (!key_) {
                return given_up();
            }
            last_error_.with_retry(Retry::temporary);
            break;
        case Fate::refused_for_ever:
            may_be_made_ = false;
            key_.reset();
            break;
        case Fate::forgotten:
            if (may_be_made_) {
                return given_up();
            }
            key_.reset();
            session_->distrust(used);
            last_error_ = Error(ErrorCode::busy, "the server was started again");
            break;
        default:
            break;
    }
    return std::nullopt;
}

Error Write::given_up() const {
    return may_be_made_ ? unknown_fate(last_error_) : attempts_.given_up(last_error_);
}

/// What is only known of a server once it was asked.
Result<void> check_for(const Connected& connected, const WriteMessage& message) {
    const std::size_t most = connected.capabilities.limits.checks;
    if (message.checks > most) {
        return Error(ErrorCode::limit_exceeded, "too many checks (max " + std::to_string(most) +
                                                    ", these are " +
                                                    std::to_string(message.checks) + ")");
    }
    if (message.needs_our_server && !connected.facts) {
        return Error(ErrorCode::unsupported,
                     "KV Connect cannot say that the first failure of a message is final");
    }
    return {};
}

Async<Outcome> make_attempt(std::shared_ptr<Session> session, Context context, ConnectedPtr used,
                            std::string key, std::string message) {
    if (context.stop.stop_requested() || session->now() >= context.deadline) {
        co_return Outcome{Fate::not_made,
                          stopped_error(context.stop.stop_requested() ? StopReason::cancelled
                                                                      : StopReason::timeout)};
    }
    net::http::Headers headers = used->headers(protobuf);
    if (!key.empty()) {
        headers.add(connect::write_key_header, key);
    }
    const Result<Reply> reply = co_await session->post(
        context, used->call(used->strong, write_name), std::move(headers), std::move(message));
    if (!reply) {
        const bool sent = net::http::may_have_been_sent(reply.error());
        co_return Outcome{sent ? Fate::unknown : Fate::not_made, reply.error()};
    }
    co_return outcome_of(*reply, !key.empty(), used->metadata.token);
}

}  // namespace

Async<CommitResult> write_call(std::shared_ptr<Session> session, Context context,
                               WriteMessage message) {
    const Pass inside(session->calls());
    if (!inside) {
        co_return closed_error();
    }
    Write write(session, context);
    while (true) {
        Result<ConnectedPtr> used = co_await session->connected(context);
        Outcome outcome{Fate::not_made, used ? closed_error() : used.error()};
        if (used) {
            Result<std::string> key = write.key_for(**used);
            if (!key) {
                co_return std::move(key).error();
            }
            if (auto fits = check_for(**used, message); !fits) {
                co_return write.refused(std::move(fits).error());
            }
            Result<Outcome> made =
                co_await make_attempt(session, context, *used, *std::move(key), message.bytes);
            outcome = *std::move(made);  // it holds the error
        }
        if (auto result = write.take_in(std::move(outcome), used ? *used : nullptr)) {
            co_return *std::move(result);
        }
        const Result<bool> again =
            co_await write.attempts().again(write.last_error(), used ? *used : nullptr);
        if (!again || !*again) {
            co_return write.given_up();
        }
    }
}

}  // namespace turntable::inline v0::kv::http
