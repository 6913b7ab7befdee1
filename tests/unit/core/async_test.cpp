#include "turntable/core/async.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <semaphore>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "unit/core/async_support.hpp"

namespace turntable {
namespace {

using namespace std::chrono_literals;
using test::at_once;
using test::ManualRuntime;
using test::race_rounds;
using test::stoppable;

static_assert(!std::is_copy_constructible_v<Async<int>>);
static_assert(std::is_nothrow_move_constructible_v<Async<std::string>>);
static_assert(!std::is_copy_constructible_v<Promise<int>>);
static_assert(sizeof(Async<int>) == 3 * sizeof(void*));

TEST(AsyncTest, ReadyHoldsAValueOrAnError) {
    Async<std::string> value = "text";
    ASSERT_TRUE(value.is_ready());
    EXPECT_EQ(value.operation(), nullptr);
    EXPECT_EQ(*value.peek(), "text");
    EXPECT_EQ(*std::move(value).wait(), "text");

    Async<std::string> error = Error(ErrorCode::io, "gone");
    ASSERT_TRUE(error.is_ready());
    EXPECT_EQ(std::move(error).wait().error().code(), ErrorCode::io);

    Async<void> done = Result<void>();
    EXPECT_TRUE(std::move(done).wait());
}

TEST(AsyncTest, ReadyMovesAndIgnoresStopRequests) {
    Async<std::unique_ptr<int>> first = std::make_unique<int>(1);
    Async<std::unique_ptr<int>> second = std::move(first);
    second.request_stop();
    first = std::move(second);
    ASSERT_TRUE(first.is_ready());
    EXPECT_EQ(**first.peek(), 1);
}

TEST(AsyncTest, PendingMovesWithoutStopping) {
    ManualRuntime manual;
    auto promise = manual.promise<int>();
    Async<int> first = promise.take_async();
    Async<int> second = std::move(first);
    std::vector<Async<int>> many;
    many.push_back(std::move(second));
    EXPECT_FALSE(promise.stop_requested());
    EXPECT_FALSE(many[0].is_ready());
    std::move(promise).complete(3);
    EXPECT_TRUE(many[0].is_ready());
    EXPECT_EQ(*many[0].peek(), 3);
}

TEST(AsyncTest, AssigningOverAPendingOneDropsIt) {
    ManualRuntime manual;
    auto promise = manual.promise<int>();
    Async<int> async = promise.take_async();
    async = Async<int>(1);
    EXPECT_EQ(promise.stop_requested(), StopReason::dropped);
    EXPECT_EQ(*async.peek(), 1);
}

TEST(AsyncTest, WaitIsWokenByTheProducerAndNotByTheExecutor) {
    ManualRuntime manual;
    for (int round = 0; round < race_rounds; ++round) {
        auto promise = manual.promise<int>();
        auto async = promise.take_async();
        at_once([&] { std::move(promise).complete(round); },
                [&] { EXPECT_EQ(*std::move(async).wait(), round); });
    }
    EXPECT_EQ(manual.completions->waiting(), 0U);
}

TEST(AsyncTest, WaitingOnALibraryThreadIsRefusedUnlessReady) {
    ManualRuntime manual;
    auto promise = manual.promise<int>();
    const LibraryThreadScope scope;
    EXPECT_EQ(*Async<int>(1).wait(), 1);
    EXPECT_EQ(promise.take_async().wait().error().code(), ErrorCode::would_deadlock);
    EXPECT_EQ(promise.stop_requested(), StopReason::dropped);
    auto done = manual.promise<int>();
    auto async = done.take_async();
    std::move(done).complete(2);
    EXPECT_EQ(*std::move(async).wait(), 2);
}

TEST(PromiseTest, DestroyedUnansweredItCancels) {
    ManualRuntime manual;
    std::optional<Promise<int>> promise = manual.promise<int>();
    auto async = promise->take_async();
    promise.reset();
    ASSERT_TRUE(async.is_ready());
    EXPECT_EQ(async.peek().error().code(), ErrorCode::cancelled);
}

TEST(PromiseTest, MayBeDestroyedUntaken) {
    ManualRuntime manual;
    {
        const auto promise = manual.promise<int>();
    }
    auto promise = manual.promise<int>();
    std::move(promise).complete(1);
    EXPECT_FALSE(promise.is_open());  // NOLINT(bugprone-use-after-move): promised to be closed
}

TEST(PromiseTest, MayBeCompletedBeforeItsAsyncIsTaken) {
    ManualRuntime manual;
    auto promise = manual.promise<int>();
    std::move(promise).complete(4);
    auto async = promise.take_async();  // NOLINT(bugprone-use-after-move)
    ASSERT_TRUE(async.is_ready());
    EXPECT_EQ(*async.peek(), 4);
}

TEST(PromiseTest, MovesTakenAndUntaken) {
    ManualRuntime manual;
    auto first = manual.promise<int>();
    auto second = std::move(first);
    auto async = second.take_async();
    auto third = std::move(second);
    EXPECT_FALSE(second.is_open());  // NOLINT(bugprone-use-after-move): promised to be closed
    EXPECT_TRUE(third.is_open());
    std::move(third).complete(5);
    EXPECT_EQ(*async.peek(), 5);
}

TEST(PromiseTest, AssigningOverAnOpenOneCancelsIt) {
    ManualRuntime manual;
    auto promise = manual.promise<int>();
    auto first = promise.take_async();
    promise = manual.promise<int>();
    auto second = promise.take_async();
    ASSERT_TRUE(first.is_ready());
    EXPECT_EQ(first.peek().error().code(), ErrorCode::cancelled);
    EXPECT_FALSE(second.is_ready());
}

// Each way to stop an operation, and the reason that the producer gets.
struct Stop {
    const char* name;
    StopReason reason;
    ErrorCode code;
};
class StopWays : public testing::TestWithParam<Stop> {
  protected:
    Context context() {
        Context context{.stop = source_.get_token()};
        if (GetParam().reason == StopReason::timeout) {
            context.deadline = manual_.after(10ms);
        }
        return context;
    }
    void trigger(std::optional<Async<int>>& async) {
        const std::string name = GetParam().name;
        if (name == "drop") {
            async.reset();
        } else if (name == "request") {
            async->request_stop();
        } else if (name == "token") {
            source_.request_stop();
        } else {
            manual_.clock->advance(10ms);
        }
    }

