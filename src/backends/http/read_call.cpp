#include <utility>

#include "backends/http/attempts.hpp"
#include "backends/http/calls.hpp"
#include "kv_connect/messages.hpp"
#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::kv::http {

namespace {

constexpr std::string_view read_name = "snapshot_read";

/// What the server said, if it is what was asked for.
Result<ReadOutput> read_output(Session& session, const ConnectedPtr& used, const Reply& reply,
                               std::size_t ranges, Consistency consistency) {
    if (reply.header("content-type") != protobuf) {
        return garbled(read_name, "it is not protobuf");
    }
    auto decoded = connect::decode_read_output(reply.body);
    if (!decoded) {
        return garbled(read_name, decoded.error().message());
    }
    const bool is_disabled = decoded->status == connect::ReadStatus::read_disabled;
    const bool is_weak = consistency == Consistency::strong && used->metadata.version > 1 &&
                         !decoded->strongly_consistent;
    if (is_disabled || (is_weak && decoded->output.size() == ranges)) {
        session.distrust(used);  // another endpoint may be the right one now
        return Error(ErrorCode::busy, "this server does not answer reads at present");
    }
    if (decoded->status != connect::ReadStatus::success) {
        return garbled(read_name, "it does not say how the read went");
    }
    if (decoded->output.size() != ranges) {
        return garbled(read_name, "it has " + std::to_string(decoded->output.size()) +
                                      " ranges, and " + std::to_string(ranges) + " were asked for");
    }
    return std::move(decoded->output);
}

}  // namespace

Async<Reply> data_call(std::shared_ptr<Session> session, Context context, ConnectedPtr connected,
                       Consistency consistency, std::string method, std::string message) {
    Result<Reply> reply =
        co_await session->post(context, connected->call(connected->endpoint(consistency), method),
                               connected->headers(protobuf), std::move(message));
    if (reply && reply->status != 200) {
        co_return error_of(*reply, method, connected->metadata.token);
    }
    co_return reply;
}

namespace {

Async<ReadOutput> read_once(std::shared_ptr<Session> session, Context context, ConnectedPtr used,
                            Consistency consistency, std::string message, std::size_t ranges) {
    Result<Reply> reply = co_await data_call(session, context, used, consistency,
                                             std::string(read_name), std::move(message));
    if (!reply) {
        co_return std::move(reply).error();
    }
    co_return read_output(*session, used, *reply, ranges, consistency);
}

/// A read as a sign of health: once more after what only tells of the past, a connection that broke
/// unused and a token that has ended.
Async<ReadOutput> read_health(std::shared_ptr<Session> session, Context context) {
    const ReadRange nothing{ByteView("\0", 1), ByteView("\0\0", 2), 1, false};
    const std::string message = connect::encode_read({&nothing, 1});
    for (bool is_again = false;; is_again = true) {
        const Result<ConnectedPtr> used = co_await session->connected(context);
        if (!used) {
            co_return used.error();
        }
        Result<ReadOutput> output =
            co_await read_once(session, context, *used, Consistency::strong, message, 1);
        if (output || is_again) {
            co_return output;
        }
        const Error& error = output.error();
        if (error.backend_code() == unauthorized) {
            session->distrust(*used);
        } else if (error.code() != ErrorCode::io || error.backend_code()) {
            co_return output;
        }
    }
}

}  // namespace

Async<ReadOutput> read_call(std::shared_ptr<Session> session, Context context, std::string message,
                            std::size_t ranges, Consistency consistency) {
    auto once = [session, context, message = std::move(message), ranges,
                 consistency](ConnectedPtr used) {
        return read_once(session, context, std::move(used), consistency, message, ranges);
    };
    return repeat<ReadOutput>(session, context, std::move(once));
}

Async<void> connect_call(std::shared_ptr<Session> session, Context context) {
    return repeat<void>(std::move(session), std::move(context),
                        [](const ConnectedPtr&) -> Async<void> { return Result<void>(); });
}

Async<Health> health_call(std::shared_ptr<Session> session, Context context) {
    const Instant began = session->now();
    Health health;
    const Pass inside(session->calls());
    if (!inside) {
        health.state = Health::State::unhealthy;
        health.reason = "it was closed";
        co_return health;
    }
    const Result<ReadOutput> read = co_await read_health(session, context);
    health.latency = std::chrono::duration_cast<std::chrono::microseconds>(session->now() - began);
    if (!read) {
        health.state = Health::State::unhealthy;
        health.reason = read.error().message();
    }
    co_return health;
}

}  // namespace turntable::inline v0::kv::http
