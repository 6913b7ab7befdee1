#include <gmock/gmock.h>

#include "support/asked_service.hpp"
#include "turntable/core/base64.hpp"
#include "turntable/kv/js_value.hpp"
#include "turntable/kv/json.hpp"

namespace {

using namespace turntable;
using namespace std::chrono_literals;
using test::Answer;
using test::AskedService;
using testing::HasSubstr;

net::http::Request queue_request(std::string_view call, std::string body,
                                 std::string_view type = "application/json") {
    return test::request_of("POST", "/queue/" + std::string(call),
                            {{"authorization", "Bearer " + std::string(AskedService::secret)},
                             {"content-type", std::string(type)}},
                            std::move(body));
}

/// A member of an object in JSON, as JSON.
std::string member_of(const std::string& json, std::string_view name) {
    const auto object = kv::js_from_json(json);
    EXPECT_TRUE(object) << json;
    const kv::JsValue* found = object->as<kv::JsObject>()->find(name);
    return found == nullptr ? "none" : kv::js_to_json(*found).value();
}

class QueueCalls : public testing::Test {
  protected:
    Answer ask(std::string_view call, std::string body,
               std::string_view type = "application/json") {
        return asked.ask(queue_request(call, std::move(body), type));
    }
    /// Takes a message that is due.
    std::string take() {
        Answer answer = ask("take", "{}");
        EXPECT_EQ(answer.status, 200) << answer.text();
        EXPECT_EQ(answer.header("content-type"), "application/json");
        return answer.text();
    }
    /// Nothing is due for a second.
    bool is_idle() {
        auto pending = asked.start(queue_request("take", R"({"waitMs":1000})"));
        asked.clock->advance(1s);
        return test::answer_of(std::move(pending)).status == 204;
    }
    static std::string with_id(const std::string& message, const std::string& rest = "") {
        return "{\"id\":" + member_of(message, "id") + rest + "}";
    }

