#include "server/webhook.hpp"

#include <gmock/gmock.h>

#include <condition_variable>
#include <functional>
#include <mutex>

#include "net/server.hpp"
#include "server/push_pause.hpp"
#include "server/webhook_request.hpp"
#include "support/asked_service.hpp"
#include "support/child_process.hpp"
#include "support/temp_folder.hpp"
#include "turntable/core/base64.hpp"
#include "turntable/core/metrics.hpp"
#include "turntable/kv/json.hpp"
#include "turntable/kv/memory.hpp"

namespace {

using namespace turntable;
using namespace std::chrono_literals;
using server::WebhookTarget;
using testing::HasSubstr;
using testing::Not;

// The example of the description of Standard Webhooks.
TEST(WebhookSignature, IsThatOfStandardWebhooks) {
    const std::string key = from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
    EXPECT_EQ(server::webhook_signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                        R"({"test": 2432232314})"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookTarget, IsReadOrRefused) {
    const auto target =
        WebhookTarget::create("https://example.org:8443/a?b=c", "whsec_MDEyMzQ1Njc4OWFiY2RlZg==");
    ASSERT_TRUE(target) << target.error().to_string();
    EXPECT_EQ(target->origin, "https://example.org:8443");
    EXPECT_EQ(target->path, "/a?b=c");
    EXPECT_EQ(target->key, "0123456789abcdef");
    EXPECT_EQ(WebhookTarget::create("http://[::1]:1", "")->origin, "http://[::1]:1");
    EXPECT_EQ(WebhookTarget::create("http://h", "")->path, "/");
    EXPECT_EQ(WebhookTarget::create("http://h?q", "")->path, "/?q");
    EXPECT_EQ(WebhookTarget::create("http://h", "sixteen-letters!")->key, "sixteen-letters!");
    for (const char* url : {"", "h", "file:/x", "http:", "http://", "http://u:pw-of-17-chars@h/",
                            "http://h/#x", "http://h/\r\nx: y", "https:///x"}) {
        const auto refused = WebhookTarget::create(url, "");
        ASSERT_FALSE(refused) << url;
        EXPECT_THAT(refused.error().to_string(), Not(HasSubstr("pw-of")));
    }
    for (const char* secret : {"fifteen-letters", "whsec_", "whsec_MDEy", "whsec_%%%%"}) {
        const auto refused = WebhookTarget::create("http://h", secret);
        ASSERT_FALSE(refused) << secret;
        EXPECT_THAT(refused.error().to_string(), Not(HasSubstr("fifteen")));
    }
}

TEST(PushPause, OnlyATrialThatFailsMakesItLonger) {
    using server::PushPause;
    PushPause pause;
    const Instant start{};
    const auto usual = PushPause::Turn::usual;
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(pause.begin(start, 30s), usual);
    }
    // Four were under way: one pause, from the first.
    for (int i = 0; i < 4; ++i) {
        pause.failed(usual, start + i * 100ms);
    }
    EXPECT_EQ(pause.not_before(start + 999ms), start + 1s);
    Instant now = start + 1s;
    for (const auto next : {2s, 4s, 8s, 16s, 30s, 30s}) {
        EXPECT_FALSE(pause.not_before(now));
        const auto trial = pause.begin(now, 30s);
        EXPECT_EQ(trial, PushPause::Turn::trial);
        EXPECT_GT(pause.not_before(now), now + 30s) << "one at a time";
        pause.failed(trial, now);
        EXPECT_EQ(pause.not_before(now), now + next);
        now += next;
    }
    pause.reached();
    EXPECT_FALSE(pause.not_before(now));
    EXPECT_EQ(pause.begin(now, 30s), usual);
    pause.failed(usual, now);
    EXPECT_EQ(pause.not_before(now), now + 1s);
}

/// A receiver over real sockets that does with each request what the test says.
class Receiver final : public net::http::Handler {
  public:
    using Answer =
        std::function<Async<net::http::Response>(const net::http::Request&, const Context&)>;

