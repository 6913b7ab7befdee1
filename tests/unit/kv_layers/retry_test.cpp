#include "turntable/kv/layers/retry.hpp"

#include <gtest/gtest.h>

#include "turntable/kv/layers/chaos.hpp"
#include "unit/kv_layers/layer_support.hpp"

namespace turntable {
namespace {

using namespace std::chrono_literals;
using test::key_a;
using test::key_b;
using test::LayerWorld;
using test::SetOne;

Error busy() { return {ErrorCode::busy, "locked"}; }

struct RetryTest : testing::Test, LayerWorld {
    kv::RetryLayer<kv::FakeBackend> retried(kv::RetryOptions options = {}) {
        return kv::RetryLayer(fake, options, runtime);
    }
};

TEST_F(RetryTest, RepeatsAReadUntilItPasses) {
    auto layer = retried();
    fake.fail_next(kv::FakeCall::get, busy(), 3);
    auto answer = layer.get({}, key_a());
    EXPECT_FALSE(answer.is_ready()) << "it waits without holding the caller";
    advance_until_ready(answer);
    EXPECT_TRUE(answer.peek());
    EXPECT_EQ(fake.count(kv::FakeCall::get), 4U);
}

TEST_F(RetryTest, RepeatsAWriteThatDidNotHappenWithTheSameBytes) {
    auto layer = retried();
    fake.fail_next(kv::FakeCall::atomic_write, busy(), 2);
    std::optional<Async<kv::CommitResult>> answer;
    {
        std::string key = key_a();
        const SetOne set(key, "kept");
        answer = layer.atomic_write({}, set.write());
        key.assign(key.size(), 'x');  // views live until the call returns, and no longer
    }
    advance_until_ready(*answer);
    ASSERT_TRUE(answer->peek());
    EXPECT_EQ((*layer.get({}, key_a()).wait())->value.data().text(), "kept");
}

TEST_F(RetryTest, NeverRepeatsAWriteWhoseFateIsUnknown) {
    auto layer = retried();
    for (const Retry kind : {Retry::permanent, Retry::temporary}) {
        fake.reset();
        fake.fail_next(kv::FakeCall::atomic_write,
                       Error(ErrorCode::commit_unknown, "no reply").with_retry(kind));
        auto answer = layer.atomic_write({}, SetOne(key_a()).write());
        ASSERT_TRUE(answer.is_ready());
        EXPECT_EQ(answer.peek().error().code(), ErrorCode::commit_unknown);
        EXPECT_EQ(fake.count(kv::FakeCall::atomic_write), 1U);
    }
}

TEST_F(RetryTest, LeavesPermanentErrorsAlone) {
    auto layer = retried();
    fake.fail_next(kv::FakeCall::get, Error(ErrorCode::corrupt, "damaged"));
    auto answer = layer.get({}, key_a());
    ASSERT_TRUE(answer.is_ready());
    EXPECT_EQ(answer.peek().error().code(), ErrorCode::corrupt);
    EXPECT_EQ(fake.count(kv::FakeCall::get), 1U);
}

TEST_F(RetryTest, SaysThatTheAttemptsAreUsedUp) {
    auto layer = retried({.max_attempts = 3});
    fake.fail_next(kv::FakeCall::snapshot_read, busy(), 9);
    const kv::ReadRange range{key_a(), "\xFF", 10};
    auto answer = layer.snapshot_read({}, {&range, 1}, {});
    advance_until_ready(answer);
    ASSERT_FALSE(answer.peek());
    EXPECT_EQ(answer.peek().error().retry(), Retry::exhausted);
    EXPECT_EQ(fake.count(kv::FakeCall::snapshot_read), 3U);
    EXPECT_NE(answer.peek().error().to_string().find("attempts=3"), std::string::npos);
}

TEST_F(RetryTest, EndsAtTheDeadlineOfTheCall) {
    auto layer = retried({.max_attempts = 1000, .base_delay = 100ms, .max_delay = 100ms});
    fake.fail_next(kv::FakeCall::get, busy(), 1000);
    Context context;
    context.deadline = clock->steady_now() + 500ms;
    auto answer = layer.get(context, key_a());
    advance_until_ready(answer);
    ASSERT_FALSE(answer.peek());
    EXPECT_EQ(answer.peek().error().retry(), Retry::exhausted);
    EXPECT_LT(fake.count(kv::FakeCall::get), 200U);
}

TEST_F(RetryTest, StopsWhenAskedTo) {
    auto layer = retried({.base_delay = 1h, .max_delay = 1h});
    fake.fail_next(kv::FakeCall::get, busy(), 2);
    std::stop_source stop;
    auto answer = layer.get({.stop = stop.get_token()}, key_a());
    ASSERT_FALSE(answer.is_ready());
    stop.request_stop();
    const auto result = std::move(answer).wait();
    EXPECT_EQ(result.error().code(), ErrorCode::cancelled);
    EXPECT_EQ(result.error().cause()->code(), ErrorCode::busy) << "why it had to wait";
}

TEST_F(RetryTest, CloseAndDestructionEndWhatWaits) {
    for (const bool destroy : {false, true}) {
        fake.reset();
        fake.fail_next(kv::FakeCall::get, busy(), 2);
        std::optional layer(retried({.base_delay = 1h, .max_delay = 1h}));
        auto answer = layer->get({}, key_a());
        ASSERT_FALSE(answer.is_ready());
        if (destroy) {
            layer.reset();
        } else {
            fake.answer_next_health(Health{});
            EXPECT_TRUE(layer->close({}).wait());
        }
        EXPECT_EQ(std::move(answer).wait().error().code(), ErrorCode::closed);
    }
}

TEST_F(RetryTest, AWatchIsOpenedAgainAndTellsOnlyWhatChanged) {
    // The stream of the second layer breaks at each second step or so.
    using Broken = kv::ChaosLayer<kv::FakeBackend>;
    kv::RetryLayer layer(Broken(fake, {.seed = 3, .torn_streams = 0.5}, runtime),
                         {.max_attempts = 100, .base_delay = 0ms}, runtime);
    const auto set = [&](const std::string& key, std::string_view value) {
        ASSERT_TRUE(layer.atomic_write({}, SetOne(key, value).write()).wait());
    };
    set(key_a(), "0");
    set(key_b(), "0");
    const kv::WatchTarget all{ByteView("\0", 1), ByteView("\xFF")};
    auto stream = layer.watch({}, {&all, 1});
    ASSERT_TRUE(stream);
    auto first = stream->next({}).wait();
    ASSERT_TRUE(first && *first);
    EXPECT_EQ((*first)->size(), 2U);
    for (int i = 1; i < 20; ++i) {
        set(key_a(), std::to_string(i));
        auto step = stream->next({}).wait();
        ASSERT_TRUE(step && *step);
        ASSERT_EQ((*step)->size(), 1U) << "b has not changed";
        EXPECT_EQ((**step)[0].entry->value.data().text(), std::to_string(i));
    }
    kv::Mutation remove{.kind = kv::MutationKind::remove, .key = key_b()};
    for (int i = 0; i < 20; ++i) {
        set(key_b(), "x");
        ASSERT_TRUE(*stream->next({}).wait());
        ASSERT_TRUE(layer.atomic_write({}, {.mutations = {&remove, 1}}).wait());
        auto step = stream->next({}).wait();
        ASSERT_TRUE(step && *step);
        ASSERT_EQ((*step)->size(), 1U) << "also what was removed while the watch was broken";
        EXPECT_FALSE((**step)[0].entry);
    }
}

}  // namespace
}  // namespace turntable
