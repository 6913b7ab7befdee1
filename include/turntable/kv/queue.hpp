#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "turntable/core/export.hpp"
#include "turntable/core/unique_function.hpp"
#include "turntable/kv/contract.hpp"
#include "turntable/kv/handle_state.hpp"
#include "turntable/kv/options.hpp"
#include "turntable/kv/value.hpp"

namespace turntable::inline v0::kv {

/// A message of the queue.
///
/// Purpose: what a handler gets.
/// Ownership: owns its bytes. Threads: a value.
/// Errors: accessors of the value, see Value.
class [[nodiscard]] TURNTABLE_EXPORT Message {
  public:
    explicit Message(QueueMessage message);

    /// What was enqueued: a JavaScript string comes back as plain text, a Uint8Array as plain
    /// bytes, so that what `enqueue` was given is what a handler gets; every other JavaScript
    /// value as it is (Value::as_js).
    const Value& value() const noexcept { return value_; }
    /// The JavaScript value as stored.
    const Value& payload() const noexcept { return payload_; }
    /// Names this delivery.
    std::string_view id() const noexcept { return id_; }

  private:
    std::string id_;
    Value payload_;
    Value value_;
};

namespace detail {

/// What the queue half of a handle needs of a backend, whatever its type.
class TURNTABLE_EXPORT QueuePort {
  public:
    QueuePort() = default;
    QueuePort(const QueuePort&) = delete;
    QueuePort& operator=(const QueuePort&) = delete;
    virtual ~QueuePort();
    virtual const HandleCore& core() const noexcept = 0;
    virtual Async<QueueMessage> take(const Context& context) = 0;
    virtual Async<void> finish(const Context& context, std::string_view id, Delivery delivery) = 0;
    virtual Async<void> extend(const Context& context, std::string_view id) = 0;
};

template <Backend B>
class BackendQueuePort final : public QueuePort {
  public:
    explicit BackendQueuePort(std::shared_ptr<DatabaseState<B>> state) noexcept
        : state_(std::move(state)) {}
    const HandleCore& core() const noexcept override { return state_->core; }
    Async<QueueMessage> take(const Context& context) override {
        return state_->backend.queue_take(context);
    }
    Async<void> finish(const Context& context, std::string_view id, Delivery delivery) override {
        return state_->backend.queue_finish(context, id, delivery);
    }
    Async<void> extend(const Context& context, std::string_view id) override {
        return state_->backend.queue_extend(context, id);
    }

  private:
    std::shared_ptr<DatabaseState<B>> state_;
};

class ListenerState;

/// A plain string or bytes as the JavaScript value that stands for it in the queue: text that is
/// UTF-8 becomes a string, other bytes a Uint8Array; a V8 value stays.
TURNTABLE_EXPORT Result<Bytes> message_payload(const ValueRef& value);

}  // namespace detail

/// A message that was taken by hand, under a lease.
///
/// Purpose: `receive()`: the caller decides when it is done.
/// Ownership: keeps the database open. Dropped without `finish` or `fail`, the message is delivered
/// again when its lease ends.
/// Threads: one thread at a time.
/// Errors: `not_found` when the lease has ended and the message went back to the queue.
class [[nodiscard]] TURNTABLE_EXPORT ReceivedMessage : public Message {
  public:
    ReceivedMessage(std::shared_ptr<detail::QueuePort> port, QueueMessage message);

    /// Deletes the message.
    Result<void> finish(const CallOptions& call = {});
    /// Gives it back: it is delivered again by its schedule, at last written to the keys for
    /// undelivered messages.
    Result<void> fail(const CallOptions& call = {});
    /// Renews the lease; do so before `lease_until`.
    Result<void> extend(const CallOptions& call = {});
    /// When the lease that came with the message ends, by the clock of the runtime.
    WallTime lease_until() const noexcept { return lease_until_; }

  private:
    std::shared_ptr<detail::QueuePort> port_;
    WallTime lease_until_;
};

/// What handles messages: an error gives the message back to its schedule. `cancelled`, once the
/// listener was asked to stop, says that nobody tried: the message is due again at once, and that
/// costs no attempt.
using MessageHandler = std::function<Result<void>(const Message&)>;

/// A running subscription to the queue.
///
/// Purpose: what `listen` returns. Each handler runs on a thread of the listener's own, where
/// blocking calls are fine. While it runs, its lease is renewed every third of its length, so a
/// handler that runs for minutes is not given the same message twice.
/// Ownership: owns its threads and keeps the database open until `stop`. The destructor stops.
/// Threads: all functions may be called from any thread.
/// Errors: an engine error while taking is logged by the runtime and tried again after a second;
/// `closed` ends the listener.
class [[nodiscard]] TURNTABLE_EXPORT Listener {
  public:
    explicit Listener(std::shared_ptr<detail::ListenerState> state) noexcept;
    Listener(Listener&& other) noexcept = default;
    Listener& operator=(Listener&& other) noexcept;
    ~Listener();

    /// Takes no further message and waits for the running handlers. A second stop is fine. From
    /// inside a handler it only asks, and gives `would_deadlock`.
    Result<void> stop();
    /// Asks to stop and does not wait.
    void request_stop() noexcept;
    /// Blocks until the listener has ended: by stop, or because the database was closed.
    void wait();

  private:
    std::shared_ptr<detail::ListenerState> state_;
};

namespace detail {

TURNTABLE_EXPORT Result<Listener> start_listener(std::shared_ptr<QueuePort> port,
                                                 MessageHandler handler,
                                                 const ListenOptions& options);
TURNTABLE_EXPORT Result<ReceivedMessage> receive(std::shared_ptr<QueuePort> port,
                                                 const CallOptions& call);

/// A handler that returns nothing always succeeds.
template <class F>
MessageHandler message_handler(F&& handler) {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, const Message&>>) {
        return
            [handler = std::forward<F>(handler)](const Message& message) mutable -> Result<void> {
                handler(message);
                return {};
            };
    } else {
        return MessageHandler(std::forward<F>(handler));
    }
}

}  // namespace detail

}  // namespace turntable::inline v0::kv