    std::uint64_t body_limit(const net::http::RequestHead&) override { return 1 << 20; }
    Async<net::http::Response> handle(net::http::Request request, const Context& context) override {
        Answer answer;
        {
            const std::scoped_lock guard(mutex);
            answer = answers.empty() ? Answer() : answers.front();
            if (!answers.empty()) {
                answers.erase(answers.begin());
            }
        }
        auto answered = answer ? answer(request, context) : Async<net::http::Response>(status(204));
        const std::scoped_lock guard(mutex);
        requests.push_back(std::move(request));
        changed.notify_all();
        return answered;
    }
    static net::http::Response status(int number) {
        net::http::Response response;
        response.status = number;
        return response;
    }
    static Answer always(int number) {
        return [number](const auto&, const auto&) { return Receiver::status(number); };
    }
    /// Answers when it is asked to stop, and not before.
    static Answer never() {
        return [](const auto&, const Context& context) {
            auto promise =
                std::make_shared<Promise<net::http::Response>>(*Runtime::shared(), context);
            auto async = promise->take_async();
            promise->on_stop([promise](StopReason reason) {
                if (promise->is_open()) {
                    std::move(*promise).complete(stopped_error(reason));
                }
            });
            return async;
        };
    }
    std::vector<net::http::Request> received() {
        const std::scoped_lock guard(mutex);
        return requests;
    }
    void answer_with(std::vector<Answer> some) {
        const std::scoped_lock guard(mutex);
        answers = std::move(some);
    }
    void wait_for(std::size_t count) {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(changed.wait_for(lock, 30s, [&] { return requests.size() >= count; }))
            << requests.size();
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Answer> answers;
    std::vector<net::http::Request> requests;
};

class Webhooks : public testing::Test {
  protected:
    static constexpr std::string_view secret = "a-secret-of-this-test";

    Webhooks() { listen(); }
    void listen(const std::string& address = "127.0.0.1:0") {
        net::ServerOptions options;
        options.listen = {address};
        options.handler = receiver;
        options.threads = 1;
        server = net::Server::start(std::move(options)).value();
    }
    void push(std::chrono::milliseconds timeout = 20s, std::uint32_t concurrency = 1) {
        webhook = server::Webhook::start(runtime, "main", db,
                                         {.url = "http://" + server->addresses().at(0) + "/hook",
                                          .secret = std::string(secret),
                                          .concurrency = concurrency,
                                          .timeout = timeout})
                      .value();
    }
    /// Until it has been pushed so often with that result.
    void wait_for_result(const std::string& result, std::uint64_t count) {
        Counter& counter = runtime->metrics()->counter("turntable_webhook_deliveries_total", "",
                                                       {{"database", "main"}, {"result", result}});
        const auto until = std::chrono::steady_clock::now() + 30s;
        while (counter.value() < count && std::chrono::steady_clock::now() < until) {
            std::this_thread::yield();
        }
        ASSERT_EQ(counter.value(), count) << result;
    }
    void wait_for_key(const kv::Key& key) {
        const auto until = std::chrono::steady_clock::now() + 30s;
        while (!db.get(key).value() && std::chrono::steady_clock::now() < until) {
            std::this_thread::yield();
        }
        ASSERT_TRUE(db.get(key).value());
    }

    std::string logged() {
        const std::scoped_lock guard(log_mutex);
        return log;
    }

