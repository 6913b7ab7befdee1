#include <algorithm>
#include <stop_token>
#include <utility>

#include "backends/http/attempts.hpp"
#include "backends/http/calls.hpp"
#include "backends/http/queue_messages.hpp"
#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::kv::http {

namespace {

constexpr std::string_view json_type = "application/json";
/// How long the server may wait for a message before it says that there is none.
constexpr std::chrono::milliseconds wait_max{20'000};

/// A call of the queue, once.
Async<Reply> queue_call(std::shared_ptr<Session> session, Context context, ConnectedPtr connected,
                        std::string name, std::string body) {
    if (!connected->capabilities.queue) {
        co_return Error(ErrorCode::unsupported,
                        "this server hands out no messages, or not with this token: KV Connect has "
                        "no call for it, and turntable serve has one of its own");
    }
    auto asking = session->post(context, connected->queue_call(name), connected->headers(json_type),
                                std::move(body));
    // Only a take lasts, and it has to end with the backend; the others are left to finish.
    const bool lasts = name == "take";
    const std::stop_callback wake(session->host()->ending(),
                                  [waiting = lasts ? asking.operation() : nullptr] {
                                      if (waiting != nullptr) {
                                          waiting->request_stop(StopReason::cancelled);
                                      }
                                  });
    Result<Reply>& reply = co_await asking;
    if (reply && reply->status != 200 && reply->status != 204) {
        co_return error_of(*reply, name, connected->metadata.token);
    }
    co_return std::move(reply);
}

/// The wait of one take: what is left until the deadline, but never nothing.
std::chrono::milliseconds wait_of(Session& session, const Context& context) {
    const auto half = session.options().request_timeout / 2;
    const std::chrono::milliseconds most = std::min(wait_max, half);
    if (!context.has_deadline()) {
        return std::max(most, std::chrono::milliseconds(1));
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(context.deadline - session.now());
    return std::clamp(left, std::chrono::milliseconds(1),
                      std::max(most, std::chrono::milliseconds(1)));
}

/// Whether a call that failed so may have been made all the same.
bool may_be_made(const Error& error) {
    if (const auto status = error.backend_code()) {
        return *status >= 500;
    }
    return error.code() == ErrorCode::io && net::http::may_have_been_sent(error);
}

/// A finish or extend, once. `may_be_made_before` tells of earlier attempts, and of this one from
/// now on.
Async<void> settle_once(std::shared_ptr<Session> session, Context context, ConnectedPtr used,
                        std::string name, std::string body,
                        std::shared_ptr<bool> may_be_made_before) {
    const Result<Reply> reply =
        co_await queue_call(session, context, std::move(used), name, std::move(body));
    // A finish that may have been made, and is then not found, was made.
    if (reply ||
        (*may_be_made_before && name == "finish" && reply.error().code() == ErrorCode::not_found)) {
        co_return {};
    }
    *may_be_made_before = *may_be_made_before || may_be_made(reply.error());
    co_return reply.error();
}

Async<void> settle_call(std::shared_ptr<Session> session, Context context, std::string name,
                        std::string body) {
    auto once = [session, context, name = std::move(name), body = std::move(body),
                 before = std::make_shared<bool>(false)](ConnectedPtr used) {
        return settle_once(session, context, std::move(used), name, body, before);
    };
    return repeat<void>(session, context, std::move(once));
}

}  // namespace

Async<QueueMessage> take_call(std::shared_ptr<Session> session, Context context) {
    const Pass inside(session->calls());
    if (!inside) {
        co_return closed_error();
    }
    Attempts attempts(session, context);
    while (true) {
        Result<ConnectedPtr> used = co_await session->connected(context);
        Result<Reply> reply = used ? Result<Reply>(Reply()) : used.error();
        if (used) {
            reply = co_await queue_call(session, context, *used, "take",
                                        take_json(wait_of(*session, context)));
        }
        if (session->is_ending()) {
            co_return closed_error();
        }
        if (reply && reply->status == 200) {
            co_return message_of(reply->body.text());
        }
        if (reply) {
            attempts = Attempts(session, context);  // it is there, and has nothing
            if (session->now() >= context.deadline) {
                co_return stopped_error(StopReason::timeout);
            }
            continue;
        }
        const Result<bool> again = co_await attempts.again(reply.error(), used ? *used : nullptr);
        if (!again || !*again) {
            co_return attempts.given_up(reply.error());
        }
    }
}

Async<void> finish_call(std::shared_ptr<Session> session, Context context, std::string id,
                        Delivery delivery) {
    return settle_call(std::move(session), std::move(context), "finish", finish_json(id, delivery));
}

Async<void> extend_call(std::shared_ptr<Session> session, Context context, std::string id) {
    return settle_call(std::move(session), std::move(context), "extend", extend_json(id));
}

}  // namespace turntable::inline v0::kv::http