    AskedService asked;
    kv::Database db{kv::AnyBackend(*asked.fake), asked.runtime};
};

TEST_F(QueueCalls, AMessageIsTakenOnceAndFinished) {
    const Answer sent = ask("enqueue", R"({"value":{"to":"a@b","n":1}})");
    ASSERT_EQ(sent.status, 200) << sent.text();
    EXPECT_EQ(member_of(sent.text(), "versionstamp").size(), 22U);
    const std::string message = take();
    EXPECT_EQ(member_of(message, "value"), R"({"to":"a@b","n":1})");
    const std::int64_t now_ms = asked.clock->wall_now().time_since_epoch().count();
    EXPECT_EQ(member_of(message, "leaseUntilMs"), std::to_string(now_ms + 5000));
    EXPECT_EQ(ask("finish", with_id(message)).status, 204);
    EXPECT_EQ(ask("finish", with_id(message)).status, 404);
    EXPECT_EQ(ask("extend", with_id(message)).status, 404);
    EXPECT_TRUE(is_idle());
}

TEST_F(QueueCalls, ValuesOfEveryKindComeBackAsTheyWereSent) {
    for (const char* value :
         {"null", "true", "-0.5", R"("text")", "[1,[2,{}]]", R"({"$bigint":"123456789012345678"})",
          R"({"$bytes":"AAE="})", R"({"$date":"2024-01-31T12:00:00.000Z"})",
          R"({"$map":[["a",1]]})", R"({"b":1,"a":2})"}) {
        ASSERT_EQ(ask("enqueue", "{\"value\":" + std::string(value) + "}").status, 200) << value;
        const std::string message = take();
        EXPECT_EQ(member_of(message, "value"), value);
        EXPECT_EQ(ask("finish", with_id(message)).status, 204);
    }
}

TEST_F(QueueCalls, BytesAreAMessageAsTheyAre) {
    const std::string bytes("\x00\xFF{", 3);
    ASSERT_EQ(ask("enqueue", bytes, "application/octet-stream").status, 200);
    EXPECT_EQ(member_of(take(), "value"), "{\"$bytes\":\"" + to_base64(bytes) + "\"}");
}

TEST_F(QueueCalls, WhatHandlesOfTheSameDatabaseSendIsTakenAndTheOtherWayRound) {
    ASSERT_TRUE(db.enqueue("from the handle"));
    const std::string message = take();
    EXPECT_EQ(member_of(message, "value"), "\"from the handle\"");
    EXPECT_EQ(ask("finish", with_id(message)).status, 204);
    ASSERT_EQ(ask("enqueue", R"({"value":"over HTTP"})").status, 200);
    const auto received = db.receive();
    ASSERT_TRUE(received);
    EXPECT_EQ(received->value().as_text().value(), "over HTTP");
}

TEST_F(QueueCalls, ADelayedMessageIsDueWhenItsTimeHasCome) {
    ASSERT_EQ(ask("enqueue", R"({"value":1,"delayMs":3000})").status, 200);
    EXPECT_TRUE(is_idle());
    auto pending = asked.start(queue_request("take", "{}"));
    EXPECT_FALSE(pending.is_ready());
    asked.clock->advance(2s);
    EXPECT_EQ(member_of(test::answer_of(std::move(pending)).text(), "value"), "1");
}

TEST_F(QueueCalls, AFailedMessageComesAgainAndAtLastGoesToItsKeys) {
    ASSERT_EQ(ask("enqueue", R"({"value":"v","backoffMs":[100],)"
                             R"("keysIfUndelivered":[["dead",1,true,{"$bigint":"2"},)"
                             R"({"$bytes":"AA=="}]]})")
                  .status,
              200);
    EXPECT_EQ(ask("finish", with_id(take(), R"(,"delivered":false)")).status, 204);
    auto again = asked.start(queue_request("take", "{}"));
    asked.clock->advance(100ms);
    const Answer second = test::answer_of(std::move(again));
    EXPECT_EQ(ask("finish", with_id(second.text(), R"(,"delivered":false)")).status, 204);
    const kv::Key dead{"dead", 1.0, true, kv::BigInteger(2), kv::BytesPart{std::string(1, '\0')}};
    const auto entry = db.get(dead);
    ASSERT_TRUE(entry && *entry);
    EXPECT_EQ((*entry)->value.as_text().value(), "v");
    EXPECT_TRUE(is_idle());
}

TEST_F(QueueCalls, WhatIsReturnedComesAgainAsTheSameAttempt) {
    EXPECT_EQ(ask("enqueue", R"({"value":1,"backoffMs":[]})").status, 200);
    const std::string first = take();
    EXPECT_EQ(ask("finish", with_id(first, R"(,"delivered":"returned")")).status, 204);
    const std::string second = take();
    for (const char* member : {"messageId", "attempt", "value"}) {
        EXPECT_EQ(member_of(second, member), member_of(first, member)) << member;
    }
}

TEST_F(QueueCalls, NoFurtherAttemptIsMadeWithAnEmptySchedule) {
    ASSERT_EQ(ask("enqueue", R"({"value":1,"backoffMs":[]})").status, 200);
    EXPECT_EQ(ask("finish", with_id(take(), R"(,"delivered":false)")).status, 204);
    EXPECT_TRUE(is_idle());
}

TEST_F(QueueCalls, ALeaseIsExtendedOrEnds) {
    ASSERT_EQ(ask("enqueue", R"({"value":1,"backoffMs":[0]})").status, 200);
    const std::string message = take();
    for (int i = 0; i < 3; ++i) {
        asked.clock->advance(4s);
        EXPECT_EQ(ask("extend", with_id(message)).status, 204);
    }
    auto again = asked.start(queue_request("take", R"({"waitMs":60000})"));
    asked.clock->advance(5s);
    const Answer second = test::answer_of(std::move(again));
    EXPECT_EQ(second.status, 200);
    EXPECT_EQ(member_of(second.text(), "value"), "1");
}

TEST_F(QueueCalls, ATakeEndsWhenItsTokenIsWithdrawn) {
    auto pending = asked.start(queue_request("take", R"({"waitMs":60000})"));
    asked.clock->advance(4999ms);
    EXPECT_FALSE(pending.is_ready());
    asked.live->replace({{.name = "other", .secret = "another-secret-of-12"}});
    asked.clock->advance(1ms);
    const Answer answer = test::answer_of(std::move(pending));
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.header("www-authenticate"), "Bearer");
}

