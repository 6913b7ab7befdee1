#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "turntable/core/async.hpp"
#include "turntable/core/export.hpp"
#include "turntable/kv/queue.hpp"

namespace turntable::inline v0::kv {

/// A message that was taken by hand, under a lease, with awaited verbs. See ReceivedMessage.
///
/// Purpose: `co_await db.receive()`. Ownership: keeps the database open.
/// Threads: one thread at a time. Errors: as for ReceivedMessage.
class [[nodiscard]] TURNTABLE_EXPORT AsyncReceivedMessage : public Message {
  public:
    AsyncReceivedMessage(std::shared_ptr<detail::QueuePort> port, QueueMessage message);

    Async<void> finish(const CallOptions& call = {});
    Async<void> fail(const CallOptions& call = {});
    Async<void> extend(const CallOptions& call = {});
    WallTime lease_until() const noexcept { return lease_until_; }

  private:
    std::shared_ptr<detail::QueuePort> port_;
    WallTime lease_until_;
};

/// What handles messages without blocking: usually a coroutine. The message is a copy that the
/// coroutine owns. What its errors mean: see MessageHandler.
using AsyncMessageHandler = std::function<Async<void>(Message)>;

namespace detail {
class AsyncListenerState;
}  // namespace detail

/// A running subscription to the queue whose handlers are awaited. See Listener.
///
/// Purpose: what AsyncDatabase::listen returns. Up to `concurrency` handlers are under way at once;
/// their leases are renewed meanwhile. Handlers start on the completion executor.
/// Ownership: keeps the database open until it has stopped. The destructor asks to stop and does
/// not wait.
/// Threads: all functions may be called from any thread.
/// Errors: as for Listener.
class [[nodiscard]] TURNTABLE_EXPORT AsyncListener {
  public:
    explicit AsyncListener(std::shared_ptr<detail::AsyncListenerState> state) noexcept;
    AsyncListener(AsyncListener&&) noexcept = default;
    AsyncListener& operator=(AsyncListener&& other) noexcept;
    ~AsyncListener();

    /// Takes no further message; ready when the running handlers have ended.
    Async<void> stop();
    /// Asks to stop and does not wait.
    void request_stop() noexcept;

  private:
    std::shared_ptr<detail::AsyncListenerState> state_;
};

namespace detail {
TURNTABLE_EXPORT Result<AsyncListener> start_async_listener(std::shared_ptr<QueuePort> port,
                                                            AsyncMessageHandler handler,
                                                            const ListenOptions& options);
TURNTABLE_EXPORT Async<AsyncReceivedMessage> receive_async(std::shared_ptr<QueuePort> port,
                                                           const CallOptions& call);
}  // namespace detail

}  // namespace turntable::inline v0::kv
