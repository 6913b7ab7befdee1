#include "server/write_memory.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "support/asked_service.hpp"

namespace {

using namespace turntable;
using kv::connect::encode_write_key;
using kv::connect::Id128;
using kv::connect::WriteKey;
using net::http::Response;
using server::WriteMemory;
using test::Answer;
using test::AskedService;

class Remembered : public testing::Test {
  protected:
    std::string key(std::uint64_t number) const {
        return encode_write_key({memory->instance(), memory->tick_ms(), {7, number}});
    }
    /// A write that answers with how often one was made.
    WriteMemory::Write write() {
        return [this]() -> Async<Response> {
            ++made;
            return Response{.status = 200, .body = Bytes::take(std::to_string(made))};
        };
    }
    Answer ask(const std::string& with, const std::string& token = "one") {
        return test::answer_of(memory->answer(with, token, write(), {}));
    }
    std::shared_ptr<WriteMemory> limited(server::WriteMemoryLimits limits) const {
        return std::make_shared<WriteMemory>(runtime, limits);
    }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<Runtime> runtime = Runtime::create({.clock = clock});
    std::shared_ptr<WriteMemory> memory = std::make_shared<WriteMemory>(runtime);
    int made = 0;
};

TEST_F(Remembered, AKeyHasOneOutcomeHoweverOftenItComes) {
    const std::string one = key(1);
    const Answer first = ask(one);
    EXPECT_EQ(first.text(), "1");
    EXPECT_EQ(first.header("x-turntable-write"), "final");
    clock->advance(std::chrono::seconds(100));
    const Answer again = ask(one);
    EXPECT_EQ(again.text(), "1");
    EXPECT_EQ(again.header("x-turntable-write"), "final");
    EXPECT_EQ(made, 1);
    EXPECT_EQ(ask(key(2)).text(), "2");
    EXPECT_EQ(memory->size(), 2U);
}

TEST_F(Remembered, AnotherTokenHasKeysOfItsOwn) {
    const std::string one = key(1);
    EXPECT_EQ(ask(one, "one").text(), "1");
    EXPECT_EQ(ask(one, "two").text(), "2");
}

TEST_F(Remembered, ARefusalIsAnOutcomeToo) {
    const std::string one = key(1);
    const Answer refused = test::answer_of(memory->answer(
        one, "one", []() -> Async<Response> { return Response{.status = 503, .body = Bytes()}; },
        {}));
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(ask(one).status, 503);
    EXPECT_EQ(made, 0);
}

TEST_F(Remembered, ThoseThatComeMeanwhileWaitForIt) {
    const std::string one = key(1);
    Promise<Response> promise(*runtime, {});
    auto pending = std::make_shared<Async<Response>>(promise.take_async());
    std::stop_source gone;
    Async<Response> first =
        memory->answer(one, "one", [pending]() -> Async<Response> { return std::move(*pending); },
                       {.stop = gone.get_token()});
    Async<Response> second = memory->answer(one, "one", write(), {});
    EXPECT_FALSE(first.is_ready());
    EXPECT_FALSE(second.is_ready());
    gone.request_stop();  // who asked first has gone, and the write goes on
    const Answer stopped = test::answer_of(std::move(first));
    EXPECT_EQ(stopped.status, 503);
    EXPECT_EQ(stopped.header("x-turntable-write"), "");
    std::move(promise).complete(Response{.status = 200, .body = Bytes::copy("made")});
    EXPECT_EQ(test::answer_of(std::move(second)).text(), "made");
    EXPECT_EQ(ask(one).text(), "made");
    EXPECT_EQ(made, 0);
}

TEST_F(Remembered, WhatIsTooOldOrTooNewIsRefusedAndNotMade) {
    memory = limited({.keys = 100, .age = std::chrono::seconds(10)});
    const std::string one = key(1);
    const std::string never_came = key(2);
    EXPECT_EQ(ask(one).status, 200);
    clock->advance(std::chrono::seconds(10));
    EXPECT_EQ(ask(one).text(), "1");
    EXPECT_EQ(ask(never_came).text(), "2");
    const std::string late = key(3);
    clock->advance(std::chrono::milliseconds(10'001));
    const Answer answer = ask(late);
    EXPECT_EQ(answer.status, 412);
    EXPECT_EQ(answer.header("x-turntable-write"), "forgotten");
    EXPECT_EQ(ask(one).text(), "1") << "it is remembered until another needs the room";
    EXPECT_EQ(ask(key(4)).text(), "3");
    EXPECT_EQ(ask(one).status, 412);
    const WriteKey ahead{memory->instance(), memory->tick_ms() + 60'000, {1, 1}};
    EXPECT_EQ(ask(encode_write_key(ahead)).status, 200);
    const WriteKey too_far{memory->instance(), memory->tick_ms() + 60'001, {1, 2}};
    EXPECT_EQ(ask(encode_write_key(too_far)).status, 412);
    EXPECT_EQ(made, 4);
}

TEST_F(Remembered, WhatWasForgottenForRoomIsNotMadeAgain) {
    memory = limited({.keys = 3, .age = std::chrono::hours(1)});
    std::vector<std::string> keys;
    for (std::uint64_t i = 0; i < 4; ++i) {
        keys.push_back(key(i));
        EXPECT_EQ(ask(keys.back()).status, 200);
        clock->advance(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(memory->size(), 3U);
    EXPECT_EQ(ask(keys[0]).status, 412);
    for (std::size_t i = 1; i < 4; ++i) {
        EXPECT_EQ(ask(keys[i]).text(), std::to_string(i + 1));
    }
    EXPECT_EQ(made, 4);
}

TEST_F(Remembered, MoreThanItCanRememberIsNotBegun) {
    memory = limited({.keys = 2});
    std::vector<Promise<Response>> promises;
    std::vector<Async<Response>> pending;
    for (std::uint64_t i = 0; i < 2; ++i) {
        auto& promise = promises.emplace_back(*runtime, Context());
        auto async = std::make_shared<Async<Response>>(promise.take_async());
        pending.push_back(memory->answer(
            key(i), "one", [async]() -> Async<Response> { return std::move(*async); }, {}));
    }
    EXPECT_EQ(ask(key(3)).status, 503);
    std::move(promises[0]).complete(Response{.body = Bytes()});
    EXPECT_EQ(test::answer_of(std::move(pending[0])).status, 200);
    clock->advance(std::chrono::milliseconds(1));
    EXPECT_EQ(ask(key(3)).status, 200);
    std::move(promises[1]).complete(Response{.body = Bytes()});
    EXPECT_EQ(test::answer_of(std::move(pending[1])).status, 200);
}

TEST_F(Remembered, AnotherRunOfTheServerAndWhatIsNoKeyAreRefused) {
    EXPECT_EQ(ask(encode_write_key({{1, 2}, memory->tick_ms(), {1, 1}})).status, 412);
    const std::string good = key(1);
    for (const std::string& bad : {std::string(), good + "0", good.substr(1), "x" + good.substr(1),
                                   std::string("-"), std::string(82, '-')}) {
        EXPECT_EQ(ask(bad).status, 400) << bad;
    }
    EXPECT_EQ(made, 0);
}

TEST(KvCalls, AWriteWithAKeyIsMadeOnceAndTheExchangeSaysWithWhich) {
    AskedService asked;
    const Answer exchange = asked.exchange();
    const auto facts =
        kv::connect::decode_server_facts(exchange.header("x-turntable-database")).value();
    EXPECT_EQ(facts.checks, 100U);
    EXPECT_FALSE(facts.read_only);
    EXPECT_TRUE(facts.queue);
    const auto metadata = asked.metadata();
    const std::string key = encode_write_key({facts.instance, facts.tick_ms, {1, 2}});
    std::vector<std::string> answers;
    for (int i = 0; i < 2; ++i) {
        net::http::Request request =
            AskedService::call(metadata, "atomic_write", test::set_message(kv::Key("k"), "v"));
        request.head.headers.add("x-turntable-write-key", key);
        const Answer answer = asked.ask(std::move(request));
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.header("x-turntable-write"), "final");
        answers.push_back(answer.text());
    }
    EXPECT_EQ(answers[0], answers[1]);
    const auto calls = asked.fake->calls();
    EXPECT_EQ(std::ranges::count(calls, kv::FakeCall::atomic_write, &kv::RecordedCall::call), 1);
    const auto frozen = kv::connect::decode_server_facts(
        asked.exchange("/db/frozen").header("x-turntable-database"));
    EXPECT_TRUE(frozen->read_only);
    EXPECT_FALSE(frozen->queue);
}

}  // namespace
