#include <gmock/gmock.h>

#include "support/asked_service.hpp"
#include "turntable/kv/database.hpp"

namespace {

using namespace turntable;
using namespace turntable::kv;
using test::Answer;
using test::AskedService;

std::string watch_message(std::initializer_list<Key> keys) {
    std::vector<WatchTarget> targets;
    for (const Key& key : keys) {
        targets.push_back({key.encoded()});
    }
    return connect::encode_watch(targets).value();
}

/// The next piece of a body; empty at the end.
std::string piece(Answer& answer) {
    auto bytes = answer.stream().next().wait();
    EXPECT_TRUE(bytes) << bytes.error().to_string();
    return bytes && *bytes ? (*bytes)->to_string() : std::string();
}

connect::WatchReply step(Answer& answer) {
    connect::WatchFrames frames;
    frames.add(piece(answer));
    const auto message = frames.next();
    EXPECT_TRUE(message && *message);
    auto reply = connect::decode_watch_output(**message);
    EXPECT_TRUE(reply);
    return *std::move(reply);
}

TEST(WatchBody, TellsAllKeysInEachFrame) {
    AskedService asked;
    Database db(*asked.fake, asked.runtime);
    ASSERT_TRUE(db.set("a", "1"));
    Answer answer = asked.ask_call("watch", watch_message({Key("a"), Key("b")}));
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("content-type"), "application/octet-stream");
    const auto first = step(answer);
    ASSERT_EQ(first.keys.size(), 2U);
    EXPECT_TRUE(first.keys[0].changed && first.keys[1].changed);
    EXPECT_EQ(first.keys[0].entry->value.data().text(), "1");
    EXPECT_FALSE(first.keys[1].entry);

    ASSERT_TRUE(db.set("b", "2"));
    const auto second = step(answer);
    ASSERT_TRUE(second.keys[0].changed && second.keys[1].changed);
    EXPECT_EQ(second.keys[0].entry->value.data().text(), "1");
    EXPECT_EQ(second.keys[1].entry->value.data().text(), "2");

    ASSERT_TRUE(db.remove("a"));
    const auto third = step(answer);
    ASSERT_TRUE(third.keys[0].changed && third.keys[1].changed);
    EXPECT_FALSE(third.keys[0].entry);
    EXPECT_EQ(third.keys[1].entry->value.data().text(), "2");
}

TEST(WatchBody, MergesWhatChangesWhileNobodyReads) {
    AskedService asked;
    Database db(*asked.fake, asked.runtime);
    Answer answer = asked.ask_call("watch", watch_message({Key("a")}));
    (void)step(answer);
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(db.set("a", std::to_string(i)));
    }
    EXPECT_EQ(step(answer).keys[0].entry->value.data().text(), "99");
}

TEST(WatchBody, SaysThatItLivesAfterEachSilenceAndThenGoesOn) {
    AskedService asked;
    Database db(*asked.fake, asked.runtime);
    Answer answer = asked.ask_call("watch", watch_message({Key("a")}));
    (void)step(answer);
    for (int i = 0; i < 3; ++i) {
        auto silent = answer.stream().next();
        asked.clock->advance(std::chrono::milliseconds(4999));
        EXPECT_FALSE(silent.is_ready());
        asked.clock->advance(std::chrono::milliseconds(1));
        const auto life = std::move(silent).wait();
        ASSERT_TRUE(life && *life);
        EXPECT_EQ((*life)->to_string(), connect::keep_alive_frame());
    }
    auto next = answer.stream().next();
    ASSERT_TRUE(db.set("a", "1"));
    const auto frame = std::move(next).wait();
    ASSERT_TRUE(frame && *frame);
    EXPECT_GT((*frame)->size(), connect::keep_alive_frame().size());
}

TEST(WatchBody, EndsWithTheDatabaseAndWithTheToken) {
    AskedService asked;
    Answer of_token = asked.ask_call("watch", watch_message({Key("a")}));
    (void)step(of_token);
    auto silent = of_token.stream().next();
    asked.clock->advance(std::chrono::hours(1));
    EXPECT_EQ(std::move(silent).wait().value()->to_string(), connect::keep_alive_frame());
    EXPECT_EQ(piece(of_token), "");

    Answer of_database = asked.ask_call("watch", watch_message({Key("a")}));
    (void)step(of_database);
    auto last = of_database.stream().next();
    ASSERT_TRUE(Database(*asked.fake, asked.runtime).close());
    EXPECT_FALSE(std::move(last).wait().value());
    EXPECT_EQ(piece(of_database), "");
}

TEST(WatchBody, EndsWhenItsTokenIsWithdrawn) {
    AskedService asked;
    Answer answer = asked.ask_call("watch", watch_message({Key("a")}));
    (void)step(answer);
    asked.live->replace({{.name = "other", .secret = "another-long-secret"}});
    EXPECT_EQ(piece(answer), "");
}

TEST(WatchBody, StopsWhenAskedAndLosesNoStep) {
    AskedService asked;
    Database db(*asked.fake, asked.runtime);
    Answer answer = asked.ask_call("watch", watch_message({Key("a")}));
    (void)step(answer);
    std::stop_source gone;
    auto waiting = answer.stream().next({.stop = gone.get_token()});
    gone.request_stop();
    EXPECT_EQ(std::move(waiting).wait().error().code(), ErrorCode::cancelled);
    ASSERT_TRUE(db.set("a", "after"));
    EXPECT_EQ(step(answer).keys[0].entry->value.data().text(), "after");
}

TEST(WatchBody, MayBeDroppedWhileItWaits) {
    AskedService asked;
    auto answer = std::make_unique<Answer>(asked.ask_call("watch", watch_message({Key("a")})));
    (void)step(*answer);
    auto waiting = answer->stream().next();
    answer.reset();
    waiting.request_stop();
    EXPECT_FALSE(std::move(waiting).wait());
    EXPECT_TRUE(Database(*asked.fake, asked.runtime).set("a", "1"));
}

TEST(WatchBody, OfNoKeyIsOneFrameAndTheEnd) {
    AskedService asked;
    Answer answer = asked.ask_call("watch", "");
    EXPECT_TRUE(step(answer).keys.empty());
    EXPECT_EQ(piece(answer), "");
}

TEST(WatchBody, AnErrorOfTheWatchIsAnAnswer) {
    AskedService asked;
    asked.fake->fail_next(FakeCall::watch, Error(ErrorCode::busy, "now"));
    EXPECT_EQ(asked.ask_call("watch", watch_message({Key("a")})).status, 503);
}

}  // namespace
