#include "turntable/kv/layers/timeout.hpp"

#include <gtest/gtest.h>

#include "unit/kv_layers/layer_support.hpp"

namespace turntable {
namespace {

using namespace std::chrono_literals;
using test::key_a;
using test::LayerWorld;
using test::SetOne;

struct TimeoutTest : testing::Test, LayerWorld {};

/// Never answers, whatever it is asked to stop for.
class Deaf : public kv::Layer<kv::FakeBackend> {
  public:
    Deaf(kv::FakeBackend fake, Runtime& runtime)
        : kv::Layer<kv::FakeBackend>(std::move(fake)), runtime_(&runtime) {}
    Async<std::optional<kv::Entry>> get(const Context& /*context*/, ByteView /*key*/) {
        return held(reads_);
    }
    Async<kv::CommitResult> atomic_write(const Context& /*context*/,
                                         const kv::AtomicWrite& /*write*/) {
        return held(writes_);
    }
    void answer_at_last() { std::move(reads_.front()).complete(std::optional<kv::Entry>()); }
    std::vector<Promise<std::optional<kv::Entry>>>& reads() { return reads_; }

  private:
    template <class T>
    Async<T> held(std::vector<Promise<T>>& promises) {
        Promise<T> promise(*runtime_, {});
        auto async = promise.take_async();
        promises.push_back(std::move(promise));
        return async;
    }
    Runtime* runtime_;
    std::vector<Promise<std::optional<kv::Entry>>> reads_;
    std::vector<Promise<kv::CommitResult>> writes_;
};

TEST_F(TimeoutTest, EndsAReadAtItsLimit) {
    kv::TimeoutLayer layer(fake, {.read = 100ms}, runtime);
    fake.hold_next(kv::FakeCall::get);
    auto answer = layer.get({}, key_a());
    clock->advance(99ms);
    EXPECT_FALSE(answer.is_ready());
    clock->advance(1ms);
    EXPECT_EQ(std::move(answer).wait().error().code(), ErrorCode::timeout);
}

TEST_F(TimeoutTest, AWriteThatWasSubmittedIsUnknown) {
    kv::TimeoutLayer layer(fake, {.write = 100ms}, runtime);
    fake.hold_next(kv::FakeCall::atomic_write);
    auto answer = layer.atomic_write({}, SetOne(key_a()).write());
    clock->advance(100ms);
    EXPECT_EQ(std::move(answer).wait().error().code(), ErrorCode::commit_unknown);
    EXPECT_TRUE(*layer.get({}, key_a()).wait()) << "this one was made";
}

TEST_F(TimeoutTest, TheEarlierDeadlineHolds) {
    kv::TimeoutLayer layer(fake, {.read = 100ms}, runtime);
    for (const auto& [own, expected] : {std::pair(50ms, 50ms), std::pair(500ms, 100ms)}) {
        fake.hold_next(kv::FakeCall::get);
        Context context;
        context.deadline = clock->steady_now() + own;
        auto answer = layer.get(context, key_a());
        EXPECT_GE(advance_until_ready(answer), expected);
        EXPECT_EQ(answer.peek().error().code(), ErrorCode::timeout);
    }
}

TEST_F(TimeoutTest, ZeroMeansNoLimit) {
    kv::TimeoutLayer layer(fake, {.read = 0ms}, runtime);
    fake.hold_next(kv::FakeCall::get);
    auto answer = layer.get({}, key_a());
    clock->advance(24h);
    EXPECT_EQ(fake.held(kv::FakeCall::get), 1U);
    fake.release(kv::FakeCall::get);
    EXPECT_TRUE(std::move(answer).wait());
}

TEST_F(TimeoutTest, LeavesBehindABackendThatDoesNotListen) {
    kv::TimeoutLayer layer(Deaf(fake, *runtime), {.read = 100ms, .write = 100ms, .grace = 10ms},
                           runtime);
    auto read = layer.get({}, key_a());
    auto write = layer.atomic_write({}, SetOne(key_a()).write());
    clock->advance(109ms);
    EXPECT_FALSE(read.is_ready());
    clock->advance(1ms);
    EXPECT_EQ(std::move(read).wait().error().code(), ErrorCode::timeout);
    EXPECT_EQ(std::move(write).wait().error().code(), ErrorCode::commit_unknown);
    layer.inner().answer_at_last();  // nobody listens any more, and nothing breaks
}

TEST_F(TimeoutTest, ATakeMayWaitAsLongAsItTakes) {
    kv::TimeoutLayer layer(fake, {.read = 1ms, .write = 1ms}, runtime);
    auto take = layer.queue_take({});
    clock->advance(24h);
    EXPECT_FALSE(take.is_ready());
}

}  // namespace
}  // namespace turntable
