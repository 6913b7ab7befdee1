#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/database.hpp"

namespace turntable::inline v0::server {

/// Where the messages of a queue are pushed.
struct WebhookOptions {
    /// See WebhookTarget::create.
    std::string url;
    std::string secret = {};
    /// PEM file with the authorities that are believed; empty: those of the system.
    std::string authorities = {};
    /// Messages under way at once.
    std::uint32_t concurrency = 4;
    /// For the answer to one message.
    std::chrono::milliseconds timeout{30'000};
};

/// Pushes each message of a database's queue to a URL.
///
/// Purpose: a status from 200 to 299 acknowledges. Everything else, a redirect too, gives the
/// message back to its schedule, which at last writes it to its keys for undelivered messages.
/// While a receiver cannot be reached at all, only one message in a while is tried, for the
/// schedule of every message would soon be used up; see PushPause. What is under way keeps its
/// lease. Counts `turntable_webhook_deliveries_total{database, result}`, logs as "server.webhook"
/// without URL, secret and content. Ownership: shares database and runtime; owns its threads and
/// connections. The destructor stops without grace. Threads: any; `stop` at most once at a time.
/// Errors: from `start`: `invalid_config` for options that are wrong, or files that are none.
class TURNTABLE_EXPORT Webhook {
  public:
    static Result<std::unique_ptr<Webhook>> start(std::shared_ptr<Runtime> runtime,
                                                  std::string database_name, kv::Database database,
                                                  const WebhookOptions& options);

    class State;
    explicit Webhook(std::shared_ptr<State> state);
    Webhook(const Webhook&) = delete;
    Webhook& operator=(const Webhook&) = delete;
    ~Webhook();

    /// Takes no further message and waits for nothing. What was taken and not yet sent is put back.
    void request_stop();
    /// The same, and waits for those under way; what has no answer after `grace` is put back into
    /// the queue, as the same attempt. False: some did.
    bool stop(std::chrono::milliseconds grace);

  private:
    std::shared_ptr<State> state_;
};

}  // namespace turntable::inline v0::server