TEST_F(QueueCalls, AMessageDoesNotGoToATokenThatWasWithdrawnMeanwhile) {
    auto pending = asked.start(queue_request("take", R"({"waitMs":60000})"));
    asked.live->replace({{.name = "other", .secret = "another-secret-of-12"}});
    ASSERT_TRUE(db.enqueue("for the next", {.backoff = std::vector<std::chrono::milliseconds>()}));
    EXPECT_EQ(test::answer_of(std::move(pending)).status, 401);
    const auto received = db.receive();
    ASSERT_TRUE(received);
    EXPECT_EQ(received->value().as_text().value(), "for the next");
}

TEST_F(QueueCalls, ATakeEndsAtTheMomentWhenItsTokenDoes) {
    asked.live->replace({{.name = "all",
                          .secret = std::string(AskedService::secret),
                          .expires = asked.clock->wall_now() + 700ms}});
    auto pending = asked.start(queue_request("take", R"({"waitMs":60000})"));
    asked.clock->advance(699ms);
    EXPECT_FALSE(pending.is_ready());
    asked.clock->advance(1ms);
    EXPECT_EQ(test::answer_of(std::move(pending)).status, 401);
}

TEST_F(QueueCalls, ATakeTellsTheMessageAndTheAttempt) {
    ASSERT_EQ(ask("enqueue", R"({"value":1,"backoffMs":[100]})").status, 200);
    const std::string first = take();
    EXPECT_EQ(member_of(first, "attempt"), "1");
    EXPECT_EQ(ask("finish", with_id(first, R"(,"delivered":false)")).status, 204);
    auto again = asked.start(queue_request("take", "{}"));
    asked.clock->advance(100ms);
    const std::string second = test::answer_of(std::move(again)).text();
    EXPECT_EQ(member_of(second, "attempt"), "2");
    EXPECT_EQ(member_of(second, "messageId"), member_of(first, "messageId"));
    EXPECT_NE(member_of(second, "id"), member_of(first, "id"));
    EXPECT_EQ(ask("finish", with_id(first)).status, 404);
}

TEST_F(QueueCalls, AnAskerThatHasGoneTakesNoMessage) {
    std::stop_source gone;
    auto pending = asked.start(queue_request("take", "{}"), {.stop = gone.get_token()});
    gone.request_stop();
    EXPECT_EQ(test::answer_of(std::move(pending)).status, 503);
    EXPECT_THAT(asked.logged(), testing::Not(HasSubstr("a database failed")));
    ASSERT_EQ(ask("enqueue", R"({"value":1})").status, 200);
    EXPECT_EQ(member_of(take(), "value"), "1");
}

