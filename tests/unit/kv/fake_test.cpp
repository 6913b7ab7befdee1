#include "turntable/kv/fake_backend.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "support/map_backend.hpp"
#include "turntable/kv/async_database.hpp"

namespace turntable::inline v0::kv {
namespace {

using namespace std::chrono_literals;

class Fake : public testing::Test {
  protected:
    std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
    std::shared_ptr<Runtime> runtime_ = Runtime::create({.clock = clock_});
    FakeBackend fake_{AnyBackend(test::MapBackend()), runtime_};
    Database db_{AnyBackend(fake_), runtime_};
    AsyncDatabase async_{db_};
};

TEST_F(Fake, FailsAsToldAndDoesNothing) {
    fake_.fail_next(FakeCall::atomic_write, Error(ErrorCode::no_space, "full"), 2);
    EXPECT_EQ(db_.set("k", "v").error().code(), ErrorCode::no_space);
    EXPECT_EQ(db_.set("k", "v").error().code(), ErrorCode::no_space);
    EXPECT_FALSE(*db_.get("k"));
    EXPECT_TRUE(db_.set("k", "v")) << "the script has ended";
}

TEST_F(Fake, LosesAReplyAndKeepsTheWrite) {
    fake_.lose_next_reply();
    EXPECT_EQ(db_.set("k", "v").error().code(), ErrorCode::commit_unknown);
    EXPECT_TRUE(*db_.get("k"));
}

TEST_F(Fake, HoldsAReplyUntilItIsReleased) {
    fake_.hold_next(FakeCall::get);
    auto get = async_.get("k");
    EXPECT_FALSE(get.is_ready());
    EXPECT_EQ(fake_.held(FakeCall::get), 1U);
    EXPECT_EQ(fake_.release(FakeCall::get), 1U);
    EXPECT_EQ(fake_.held(FakeCall::get), 0U);
    EXPECT_TRUE(std::move(get).wait());
    EXPECT_EQ(fake_.release(FakeCall::get), 0U);
}

TEST_F(Fake, AHeldReplyCanBeStopped) {
    fake_.hold_next(FakeCall::get);
    std::stop_source stop;
    auto get = async_.get("k", stop.get_token());
    stop.request_stop();
    EXPECT_EQ(std::move(get).wait().error().code(), ErrorCode::cancelled);
    EXPECT_EQ(fake_.held(FakeCall::get), 0U);

    fake_.hold_next(FakeCall::atomic_write);
    auto set = async_.set("k", "v", {}, stop.get_token());
    EXPECT_EQ(std::move(set).wait().error().code(), ErrorCode::commit_unknown);
}

TEST_F(Fake, ADelayIsMeasuredByTheClockOfTheRuntime) {
    fake_.delay_next(FakeCall::get, 10s);
    auto get = async_.get("k");
    EXPECT_FALSE(get.is_ready());
    clock_->advance(10s);
    EXPECT_TRUE(std::move(get).wait());
}

TEST_F(Fake, ATimeoutEndsACall) {
    fake_.hold_next(FakeCall::get);
    auto get = async_.get("k", 1s);
    clock_->advance(1s);
    EXPECT_EQ(std::move(get).wait().error().code(), ErrorCode::timeout);
}

TEST_F(Fake, GivesTheAnswersItWasGiven) {
    const Versionstamp stamp = Versionstamp::from_version(7);
    fake_.answer_next_get(std::optional(Entry{Value("scripted"), stamp}));
    EXPECT_EQ((*db_.get("k"))->value.data().text(), "scripted");
    fake_.answer_next_write(CommitResult{false, {}, {0}});
    EXPECT_FALSE(db_.atomic().set("k", "v").commit()->committed);
    fake_.answer_next_health(Health{Health::State::degraded, {}, "slow disk"});
    EXPECT_EQ(db_.health()->reason, "slow disk");
    EXPECT_FALSE(*db_.get("k"));
}

TEST_F(Fake, RecordsWhatWasAsked) {
    ASSERT_TRUE(db_.atomic().check("a", absent).set("a", "1").enqueue("m").commit());
    ASSERT_TRUE(db_.get("a"));
    const std::vector<RecordedCall> calls = fake_.calls();
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0].call, FakeCall::atomic_write);
    EXPECT_EQ(calls[0].keys, std::vector<Key>{"a"});
    EXPECT_EQ(calls[0].checks, 1U);
    EXPECT_EQ(calls[0].mutations, 1U);
    EXPECT_EQ(calls[0].enqueues, 1U);
    EXPECT_EQ(calls[1].call, FakeCall::get);
    EXPECT_EQ(fake_.count(FakeCall::get), 1U);
    fake_.reset();
    EXPECT_TRUE(fake_.calls().empty());
}

TEST_F(Fake, SaysTheCapabilitiesItWasGiven) {
    Capabilities capabilities = db_.capabilities();
    capabilities.queue = false;
    fake_.set_capabilities(capabilities);
    EXPECT_FALSE(db_.capabilities().queue);
}

}  // namespace
}  // namespace turntable::inline v0::kv