    std::mutex log_mutex;
    std::string log;
    std::shared_ptr<Runtime> runtime = Runtime::create(
        {.log = std::make_shared<UniqueFunction<void(const LogRecord&)>>(
             [this](const LogRecord& record) {
                 const std::scoped_lock guard(log_mutex);
                 log.append(record.component).append(" ").append(record.message);
                 for (const LogField& field : record.fields) {
                     if (const auto* text = std::get_if<std::string_view>(&field.value)) {
                         log.append(" ").append(*text);
                     }
                 }
                 log += "\n";
             })});
    /// Its leases are short, so that one that is renewed tells of a message that was taken.
    kv::FakeBackend fake{kv::MemoryBackend({.runtime = runtime, .lease = 1500ms}), runtime};
    kv::Database db{fake, runtime};
    std::shared_ptr<Receiver> receiver = std::make_shared<Receiver>();
    std::unique_ptr<net::Server> server;
    std::unique_ptr<server::Webhook> webhook;
};

TEST_F(Webhooks, AMessageIsPostedWithItsSignature) {
    ASSERT_TRUE(db.enqueue("the content"));
    push();
    wait_for_result("acknowledged", 1);
    const net::http::Request request = receiver->received().at(0);
    EXPECT_EQ(request.head.method, "POST");
    EXPECT_EQ(request.head.target, "/hook");
    const auto header = [&](std::string_view name) {
        return std::string(request.head.headers.find(name).value_or("none"));
    };
    EXPECT_EQ(header("content-type"), "application/json");
    EXPECT_EQ(header("turntable-attempt"), "1");
    EXPECT_EQ(header("turntable-database"), "main");
    const std::string body = request.body.to_string();
    EXPECT_EQ(header("webhook-signature"),
              server::webhook_signature(secret, header("webhook-id"),
                                        std::stoll(header("webhook-timestamp")), body));
    EXPECT_EQ(body, "{\"id\":\"" + header("webhook-id") +
                        "\",\"attempt\":1,\"database\":\"main\",\"value\":\"the content\"}");
    EXPECT_TRUE(webhook->stop(0ms));
    EXPECT_THAT(logged(), HasSubstr("server.webhook acknowledged main"));
    EXPECT_THAT(logged(), Not(testing::AnyOf(HasSubstr(std::string(secret)),
                                             HasSubstr("the content"), HasSubstr("/hook"))));
}

TEST_F(Webhooks, WhatIsNotAcknowledgedComesAgainByItsScheduleAndAtLastGoesToItsKeys) {
    // A redirect is not followed, and no acknowledgement.
    receiver->answer_with({Receiver::always(503), Receiver::always(308), Receiver::always(199)});
    const std::vector keys{kv::Key{"dead"}};
    const std::vector backoff{1ms, 2ms};
    ASSERT_TRUE(db.enqueue("v", {.backoff = backoff, .keys_if_undelivered = keys}));
    push();
    wait_for_key({"dead"});
    const std::vector<net::http::Request> requests = receiver->received();
    ASSERT_EQ(requests.size(), 3U);
    std::vector<std::string> attempts;
    for (const net::http::Request& request : requests) {
        EXPECT_EQ(request.head.headers.find("webhook-id"),
                  requests[0].head.headers.find("webhook-id"));
        attempts.emplace_back(*request.head.headers.find("turntable-attempt"));
        EXPECT_EQ(request.head.target, "/hook");
    }
    EXPECT_THAT(attempts, testing::ElementsAre("1", "2", "3"));
    EXPECT_EQ(runtime->metrics()
                  ->counter("turntable_webhook_deliveries_total", "",
                            {{"database", "main"}, {"result", "acknowledged"}})
                  .value(),
              0U);
}

TEST_F(Webhooks, ASlowReceiverIsGivenUpAndAskedAgain) {
    receiver->answer_with({Receiver::never()});
    const std::vector backoff{1ms};
    ASSERT_TRUE(db.enqueue("v", {.backoff = backoff}));
    push(100ms);
    receiver->wait_for(2);
    wait_for_result("failed", 1);
    wait_for_result("acknowledged", 1);
}

TEST_F(Webhooks, AnAnswerWithoutAnEndHoldsNothingUp) {
    receiver->answer_with({[](const auto&, const auto&) {
        class Endless final : public StreamSource<Bytes> {
          public:
            Async<std::optional<Bytes>> next(const Context&) override {
                return std::optional(Bytes::copy(std::string(4096, 'x')));
            }
        };
        net::http::Response response;
        response.body = Stream<Bytes>(std::make_unique<Endless>());
        return response;
    }});
    ASSERT_TRUE(db.enqueue("1"));
    ASSERT_TRUE(db.enqueue("2"));
    push();
    wait_for_result("acknowledged", 2);
}

TEST_F(Webhooks, AReceiverThatWasDownGetsEverythingWhenItIsBack) {
    const std::string address = server->addresses().at(0);
    push();
    server.reset();
    const std::vector backoff(5, 10ms);
    ASSERT_TRUE(db.enqueue("one", {.backoff = backoff}));
    ASSERT_TRUE(db.enqueue("two", {.backoff = backoff}));
    wait_for_result("failed", 1);
    listen(address);
    wait_for_result("acknowledged", 2);
    // After one could not be delivered, the other waited with it instead of using up its attempts.
    EXPECT_LE(runtime->metrics()
                  ->counter("turntable_webhook_deliveries_total", "",
                            {{"database", "main"}, {"result", "failed"}})
                  .value(),
              2U);
}

TEST_F(Webhooks, WhatWasNotSentWhenItStopsCostsNoAttempt) {
    const std::string address = server->addresses().at(0);
    push();
    server.reset();
    ASSERT_TRUE(
        db.enqueue("makes the pause", {.backoff = std::vector<std::chrono::milliseconds>{1h}}));
    wait_for_result("failed", 1);
    // The only attempt of this one is not used up by waiting for its turn.
    ASSERT_TRUE(
        db.enqueue("the only attempt", {.backoff = std::vector<std::chrono::milliseconds>()}));
    const auto until = std::chrono::steady_clock::now() + 30s;
    const std::size_t before = fake.count(kv::FakeCall::queue_extend);
    while (fake.count(kv::FakeCall::queue_extend) == before &&
           std::chrono::steady_clock::now() < until) {
        std::this_thread::yield();
    }
    EXPECT_TRUE(webhook->stop(0ms));
    EXPECT_THAT(logged(), Not(HasSubstr("/hook")));
    listen(address);
    push();
    wait_for_result("acknowledged", 1);
    EXPECT_THAT(receiver->received().at(0).body.text(),
                testing::AllOf(HasSubstr("\"attempt\":1,"), HasSubstr("the only attempt")));
}

TEST_F(Webhooks, WhatIsBrokenOffByAStopComesAgainAsTheSameAttempt) {
    receiver->answer_with({Receiver::never()});
    ASSERT_TRUE(db.enqueue("v", {.backoff = std::vector<std::chrono::milliseconds>()}));
    push(60s);
    receiver->wait_for(1);
    EXPECT_FALSE(webhook->stop(1ms));
    push();
    wait_for_result("acknowledged", 1);
    EXPECT_EQ(receiver->received().at(0).body.text(), receiver->received().at(1).body.text());
}

TEST_F(Webhooks, NoMoreAreUnderWayThanAreAllowed) {
    receiver->answer_with({Receiver::never(), Receiver::never(), Receiver::never()});
    push(60s, 2);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(db.enqueue(std::to_string(i)));
    }
    receiver->wait_for(2);
    // Two are broken off at the end, and the third has never been asked for.
    EXPECT_FALSE(webhook->stop(1ms));
    EXPECT_EQ(receiver->received().size(), 2U);
}

TEST_F(Webhooks, AStopWaitsForWhatIsUnderWay) {
    receiver->answer_with({Receiver::never()});
    const std::vector backoff{1ms};
    ASSERT_TRUE(db.enqueue("v", {.backoff = backoff}));
    push(300ms);
    receiver->wait_for(1);
    EXPECT_TRUE(webhook->stop(30s));  // given up after its own time, well within the grace
    push();
    wait_for_result("acknowledged", 1);
}

TEST_F(Webhooks, AReceiverOverTlsIsBelievedOnlyWithItsAuthority) {
    const test::TempFolder folder;
    const auto [status, output] = test::run_program(
        {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", folder.file("c.pem"), "-keyout", folder.file("k.pem")});
    ASSERT_EQ(status, 0) << output;
    net::ServerOptions options;
    options.listen = {"127.0.0.1:0"};
    options.handler = receiver;
    options.threads = 1;
    options.tls = net::TlsFiles{folder.file("c.pem"), folder.file("k.pem")};
    server = net::Server::start(std::move(options)).value();
    const auto push_with = [&](const std::string& authorities) {
        webhook = server::Webhook::start(runtime, "main", db,
                                         {.url = "https://" + server->addresses().at(0),
                                          .authorities = authorities,
                                          .concurrency = 1})
                      .value();
    };
    const std::vector backoff(5, 1ms);
    ASSERT_TRUE(db.enqueue("v", {.backoff = backoff}));
    push_with("");
    wait_for_result("failed", 1);
    webhook.reset();
    EXPECT_TRUE(receiver->received().empty());
    push_with(folder.file("c.pem"));
    wait_for_result("acknowledged", 1);
    // Nothing was to be signed.
    EXPECT_FALSE(receiver->received().at(0).head.headers.find("webhook-signature"));
}

TEST_F(Webhooks, WrongOptionsAreRefused) {
    EXPECT_FALSE(server::Webhook::start(runtime, "main", db, {.url = "nowhere"}));
    EXPECT_FALSE(
        server::Webhook::start(runtime, "main", db, {.url = "http://h", .concurrency = 0}));
    EXPECT_FALSE(server::Webhook::start(
        runtime, "main", db, {.url = "https://h", .authorities = "/there/is/no/such/file"}));
}

}  // namespace