    ManualRuntime manual_;
    std::stop_source source_;
};

TEST_P(StopWays, CallOnStopWithTheReason) {
    auto promise = manual_.promise<int>(context());
    std::optional<Async<int>> async = promise.take_async();
    std::binary_semaphore called(0);
    std::optional<StopReason> reason;
    promise.on_stop([&](StopReason why) {
        reason = why;
        called.release();
    });
    EXPECT_FALSE(promise.stop_requested());
    trigger(async);
    called.acquire();
    EXPECT_EQ(reason, GetParam().reason);
    EXPECT_EQ(promise.stop_requested(), GetParam().reason);
}

TEST_P(StopWays, MayCompleteFromInsideOnStop) {
    const auto shared = stoppable(manual_.promise<int>(context()));
    std::optional<Async<int>> async = shared->promise.take_async();
    trigger(async);
    if (async) {
        EXPECT_EQ(std::move(*async).wait().error().code(), GetParam().code);
    }
    EXPECT_TRUE(shared->claimed);
}

TEST_P(StopWays, CallOnStopThatIsRegisteredTooLateAtOnce) {
    auto promise = manual_.promise<int>(context());
    std::optional<Async<int>> async = promise.take_async();
    trigger(async);
    while (!promise.stop_requested()) {
        std::this_thread::yield();  // the timer thread is on its way
    }
    std::optional<StopReason> reason;
    promise.on_stop([&](StopReason why) {
        reason = why;
        std::move(promise).complete(stopped_error(why));
    });
    EXPECT_EQ(reason, GetParam().reason);
    EXPECT_FALSE(promise.is_open());
}

TEST_P(StopWays, DoNothingOnceCompleted) {
    auto promise = manual_.promise<int>(context());
    std::optional<Async<int>> async = promise.take_async();
    auto owned = std::make_shared<int>(0);
    promise.on_stop([owned](StopReason) { ADD_FAILURE() << "stopped after completion"; });
    std::move(promise).complete(1);
    EXPECT_EQ(owned.use_count(), 1) << "completing lets the callback go";
    trigger(async);
}

INSTANTIATE_TEST_SUITE_P(All, StopWays,
                         testing::Values(Stop{"drop", StopReason::dropped, ErrorCode::cancelled},
                                         Stop{"request", StopReason::cancelled,
                                              ErrorCode::cancelled},
                                         Stop{"token", StopReason::cancelled, ErrorCode::cancelled},
                                         Stop{"deadline", StopReason::timeout, ErrorCode::timeout}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(PromiseTest, OnlyTheFirstReasonCounts) {
    ManualRuntime manual;
    std::stop_source source;
    auto promise = manual.promise<int>({.stop = source.get_token()});
    std::optional<Async<int>> async = promise.take_async();
    int calls = 0;
    promise.on_stop([&](StopReason) { ++calls; });
    source.request_stop();
    async->request_stop();
    async.reset();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(promise.stop_requested(), StopReason::cancelled);
}

TEST(PromiseTest, OnlyTheLastCallbackIsCalled) {
    ManualRuntime manual;
    auto promise = manual.promise<int>();
    auto async = promise.take_async();
    int called = 0;
    promise.on_stop([&](StopReason) { called = 1; });
    promise.on_stop([&](StopReason) { called = 2; });
    async.request_stop();
    EXPECT_EQ(called, 2);
}

TEST(PromiseTest, AContextThatIsStoppedAlreadyStopsAtOnce) {
    ManualRuntime manual;
    std::stop_source source;
    source.request_stop();
    const auto promise = manual.promise<int>({.stop = source.get_token()});
    EXPECT_EQ(promise.stop_requested(), StopReason::cancelled);
}

TEST(PromiseTest, APassedDeadlineStops) {
    ManualRuntime manual;
    const auto shared = stoppable(manual.promise<int>({.deadline = manual.after(-1ms)}));
    EXPECT_EQ(shared->promise.take_async().wait().error().code(), ErrorCode::timeout);
}

TEST(PromiseTest, MayOutliveTheTimersOfAnEndingRuntime) {
    auto runtime = Runtime::create();
    Promise<int> promise(*runtime, {.deadline = runtime->clock().steady_now() + 1h});
    auto async = promise.take_async();
    std::binary_semaphore go(0);
    runtime->blocking_pool().post([&go, promise = std::move(promise)]() mutable {
        go.acquire();
        std::move(promise).complete(6);
    });
    go.release();
    runtime.reset();  // runs the work, which cancels the deadline
    EXPECT_EQ(*std::move(async).wait(), 6);
}

TEST(PromiseRace, CompleteAgainstDrop) {
    ManualRuntime manual;
    for (int round = 0; round < race_rounds; ++round) {
        const auto shared = stoppable(manual.promise<std::string>());
        std::optional<Async<std::string>> async = shared->promise.take_async();
        at_once([&] { shared->complete("done"); }, [&] { async.reset(); });
        EXPECT_TRUE(shared->claimed);
    }
}

TEST(PromiseRace, CompleteAgainstATokenAndADeadline) {
    ManualRuntime manual;
    for (int round = 0; round < race_rounds; ++round) {
        std::stop_source source;
        const auto shared = stoppable(
            manual.promise<int>({.stop = source.get_token(), .deadline = manual.after(1ms)}));
        auto async = shared->promise.take_async();
        at_once(
            [&] {
                manual.clock->advance(1ms);
                source.request_stop();
            },
            [&] { shared->complete(1); });
        const Result<int> result = std::move(async).wait();
        EXPECT_TRUE(result || result.error().code() == ErrorCode::cancelled ||
                    result.error().code() == ErrorCode::timeout);
    }
}

TEST(PromiseRace, CompleteOutrightAgainstATokenThatIsStopped) {
    ManualRuntime manual;
    for (int round = 0; round < race_rounds; ++round) {
        std::stop_source source;
        auto promise = manual.promise<int>({.stop = source.get_token()});
        auto async = promise.take_async();
        auto calls = std::make_shared<std::atomic<int>>(0);
        promise.on_stop([calls](StopReason) { ++*calls; });
        at_once([&] { source.request_stop(); }, [&] { std::move(promise).complete(round); });
        EXPECT_EQ(*std::move(async).wait(), round);
        EXPECT_LE(*calls, 1);
        EXPECT_EQ(calls.use_count(), 1);
    }
}

TEST(PromiseRace, RegisterAgainstRequest) {
    ManualRuntime manual;
    for (int round = 0; round < race_rounds; ++round) {
        std::stop_source source;
        auto promise = manual.promise<int>({.stop = source.get_token()});
        std::atomic<int> calls = 0;
        at_once([&] { source.request_stop(); },
                [&] { promise.on_stop([&](StopReason) { ++calls; }); });
        EXPECT_EQ(calls, 1);
    }
}

TEST(PromiseRace, DropAgainstAToken) {
    ManualRuntime manual;
    for (int round = 0; round < race_rounds; ++round) {
        std::stop_source source;
        const auto shared = stoppable(manual.promise<int>({.stop = source.get_token()}));
        std::optional<Async<int>> async = shared->promise.take_async();
        at_once([&] { source.request_stop(); }, [&] { async.reset(); });
        EXPECT_TRUE(shared->claimed);
    }
}

TEST(StoppedErrorTest, HasTheCodeOfItsReason) {
    EXPECT_EQ(stopped_error(StopReason::timeout).code(), ErrorCode::timeout);
    EXPECT_EQ(stopped_error(StopReason::cancelled).code(), ErrorCode::cancelled);
    EXPECT_EQ(stopped_error(StopReason::dropped).code(), ErrorCode::cancelled);
}

}  // namespace
}  // namespace turntable