TEST_F(QueueCalls, WhatIsWrongIsNamed) {
    const struct {
        const char* call;
        std::string body;
        const char* says;
    } rows[] = {
        {"enqueue", "", "enqueue: "},
        {"enqueue", "[1]", "must be a JSON object"},
        {"enqueue", "{}", "value is missing"},
        {"enqueue", R"({"value":1,"delay":5})", "there are value, delayMs, backoffMs"},
        {"enqueue", R"({"value":1,"delayMs":-1})", "delayMs must be a whole number from 0"},
        {"enqueue", R"({"value":1,"delayMs":1.5})", "delayMs must be a whole number"},
        {"enqueue", R"({"value":1,"delayMs":"1"})", "delayMs must be a whole number"},
        {"enqueue", R"({"value":1,"delayMs":2592000001})", "enqueue delay too large"},
        {"enqueue", R"({"value":1,"backoffMs":5})", "backoffMs must be an array"},
        {"enqueue", R"({"value":1,"backoffMs":[1,1,1,1,1,1]})", "too many backoff intervals"},
        {"enqueue", R"({"value":1,"backoffMs":[3600001]})", "backoff interval too large"},
        {"enqueue", R"({"value":1,"keysIfUndelivered":["a"]})", "must be an array of its parts"},
        {"enqueue", R"({"value":1,"keysIfUndelivered":[[null]]})", "a part of a key must be"},
        {"enqueue", "{\"value\":\"" + std::string(65536, 'x') + "\"}", "payload too large"},
        {"enqueue", std::string(100'000, '['), "enqueue: "},
        {"take", R"({"waitMs":0})", "waitMs must be a whole number from 1 to 60000"},
        {"take", R"({"waitMs":60001})", "from 1 to 60000"},
        {"take", R"({"wait":1})", "there are waitMs"},
        {"finish", "{}", "id must be the text that take gave"},
        {"finish", R"({"id":5})", "id must be the text"},
        {"finish", R"({"id":"x","delivered":"yes"})", "delivered must be true, false or"},
        {"extend", R"({"id":""})", "id must be the text"},
    };
    for (const auto& row : rows) {
        const Answer answer = ask(row.call, row.body);
        EXPECT_EQ(answer.status, 400) << row.says;
        EXPECT_THAT(answer.text(), HasSubstr(row.says));
    }
    EXPECT_EQ(ask("finish", R"({"id":"nobody"})").status, 404);
    EXPECT_EQ(ask("pop", "{}").status, 404);
    EXPECT_EQ(ask("enqueue", R"({"value":1,"delayMs":2592000000})").status, 200);
}

TEST_F(QueueCalls, AskForAContentTypeThatNoPageCanSendUnasked) {
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded", ""}) {
        EXPECT_EQ(ask("enqueue", R"({"value":1})", type).status, 415) << type;
        EXPECT_EQ(ask("take", "{}", type).status, 415) << type;
    }
    net::http::Request request = queue_request("take", "{}");
    request.head.headers.remove("content-type");
    EXPECT_EQ(asked.ask(std::move(request)).status, 415);
    EXPECT_EQ(ask("take", "{}", "application/octet-stream").status, 415);
    EXPECT_EQ(ask("enqueue", R"({"value":1})", "application/json; charset=utf-8").status, 200);
}

TEST_F(QueueCalls, NeedATokenThatMayWriteAndADatabaseThatDoes) {
    EXPECT_EQ(asked.ask(test::request_of("POST", "/queue/take")).status, 401);
    net::http::Request frozen = queue_request("take", "{}");
    frozen.head.target = "/db/frozen/queue/take";
    EXPECT_EQ(asked.ask(std::move(frozen)).status, 403);
    asked.live->replace(
        {{.name = "reader", .secret = std::string(AskedService::secret), .read_only = true}});
    for (const char* call : {"enqueue", "take", "finish", "extend"}) {
        EXPECT_EQ(ask(call, "{}").status, 403) << call;
    }
}

TEST_F(QueueCalls, WhatNoVersionOfOursCanReadIsGivenAsBytes) {
    const std::string payload = "\xFF\x7F?";
    const kv::Enqueue one{.payload = payload};
    ASSERT_TRUE(asked.fake->atomic_write({}, {.enqueues = std::span(&one, 1)}).wait().has_value());
    const std::string message = take();
    EXPECT_EQ(member_of(message, "value"), "none");
    EXPECT_EQ(member_of(message, "v8"), "\"" + to_base64(payload) + "\"");
}

}  // namespace
