#include "turntable/kv/async_queue.hpp"

#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "kv/handle/lease.hpp"
#include "kv/handle/listen.hpp"
#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::kv {

namespace detail {

/// What the loops of an awaited listener share with its handle.
class AsyncListenerState : public std::enable_shared_from_this<AsyncListenerState> {
  public:
    AsyncListenerState(std::shared_ptr<QueuePort> port, AsyncMessageHandler handler,
                       std::uint32_t loops)
        : port_(std::move(port)), handler_(std::move(handler)), running_(loops) {}

    static void start(const std::shared_ptr<AsyncListenerState>& state, std::uint32_t loops) {
        for (std::uint32_t i = 0; i < loops; ++i) {
            // On the completion executor, so that a handler never runs inside `listen`.
            state->port_->core().runtime->completions().post([state] { state->begin(); });
        }
    }

    void request_stop() noexcept { stop_.request_stop(); }

    Async<void> stop() {
        request_stop();
        Promise<void> promise(*port_->core().runtime, Context());
        Async<void> stopped = promise.take_async();
        const std::scoped_lock guard(mutex_);
        if (running_ == 0) {
            return Result<void>();
        }
        waiting_.push_back(std::move(promise));
        return stopped;
    }

  private:
    /// Starts one loop and keeps it: a dropped Async would ask it to stop.
    void begin() {
        Async<void> loop = run(shared_from_this());
        const std::scoped_lock guard(mutex_);
        if (running_ != 0) {
            loops_.push_back(std::move(loop));
        }
    }

    static Async<void> run(std::shared_ptr<AsyncListenerState> state) {
        const std::stop_token stop = state->stop_.get_token();
        Context context;
        context.stop = stop;
        while (!stop.stop_requested()) {
            Async<QueueMessage> taking = state->port_->take(context);
            Result<QueueMessage>& taken = co_await taking;
            if (taken) {
                Async<void> delivery = deliver(state, *std::move(taken));
                (void)co_await delivery;
            } else if (taken.error().code() == ErrorCode::closed) {
                break;
            } else if (!stop.stop_requested()) {
                state->log(LogLevel::warning, taken.error());
                Async<void> delay = state->pause();
                (void)co_await delay;
            }
        }
        state->ended();
        co_return Result<void>();
    }

    static Async<void> deliver(std::shared_ptr<AsyncListenerState> state, QueueMessage taken) {
        const std::int64_t lease_until_ms = taken.lease_until_ms;
        const Message message(std::move(taken));
        std::optional<LeaseKeeper> lease;
        lease.emplace(state->port_, std::string(message.id()), lease_until_ms);
        Async<void> handling = state->handler_(message);
        Result<void> handled = std::move(co_await handling);
        lease.reset();
        if (!handled) {
            state->log(LogLevel::info, handled.error());
        }
        Async<void> finishing = state->port_->finish(
            Context(), message.id(), delivery_of(handled, state->stop_.stop_requested()));
        Result<void>& finished = co_await finishing;
        if (!finished) {
            state->log(LogLevel::warning, finished.error());
        }
        co_return Result<void>();
    }

    Async<void> pause() {
        Runtime& runtime = *port_->core().runtime;
        Context context;
        context.stop = stop_.get_token();
        context.deadline = runtime.clock().steady_now() + listener_retry_delay;
        auto promise = std::make_shared<Promise<void>>(runtime, context);
        Async<void> elapsed = promise->take_async();
        promise->on_stop(
            [promise](StopReason reason) { std::move(*promise).complete(stopped_error(reason)); });
        return elapsed;
    }

    void ended() {
        std::vector<Promise<void>> waiting;
        std::vector<Async<void>> loops;  // let go of here: their frames keep this object
        {
            const std::scoped_lock guard(mutex_);
            if (--running_ != 0) {
                return;
            }
            waiting.swap(waiting_);
            loops.swap(loops_);
        }
        for (Promise<void>& promise : waiting) {
            std::move(promise).complete(Result<void>());
        }
    }

    void log(LogLevel level, Error error) const {
        name_error(error, "listen", port_->core());
        port_->core().runtime->log(level, "kv.queue", error.to_string());
    }

    std::shared_ptr<QueuePort> port_;
    AsyncMessageHandler handler_;
    std::stop_source stop_;
    std::mutex mutex_;
    std::uint32_t running_;
    std::vector<Async<void>> loops_;
    std::vector<Promise<void>> waiting_;
};

Result<AsyncListener> start_async_listener(std::shared_ptr<QueuePort> port,
                                           AsyncMessageHandler handler,
                                           const ListenOptions& options) {
    TURNTABLE_CHECK(check_listen(options, port->core()));
    auto state = std::make_shared<AsyncListenerState>(std::move(port), std::move(handler),
                                                      options.concurrency);
    AsyncListenerState::start(state, options.concurrency);
    return AsyncListener(std::move(state));
}

Async<AsyncReceivedMessage> receive_async(std::shared_ptr<QueuePort> port,
                                          const CallOptions& call) {
    Async<QueueMessage> taking = port->take(call.context(*port->core().runtime, false));
    return then(
        std::move(taking),
        [port = std::move(port)](Result<QueueMessage>&& taken) -> Result<AsyncReceivedMessage> {
            if (!taken) {
                name_error(taken.error(), "receive", port->core());
                return std::move(taken).error();
            }
            return AsyncReceivedMessage(port, *std::move(taken));
        });
}

}  // namespace detail

AsyncReceivedMessage::AsyncReceivedMessage(std::shared_ptr<detail::QueuePort> port,
                                           QueueMessage message)
    : Message(message),
      port_(std::move(port)),
      lease_until_(std::chrono::milliseconds(message.lease_until_ms)) {}

Async<void> AsyncReceivedMessage::finish(const CallOptions& call) {
    return port_->finish(call.context(*port_->core().runtime, false), id(), Delivery::done);
}

Async<void> AsyncReceivedMessage::fail(const CallOptions& call) {
    return port_->finish(call.context(*port_->core().runtime, false), id(), Delivery::failed);
}

Async<void> AsyncReceivedMessage::extend(const CallOptions& call) {
    return port_->extend(call.context(*port_->core().runtime, false), id());
}

AsyncListener::AsyncListener(std::shared_ptr<detail::AsyncListenerState> state) noexcept
    : state_(std::move(state)) {}

AsyncListener& AsyncListener::operator=(AsyncListener&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
}

AsyncListener::~AsyncListener() { request_stop(); }

Async<void> AsyncListener::stop() {
    return state_ == nullptr ? Async<void>(Result<void>()) : state_->stop();
}

void AsyncListener::request_stop() noexcept {
    if (state_ != nullptr) {
        state_->request_stop();
    }
}

}  // namespace turntable::inline v0::kv
