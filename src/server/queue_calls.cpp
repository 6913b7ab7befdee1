#include "server/queue_calls.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "kv_connect/messages.hpp"
#include "server/kv_calls.hpp"
#include "server/media_type.hpp"
#include "server/queue_request.hpp"
#include "server/responses.hpp"
#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::server {

namespace {

using net::http::Request;
using net::http::Response;

constexpr std::string_view json_type = "application/json";
constexpr std::string_view bytes_type = "application/octet-stream";

Runtime& runtime_behind(const ServedDatabase& served) { return served.database.runtime(); }

Response json_response(std::string json) {
    Response response = bytes_response(std::move(json), json_type);
    response.headers.add("cache-control", "no-store");
    return response;
}

Response nothing() {
    Response response;
    response.status = 204;
    return response;
}

/// 204, or why not.
Async<Response> done(Async<void> answer, const ServedDatabase& served, std::string_view operation) {
    return then(std::move(answer), [served, operation](Result<void>&& result) -> Result<Response> {
        return result ? nothing()
                      : error_response(runtime_behind(served), operation, result.error());
    });
}

Async<Response> enqueue(const Request& request, const ServedDatabase& served,
                        const Context& context) {
    constexpr std::string_view operation = "enqueue";
    const auto message = has_media_type(request.head.headers, bytes_type)
                             ? enqueue_of_bytes(request.body)
                             : parse_enqueue(request.body.text());
    if (!message) {
        return error_response(runtime_behind(served), operation, message.error());
    }
    const std::int64_t now_ms =
        runtime_behind(served).clock().wall_now().time_since_epoch().count();
    const std::vector<ByteView> keys(message->keys_if_undelivered.begin(),
                                     message->keys_if_undelivered.end());
    const kv::Enqueue one{.payload = message->payload,
                          .deadline_ms = now_ms + message->delay_ms,
                          .keys_if_undelivered = keys,
                          .backoff_ms = message->backoff_ms};
    const kv::AtomicWrite write{.enqueues = std::span(&one, 1)};
    if (const auto fits = kv::check_write(write, served_limits(), now_ms); !fits) {
        return error_response(runtime_behind(served), operation, fits.error());
    }
    return then(
        served.database.backend().atomic_write(context, write),
        [served](Result<kv::CommitResult>&& result) -> Result<Response> {
            if (!result) {
                return error_response(runtime_behind(served), "enqueue", result.error());
            }
            return json_response("{\"versionstamp\":\"" + result->versionstamp.to_string() + "\"}");
        });
}

/// When to look whether the token still holds: every so often, and at its end.
Instant next_look(Runtime& runtime, const QueueCall& call) {
    Instant next = runtime.clock().steady_now() + call.look_every;
    if (call.grant.expires) {
        const auto left = *call.grant.expires - runtime.clock().wall_now();
        if (left < call.look_every) {
            next = runtime.clock().steady_now() + left;
        }
    }
    return next;
}

Async<Response> take_until(ServedDatabase served, QueueCall call, bool as_stored, Instant until,
                           Context context) {
    constexpr std::string_view operation = "take";
    Runtime& runtime = runtime_behind(served);
    for (;;) {
        Context step = context;
        step.deadline = std::min(until, next_look(runtime, call));
        Result<kv::QueueMessage> message = co_await served.database.backend().queue_take(step);
        if (!message && message.error().code() != ErrorCode::timeout) {
            co_return error_response(runtime, operation, message.error());
        }
        if (!call.may_go_on()) {
            if (message) {
                // It came for one who may not have it any more, and nobody tried it.
                (void)co_await served.database.backend().queue_finish(context, message->id,
                                                                      kv::Delivery::returned);
            }
            co_return Refusal{401, "the access token has ended or was withdrawn"}.response();
        }
        if (message) {
            Response answer = json_response(message_json(*message, as_stored));
            answer.take_back = [served, id = message->id] {
                return served.database.backend().queue_finish({}, id, kv::Delivery::returned);
            };
            co_return answer;
        }
        if (runtime.clock().steady_now() >= until) {
            co_return nothing();
        }
    }
}

Async<Response> take(const Request& request, const ServedDatabase& served, QueueCall call,
                     const Context& context) {
    const auto taking = parse_take(request.body.text());
    if (!taking) {
        return error_response(runtime_behind(served), "take", taking.error());
    }
    const Instant until =
        std::min(context.deadline, runtime_behind(served).clock().steady_now() + taking->wait);
    return take_until(served, std::move(call), taking->as_stored, until, context);
}

Async<Response> finish(const Request& request, const ServedDatabase& served,
                       const Context& context) {
    const auto parsed = parse_finish(request.body.text());
    if (!parsed) {
        return error_response(runtime_behind(served), "finish", parsed.error());
    }
    return done(served.database.backend().queue_finish(context, parsed->id, parsed->delivery),
                served, "finish");
}

Async<Response> extend(const Request& request, const ServedDatabase& served,
                       const Context& context) {
    const auto id = parse_extend(request.body.text());
    if (!id) {
        return error_response(runtime_behind(served), "extend", id.error());
    }
    return done(served.database.backend().queue_extend(context, *id), served, "extend");
}

}  // namespace

std::optional<QueueMethod> queue_method_from(std::string_view name) noexcept {
    constexpr std::string_view names[] = {"enqueue", "take", "finish", "extend"};
    const auto found = std::ranges::find(names, name);
    return found == std::end(names)
               ? std::nullopt
               : std::optional(static_cast<QueueMethod>(found - std::begin(names)));
}

Async<Response> answer_queue_call(const Request& request, const ServedDatabase& served,
                                  QueueCall call, const Context& context) {
    const QueueMethod method = call.method;
    if (call.grant.read_only || served.read_only) {
        return text_response(403, call.grant.read_only
                                      ? "queue: the access token is for reading only"
                                      : "queue: this database is served for reading only");
    }
    // Required, not only checked: without it any page could have a browser send such a request.
    const bool is_bytes =
        method == QueueMethod::enqueue && has_media_type(request.head.headers, bytes_type);
    if (!is_bytes && !has_media_type(request.head.headers, json_type)) {
        return text_response(415,
                             "the queue is asked in JSON: send the header 'content-type: "
                             "application/json'");
    }
    switch (method) {
        case QueueMethod::enqueue:
            return enqueue(request, served, context);
        case QueueMethod::take:
            return take(request, served, std::move(call), context);
        case QueueMethod::finish:
            return finish(request, served, context);
        case QueueMethod::extend:
            break;
    }
    return extend(request, served, context);
}

}  // namespace turntable::inline v0::server
