#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "kv/handle/lease.hpp"
#include "kv/handle/listen.hpp"
#include "turntable/kv/queue.hpp"

namespace turntable::inline v0::kv {

namespace detail {

namespace {

/// What a handler says, with its exceptions turned into errors.
Result<void> handle(const MessageHandler& handler, const Message& message) {
    try {
        return handler(message);
    } catch (const std::exception& exception) {
        return Error(ErrorCode::backend,
                     std::string("a message handler threw: ") + exception.what());
    } catch (...) {
        return Error(ErrorCode::backend, "a message handler threw");
    }
}

}  // namespace

QueuePort::~QueuePort() = default;

Result<void> check_listen(const ListenOptions& options, const HandleCore& core) {
    if (options.concurrency >= 1 && options.concurrency <= listener_concurrency_max) {
        return {};
    }
    Error error(
        ErrorCode::invalid_argument,
        "a listener runs 1 to " + std::to_string(listener_concurrency_max) + " handlers at once");
    name_error(error.with("concurrency", std::to_string(options.concurrency)), "listen", core);
    return error;
}

Delivery delivery_of(const Result<void>& handled, bool stopping) noexcept {
    if (handled) {
        return Delivery::done;
    }
    return stopping && handled.error().code() == ErrorCode::cancelled ? Delivery::returned
                                                                      : Delivery::failed;
}

/// The threads of a listener and what they share with its handle.
class ListenerState {
  public:
    ListenerState(std::shared_ptr<QueuePort> port, MessageHandler handler)
        : port_(std::move(port)), handler_(std::move(handler)) {}
    ListenerState(const ListenerState&) = delete;
    ListenerState& operator=(const ListenerState&) = delete;
    /// Only where a handler destroyed its own listener are there threads left. The last of them is
    /// here, and none can join itself.
    ~ListenerState() {
        if (!threads_.empty()) {
            port_->core().runtime->blocking_pool().post([threads = std::move(threads_)]() mutable {
                for (std::thread& thread : threads) {
                    thread.join();
                }
            });
        }
    }

    static void start(const std::shared_ptr<ListenerState>& state, std::uint32_t threads) {
        const std::scoped_lock guard(state->mutex_);
        for (std::uint32_t i = 0; i < threads; ++i) {
            state->threads_.emplace_back([state] { state->run(); });
            state->thread_ids_.push_back(state->threads_.back().get_id());
        }
    }

    void request_stop() noexcept {
        stop_.request_stop();
        const std::scoped_lock guard(mutex_);
        changed_.notify_all();
    }

    Result<void> stop() {
        request_stop();
        return join();
    }

    void wait() { (void)join(); }

  private:
    Result<void> join() {
        if (is_own_thread()) {
            return Error(ErrorCode::would_deadlock, "a handler cannot wait for its own listener");
        }
        const std::scoped_lock joining(join_mutex_);  // a second caller waits for the first
        std::vector<std::thread> threads;
        {
            const std::scoped_lock guard(mutex_);
            threads.swap(threads_);
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        return {};
    }

    bool is_own_thread() {
        const std::scoped_lock guard(mutex_);
        return std::find(thread_ids_.begin(), thread_ids_.end(), std::this_thread::get_id()) !=
               thread_ids_.end();
    }

    void run() {
        const std::stop_token stop = stop_.get_token();
        while (!stop.stop_requested()) {
            Context context;
            context.stop = stop;
            context.caller_waits = true;
            Result<QueueMessage> taken = port_->take(context).wait();
            if (taken) {
                deliver(*std::move(taken));
            } else if (taken.error().code() == ErrorCode::closed) {
                return;
            } else if (!stop.stop_requested()) {
                log(LogLevel::warning, taken.error());
                pause(stop);
            }
        }
    }

    void deliver(QueueMessage taken) {
        const std::int64_t lease_until_ms = taken.lease_until_ms;
        const Message message(std::move(taken));
        Result<void> handled;
        {
            const LeaseKeeper lease(port_, std::string(message.id()), lease_until_ms);
            handled = handle(handler_, message);
        }
        if (!handled) {
            log(LogLevel::info, handled.error());
        }
        Context context;
        context.caller_waits = true;
        Result<void> finished =
            port_->finish(context, message.id(), delivery_of(handled, stop_.stop_requested()))
                .wait();
        if (!finished) {
            log(LogLevel::warning, finished.error());
        }
    }

    void pause(const std::stop_token& stop) {
        Clock& clock = port_->core().runtime->clock();
        const Instant until = clock.steady_now() + listener_retry_delay;
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested() && clock.steady_now() < until) {
            clock.wait_until(lock, changed_, until);
        }
    }

    void log(LogLevel level, Error error) const {
        name_error(error, "listen", port_->core());
        port_->core().runtime->log(level, "kv.queue", error.to_string());
    }

    std::shared_ptr<QueuePort> port_;
    MessageHandler handler_;
    std::stop_source stop_;
    std::mutex join_mutex_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::thread> threads_;
    std::vector<std::thread::id> thread_ids_;
};

Result<Listener> start_listener(std::shared_ptr<QueuePort> port, MessageHandler handler,
                                const ListenOptions& options) {
    TURNTABLE_CHECK(check_listen(options, port->core()));
    auto state = std::make_shared<ListenerState>(std::move(port), std::move(handler));
    ListenerState::start(state, options.concurrency);
    return Listener(std::move(state));
}

Result<ReceivedMessage> receive(std::shared_ptr<QueuePort> port, const CallOptions& call) {
    const HandleCore& core = port->core();
    Result<QueueMessage> taken =
        named(port->take(call.context(*core.runtime, true)).wait(), "receive", core);
    if (!taken) {
        return std::move(taken).error();
    }
    return ReceivedMessage(std::move(port), *std::move(taken));
}

}  // namespace detail

Listener::Listener(std::shared_ptr<detail::ListenerState> state) noexcept
    : state_(std::move(state)) {}

Listener& Listener::operator=(Listener&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
}

Listener::~Listener() {
    if (state_ != nullptr) {
        // From its own handler it can only ask; the threads then share the state until they end.
        (void)state_->stop();
    }
}

Result<void> Listener::stop() { return state_ == nullptr ? Result<void>() : state_->stop(); }

void Listener::request_stop() noexcept {
    if (state_ != nullptr) {
        state_->request_stop();
    }
}

void Listener::wait() {
    if (state_ != nullptr) {
        state_->wait();
    }
}

ReceivedMessage::ReceivedMessage(std::shared_ptr<detail::QueuePort> port, QueueMessage message)
    : Message(message),
      port_(std::move(port)),
      lease_until_(std::chrono::milliseconds(message.lease_until_ms)) {}

Result<void> ReceivedMessage::finish(const CallOptions& call) {
    const turntable::detail::HandleCore& core = port_->core();
    return detail::named(
        port_->finish(call.context(*core.runtime, true), id(), Delivery::done).wait(), "finish",
        core);
}

Result<void> ReceivedMessage::fail(const CallOptions& call) {
    const turntable::detail::HandleCore& core = port_->core();
    return detail::named(
        port_->finish(call.context(*core.runtime, true), id(), Delivery::failed).wait(), "fail",
        core);
}

Result<void> ReceivedMessage::extend(const CallOptions& call) {
    const turntable::detail::HandleCore& core = port_->core();
    return detail::named(port_->extend(call.context(*core.runtime, true), id()).wait(), "extend",
                         core);
}

}  // namespace turntable::inline v0::kv
