#include "turntable/core/runtime.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <limits>
#include <memory>
#include <semaphore>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "turntable/core/coroutine.hpp"
#include "unit/core/async_support.hpp"

namespace turntable {
namespace {

using namespace std::chrono_literals;

TEST(RandomTest, RepeatsItselfForASeed) {
    const auto first = Random::seeded(7);
    const auto second = Random::seeded(7);
    const auto other = Random::seeded(8);
    const std::uint64_t number = first->next();
    EXPECT_EQ(number, second->next());
    EXPECT_NE(number, other->next());
}

TEST(RandomTest, BetweenIncludesBothEnds) {
    const auto random = Random::seeded(1);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 200; ++i) {
        seen.insert(random->between(5, 7));
    }
    EXPECT_EQ(seen, (std::set<std::uint64_t>{5, 6, 7}));
    EXPECT_EQ(random->between(9, 9), 9U);
    static_cast<void>(random->between(0, std::numeric_limits<std::uint64_t>::max()));
}

TEST(UniqueFunctionTest, OwnsWhatCannotBeCopiedAndMayDropAResult) {
    UniqueFunction<int(int)> add = [n = std::make_unique<int>(2)](int m) { return *n + m; };
    UniqueFunction<int(int)> moved = std::move(add);
    EXPECT_EQ(moved(3), 5);
    int calls = 0;
    UniqueFunction<void()> drops = [&] { return ++calls; };
    drops();
    EXPECT_EQ(calls, 1);
    drops = {};
    EXPECT_FALSE(drops);
}

TEST(RuntimeTest, HasADefaultForEachPart) {
    const auto runtime = Runtime::create();
    EXPECT_EQ(&runtime->clock(), Clock::system().get());
    runtime->log(LogLevel::info, "test", "nobody listens");
    EXPECT_EQ(Runtime::shared(), Runtime::shared());
    EXPECT_NE(Runtime::shared(), runtime);
}

TEST(RuntimeTest, UsesWhatItIsGiven) {
    const auto clock = std::make_shared<ManualClock>();
    const auto random = Random::seeded(1);
    const auto executor = std::make_shared<test::ManualExecutor>();
    std::string logged;
    const auto runtime = Runtime::create(
        {.clock = clock,
         .random = random,
         .completions = executor,
         .blocking_pool = executor,
         .log =
             std::make_shared<UniqueFunction<void(const LogRecord&)>>([&](const LogRecord& record) {
                 logged = std::string(record.component) + ": " + std::string(record.message);
             })});
    EXPECT_EQ(&runtime->clock(), clock.get());
    EXPECT_EQ(&runtime->random(), random.get());
    EXPECT_EQ(&runtime->completions(), executor.get());
    EXPECT_EQ(&runtime->blocking_pool(), executor.get());
    runtime->log(LogLevel::warning, "part", "words");
    EXPECT_EQ(logged, "part: words");
}

TEST(RuntimeTest, TimersRunOnItsClock) {
    const test::ManualRuntime manual;
    std::binary_semaphore fired(0);
    manual.runtime->timers().call_at(manual.after(1h), [&] { fired.release(); });
    EXPECT_FALSE(fired.try_acquire());
    manual.clock->advance(60min);
    fired.acquire();
}

TEST(LibraryThreadTest, TheScopeNestsAndEnds) {
    EXPECT_FALSE(on_library_thread());
    {
        const LibraryThreadScope outer;
        {
            const LibraryThreadScope inner;
        }
        EXPECT_TRUE(on_library_thread());
        {
            const WaitingThreadScope waits;
            EXPECT_FALSE(on_library_thread());
        }
        EXPECT_TRUE(on_library_thread());
    }
    EXPECT_FALSE(on_library_thread());
}

TEST(ThreadPoolTest, RunsAllThatWasPostedBeforeItEnds) {
    std::atomic<int> runs = 0;
    {
        const auto pool = make_thread_pool(3, "test");
        std::vector<std::jthread> posters;
        for (int i = 0; i < 4; ++i) {
            posters.emplace_back([&] {
                for (int n = 0; n < 500; ++n) {
                    pool->post([&] { ++runs; });
                }
            });
        }
    }
    EXPECT_EQ(runs, 2000);
}

TEST(ThreadPoolTest, RunsOnLibraryThreadsInTheOrderPosted) {
    std::string order;
    {
        const auto pool = make_thread_pool(1, "a name that is longer than the system allows");
        for (const char c : {'a', 'b', 'c'}) {
            pool->post([&order, c] { order += on_library_thread() ? c : '-'; });
        }
    }
    EXPECT_EQ(order, "abc");
}

TEST(ThreadPoolTest, StartsAsManyThreadsAsItMay) {
    std::latch together(3);
    const auto pool = make_thread_pool(3, "test");
    for (int i = 0; i < 3; ++i) {
        pool->post([&] { together.arrive_and_wait(); });  // ends only when three run
    }
    together.wait();
}

TEST(ThreadPoolTest, APoolOfNoThreadsHasOne) {
    std::binary_semaphore done(0);
    const auto pool = make_thread_pool(0, "test");
    pool->post([&] { done.release(); });
    done.acquire();
}

TEST(ThreadPoolTest, DestroysWorkBeforeItTakesMore) {
    auto owned = std::make_shared<int>(0);
    long count = 0;
    {
        const auto pool = make_thread_pool(1, "test");
        pool->post([copy = owned] { ++*copy; });
        pool->post([&] { count = owned.use_count(); });
    }
    EXPECT_EQ(count, 1);
}

TEST(ThreadPoolTest, RunsWhatItsWorkPostsWhileItEnds) {
    std::atomic<int> runs = 0;
    {
        const auto pool = make_thread_pool(4, "test");
        Executor& executor = *pool;
        for (int i = 0; i < 50; ++i) {
            pool->post([&] { executor.post([&] { executor.post([&] { ++runs; }); }); });
        }
    }
    EXPECT_EQ(runs, 50);
}

TEST(ThreadPoolTest, MayBeDestroyedByItsOwnWork) {
    std::binary_semaphore go(0);
    std::binary_semaphore destroyed(0);
    int later = 0;
    auto pool = make_thread_pool(1, "test");
    Executor& executor = *pool;
    executor.post([&, pool = std::move(pool)]() mutable {
        go.acquire();
        pool.reset();
        EXPECT_EQ(later, 2) << "what was posted has run when the destructor returns";
        destroyed.release();
    });
    executor.post([&] { ++later; });
    executor.post([&] { ++later; });
    go.release();
    destroyed.acquire();
}

// The last owner of a runtime may be anywhere.
using Place = void (*)(Runtime&, UniqueFunction<void()>);
struct NamedPlace {
    const char* name;
    Place run;
};
class RuntimeEnd : public testing::TestWithParam<NamedPlace> {};

TEST_P(RuntimeEnd, MayComeOnAThreadOfItsOwn) {
    auto runtime = Runtime::create();
    const std::weak_ptr<Runtime> alive = runtime;
    Runtime& reference = *runtime;
    // All threads are started, so that each must be joined or let go.
    std::latch started(3);
    reference.completions().post([&] { started.count_down(); });
    reference.blocking_pool().post([&] { started.count_down(); });
    reference.timers().call_at(Instant::min(), [&] { started.count_down(); });
    started.wait();
    std::binary_semaphore ended(0);
    GetParam().run(reference, [&ended, runtime = std::move(runtime)]() mutable {
        runtime.reset();
        ended.release();
    });
    ended.acquire();
    EXPECT_TRUE(alive.expired());
}

INSTANTIATE_TEST_SUITE_P(
    All, RuntimeEnd,
    testing::Values(NamedPlace{"completions",
                               [](Runtime& runtime, UniqueFunction<void()> work) {
                                   runtime.completions().post(std::move(work));
                               }},
                    NamedPlace{"pool",
                               [](Runtime& runtime, UniqueFunction<void()> work) {
                                   runtime.blocking_pool().post(std::move(work));
                               }},
                    NamedPlace{"timer",
                               [](Runtime& runtime, UniqueFunction<void()> work) {
                                   runtime.timers().call_at(Instant::min(), std::move(work));
                               }}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(RuntimeTest, OperationsThatItsTimersHeldAreCancelledAndContinue) {
    auto runtime = Runtime::create();
    const auto code = [](Async<int> input) -> Async<ErrorCode> {
        co_return (co_await input).error().code();
    };
    Promise<int> promise(*runtime, {.deadline = runtime->clock().steady_now() + 1h});
    auto operation = code(promise.take_async());
    runtime->timers().call_at(
        runtime->clock().steady_now() + 1h,
        [promise = std::move(promise)]() mutable { std::move(promise).complete(1); });
    runtime.reset();
    ASSERT_TRUE(operation.is_ready());
    EXPECT_EQ(*std::move(operation).wait(), ErrorCode::cancelled);
}

TEST(RuntimeTest, OperationsThatItsPoolEndsLateStillContinue) {
    std::atomic<int> sum = 0;
    const auto add = [](Async<int> input, std::atomic<int>& out) -> Async<void> {
        out += *co_await input;
        co_return {};
    };
    {
        auto runtime = Runtime::create({.pool_threads = 1});
        std::binary_semaphore go(0);
        runtime->blocking_pool().post([&] { go.acquire(); });
        std::vector<Async<void>> operations;
        for (int i = 0; i < 20; ++i) {
            Promise<int> promise(*runtime, {.deadline = runtime->clock().steady_now() + 1h});
            operations.push_back(add(promise.take_async(), sum));
            runtime->blocking_pool().post(
                [promise = std::move(promise)]() mutable { std::move(promise).complete(1); });
        }
        go.release();
        runtime.reset();
        for (const auto& operation : operations) {
            EXPECT_TRUE(operation.is_ready());
        }
    }
    EXPECT_EQ(sum, 20);
}

}  // namespace
}  // namespace turntable
