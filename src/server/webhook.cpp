#include "server/webhook.hpp"

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "net/client.hpp"
#include "server/push_pause.hpp"
#include "server/webhook_request.hpp"
#include "turntable/core/metrics.hpp"
#include "turntable/kv/delivery_id.hpp"

namespace turntable::inline v0::server {

namespace {

/// What of an answer is read, so that its connection serves the next message.
constexpr std::size_t answer_bytes_max = 64 << 10;
constexpr int status_good_min = 200;
constexpr int status_good_max = 299;

}  // namespace

class Webhook::State {
  public:
    State(std::shared_ptr<Runtime> runtime, std::string name, WebhookTarget target,
          std::unique_ptr<net::Client> client, std::chrono::milliseconds timeout)
        : runtime_(std::move(runtime)),
          name_(std::move(name)),
          target_(std::move(target)),
          client_(std::move(client)),
          timeout_(timeout) {}

    Result<void> listen(const kv::Database& database, std::uint32_t concurrency) {
        TURNTABLE_TRY(
            kv::Listener listener,
            database.listen([this](const kv::Message& message) { return deliver(message); },
                            {.concurrency = concurrency}));
        listener_.emplace(std::move(listener));
        return {};
    }

    void request_stop() {
        if (!listener_) {
            return;
        }
        listener_->request_stop();
        const std::scoped_lock guard(mutex_);
        ending_ = true;
        changed_.notify_all();
    }

    bool stop(std::chrono::milliseconds grace) {
        if (!listener_) {
            return true;
        }
        request_stop();
        bool all = true;
        {
            std::unique_lock lock(mutex_);
            const Instant until = runtime_->clock().steady_now() + grace;
            while (under_way_ > 0 && runtime_->clock().steady_now() < until) {
                runtime_->clock().wait_until(lock, changed_, until);
            }
            all = under_way_ == 0;
        }
        stop_.request_stop();
        (void)listener_->stop();
        client_->close();
        return all;
    }

  private:
    /// On a thread of the listener, which renews the lease meanwhile.
    Result<void> deliver(const kv::Message& message) {
        TURNTABLE_TRY(const PushPause::Turn turn, wait_for_turn());
        const Instant begun = runtime_->clock().steady_now();
        const auto status = post(message);
        ended(turn, status || net::http::may_have_been_sent(status.error()));
        const bool good = status && *status >= status_good_min && *status <= status_good_max;
        note(message, status, good, begun);
        if (good) {
            return {};
        }
        return status ? Error(ErrorCode::backend,
                              "the receiver answered with " + std::to_string(*status))
                      : status.error();
    }

    Result<int> post(const kv::Message& message) {
        Context context;
        context.stop = stop_.get_token();
        context.deadline = runtime_->clock().steady_now() + timeout_;
        const auto& clock = runtime_->clock();
        auto request = webhook_request(target_, name_, message, clock.wall_now());
        auto response = client_->fetch(std::move(request), context).wait();
        if (!response) {
            return std::move(response).error();
        }
        // The status says it all; one that goes on for ever is dropped with its connection.
        (void)net::read_all(std::move(response->body), answer_bytes_max, context).wait();
        return response->status;
    }

    /// `cancelled` at the end: the listener then puts the message back.
    Result<PushPause::Turn> wait_for_turn() {
        std::unique_lock lock(mutex_);
        Clock& clock = runtime_->clock();
        for (;;) {
            if (ending_) {
                return Error(ErrorCode::cancelled, "the server ends");
            }
            const auto until = pause_.not_before(clock.steady_now());
            if (!until) {
                ++under_way_;
                return pause_.begin(clock.steady_now(), timeout_);
            }
            clock.wait_until(lock, changed_, *until);
        }
    }

    void ended(PushPause::Turn turn, bool maybe_reached) {
        const std::scoped_lock guard(mutex_);
        --under_way_;
        if (maybe_reached) {
            pause_.reached();
        } else {
            pause_.failed(turn, runtime_->clock().steady_now());
        }
        changed_.notify_all();
    }

    void note(const kv::Message& message, const Result<int>& status, bool good, Instant begun) {
        const auto took = runtime_->clock().steady_now() - begun;
        const char* result = good ? "acknowledged" : status ? "refused" : "failed";
        runtime_->metrics()
            ->counter("turntable_webhook_deliveries_total", "Messages pushed, by what came of it.",
                      {{"database", name_}, {"result", result}})
            .add();
        runtime_->metrics()
            ->histogram("turntable_webhook_duration_seconds", "Time until a receiver answered.",
                        {{"database", name_}})
            .observe(took);
        if (!runtime_->has_log()) {
            return;
        }
        const std::string id = kv::delivered_message(message.id());
        const std::array fields = {
            LogField{"database", name_},
            LogField{"message", id},
            LogField{"attempt", std::int64_t{kv::delivery_attempt(message.id())}},
            LogField{"status", std::int64_t{status ? *status : 0}},
            LogField{"error", status ? std::string_view() : to_string(status.error().code())},
            LogField{
                "microseconds",
                std::int64_t{std::chrono::duration_cast<std::chrono::microseconds>(took).count()}}};
        runtime_->log(good ? LogLevel::info : LogLevel::warning, "server.webhook", result, fields);
    }

    std::shared_ptr<Runtime> runtime_;
    std::string name_;
    WebhookTarget target_;
    std::unique_ptr<net::Client> client_;
    std::chrono::milliseconds timeout_;
    std::stop_source stop_;
    std::optional<kv::Listener> listener_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ending_ = false;
    std::uint32_t under_way_ = 0;
    PushPause pause_;
};

Result<std::unique_ptr<Webhook>> Webhook::start(std::shared_ptr<Runtime> runtime,
                                                std::string database_name, kv::Database database,
                                                const WebhookOptions& options) {
    TURNTABLE_TRY(WebhookTarget target, WebhookTarget::create(options.url, options.secret));
    TURNTABLE_TRY(std::unique_ptr<net::Client> client,
                  net::Client::create({.runtime = runtime,
                                       .authorities = options.authorities,
                                       .connections_max = options.concurrency}));
    auto state = std::make_shared<State>(std::move(runtime), std::move(database_name),
                                         std::move(target), std::move(client), options.timeout);
    TURNTABLE_CHECK(state->listen(database, options.concurrency));
    return std::make_unique<Webhook>(std::move(state));
}

Webhook::Webhook(std::shared_ptr<State> state) : state_(std::move(state)) {}

Webhook::~Webhook() { stop(std::chrono::milliseconds(0)); }

void Webhook::request_stop() { state_->request_stop(); }

bool Webhook::stop(std::chrono::milliseconds grace) { return state_->stop(grace); }

}  // namespace turntable::inline v0::server
