#include <algorithm>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "backends/http/attempts.hpp"
#include "backends/http/calls.hpp"
#include "backends/http/watch_state.hpp"
#include "kv_connect/messages.hpp"
#include "kv_connect/watch_frames.hpp"
#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::kv::http {

namespace {

constexpr std::string_view watch_name = "watch";
constexpr std::string_view frames_type = "application/octet-stream";
constexpr std::size_t refusal_bytes_max = 64 * 1024;
/// Servers send a sign of life every few seconds; after so much silence the connection is dead.
constexpr std::chrono::seconds silence_max{30};

using Step = Result<std::optional<WatchOutput>>;

/// A watch whose stream is opened again when it breaks.
class Watch final : public StreamSource<WatchOutput> {
  public:
    struct State {
        std::shared_ptr<Session> session;
        std::vector<std::string> keys;
        std::string message;
        WatchState told;
        std::optional<Stream<Bytes>> body = {};
        ConnectedPtr used = nullptr;
        connect::WatchFrames frames = {};
        /// Attempts since something was told last, and when the first of them failed.
        std::uint32_t failures = 0;
        Instant failing_since = {};
        /// The token was refused, and no stream was opened since.
        bool was_refused = false;
        bool ended = false;
    };

    explicit Watch(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Async<std::optional<WatchOutput>> next(const Context& context) override {
        return step(state_, context);
    }

  private:
    static Async<std::optional<WatchOutput>> step(std::shared_ptr<State> state, Context context);
    static Async<void> open(std::shared_ptr<State> state, Context context);
    static Async<std::optional<WatchOutput>> from_stream(std::shared_ptr<State> state,
                                                         Context context);
    static Async<std::optional<Bytes>> piece(std::shared_ptr<State> state, Context context);
    static Async<std::optional<WatchOutput>> news(std::shared_ptr<State> state, Context context,
                                                  std::string frame);
    static Async<void> pause(std::shared_ptr<State> state, Context context, Error error);

    std::shared_ptr<State> state_;
};

bool is_of_caller(const Error& error, const Context& context, Session& session) {
    return !session.is_ending() &&
           ((error.code() == ErrorCode::timeout && session.now() >= context.deadline) ||
            error.code() == ErrorCode::cancelled);
}

Async<void> Watch::open(std::shared_ptr<State> state, Context context) {
    Session& session = *state->session;
    Result<ConnectedPtr> used = co_await session.connected(context);
    if (!used) {
        co_return std::move(used).error();
    }
    state->used = *used;
    if (!state->used->capabilities.watch_keys) {
        co_return Error(ErrorCode::unsupported,
                        "the server speaks a version of KV Connect that has no watch");
    }
    auto opening = session.open(context, state->used->call(state->used->strong, watch_name),
                                state->used->headers(protobuf), state->message);
    Result<net::ClientResponse>& response = co_await opening;
    if (!response) {
        co_return std::move(response).error();
    }
    const Reply head{response->status, response->headers, {}};
    if (head.status == 200 && head.header("content-type") == frames_type) {
        state->frames = connect::WatchFrames();
        state->told.starts_over();
        state->was_refused = false;
        state->body.emplace(std::move(response->body));
        co_return {};
    }
    if (head.status == 200) {
        co_return garbled(watch_name, "it is no stream of frames");
    }
    Result<Bytes> words =
        co_await net::read_all(std::move(response->body), refusal_bytes_max, context);
    co_return error_of({head.status, head.headers, std::move(words).value_or(Bytes())}, watch_name,
                       state->used->metadata.token);
}

/// The next piece of the body; silence is an error.
Async<std::optional<Bytes>> Watch::piece(std::shared_ptr<State> state, Context context) {
    const Instant silent = state->session->now() + silence_max;
    Context limited = std::move(context);
    const bool is_ours = silent < limited.deadline;
    limited.deadline = std::min(limited.deadline, silent);
    Async<std::optional<Bytes>> next = state->body->next(limited);
    const std::stop_callback wake(state->session->host()->ending(), [waiting = next.operation()] {
        if (waiting != nullptr) {
            waiting->request_stop(StopReason::cancelled);
        }
    });
    Result<std::optional<Bytes>>& result = co_await next;
    if (!result && result.error().code() == ErrorCode::timeout && is_ours) {
        co_return Error(ErrorCode::io, "the server is silent").with_retry(Retry::temporary);
    }
    co_return std::move(result);
}

/// What a frame tells that is new, if anything.
Async<std::optional<WatchOutput>> Watch::news(std::shared_ptr<State> state, Context context,
                                              std::string frame) {
    auto reply = connect::decode_watch_output(frame);
    if (!reply) {
        co_return garbled(watch_name, reply.error().message());
    }
    if (reply->status != connect::ReadStatus::success) {
        state->session->distrust(state->used);
        co_return Error(ErrorCode::busy, "this server does not answer reads at present");
    }
    if (reply->keys.size() != state->keys.size()) {
        co_return garbled(watch_name, "it is about other keys");
    }
    if (!state->told.began() &&
        !std::ranges::all_of(reply->keys, &connect::WatchReply::Key::changed)) {
        co_return garbled(watch_name, "its first frame leaves out a key");
    }
    // An entry that is gone has no versionstamp that could tell an older state from a newer one.
    // Our servers never tell an older one.
    if (!state->used->facts && state->told.is_doubtful(*reply)) {
        std::vector<std::string> ends;
        ends.reserve(state->keys.size());
        std::vector<ReadRange> ranges;
        for (const std::string& key : state->keys) {
            ranges.push_back({key, ends.emplace_back(key + '\0'), 1, false});
        }
        Result<ReadOutput> read =
            co_await read_call(state->session, context, connect::encode_read(ranges), ranges.size(),
                               Consistency::strong);
        if (!read) {
            co_return std::move(read).error();
        }
        reply = watch_reply_of(*read);
    }
    co_return state->told.news(*std::move(reply));
}

Async<std::optional<WatchOutput>> Watch::from_stream(std::shared_ptr<State> state,
                                                     Context context) {
    while (true) {
        Result<std::optional<std::string>> frame = state->frames.next();
        if (!frame) {
            co_return std::move(frame).error();
        }
        if (*frame) {
            Step step = co_await news(state, context, **std::move(frame));
            if (!step) {
                state->body.reset();  // only a new stream tells again what this frame told
            }
            if (!step || *step) {
                co_return step;
            }
            continue;
        }
        const Result<std::optional<Bytes>> bytes = co_await piece(state, context);
        if (!bytes) {
            co_return bytes.error();
        }
        if (!*bytes) {
            co_return Error(ErrorCode::io, "the server ended the watch")
                .with_retry(Retry::temporary);
        }
        state->frames.add(**bytes);
    }
}

/// Waits until the stream may be opened again; an error when it may not. Whoever was told something
/// trusts the watch to go on, however long the server is away.
Async<void> Watch::pause(std::shared_ptr<State> state, Context context, Error error) {
    Session& session = *state->session;
    if (error.backend_code() == unauthorized && !std::exchange(state->was_refused, true)) {
        session.distrust(state->used);
        co_return {};
    }
    if (error.retry() != Retry::temporary) {
        co_return error;
    }
    const Instant now = session.now();
    if (++state->failures == 1) {
        state->failing_since = now;
        co_return {};
    }
    if (!state->told.began() && now - state->failing_since >= session.options().retry_for) {
        co_return error.with_retry(Retry::exhausted);
    }
    co_return co_await turntable::detail::nap(
        session.host(), context,
        now + backoff_delay(call_backoff, state->failures, session.runtime().random()));
}

Async<std::optional<WatchOutput>> Watch::step(std::shared_ptr<State> state, Context context) {
    const Pass inside = state->session->host()->enter_loop();
    context.caller_waits = false;
    while (!state->ended && !state->session->is_ending()) {
        Step output = std::optional<WatchOutput>();
        if (!state->body) {
            const Result<void> opened = co_await open(state, context);
            if (!opened) {
                output = opened.error();
            }
        }
        if (state->body) {
            output = co_await from_stream(state, context);
        }
        if (output) {
            state->failures = 0;
            co_return output;
        }
        if (is_of_caller(output.error(), context, *state->session)) {
            co_return output;  // the watch goes on with the next call
        }
        state->body.reset();
        const Result<void> paused = co_await pause(state, context, output.error());
        if (!paused && !state->session->is_ending()) {
            state->ended = !is_of_caller(paused.error(), context, *state->session);
            co_return paused.error();
        }
    }
    co_return std::optional<WatchOutput>();
}

}  // namespace

Stream<WatchOutput> watch_call(const std::shared_ptr<Session>& session,
                               std::span<const WatchTarget> targets, std::string message) {
    std::vector<std::string> keys;
    for (const WatchTarget& target : targets) {
        keys.push_back(target.key.to_string());
    }
    WatchState told(keys);
    return Stream<WatchOutput>(std::make_unique<Watch>(std::make_shared<Watch::State>(
        session, std::move(keys), std::move(message), std::move(told))));
}

}  // namespace turntable::inline v0::kv::http
