#include "turntable/core/coroutine.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/sanitized.hpp"
#include "unit/core/async_support.hpp"

namespace {
thread_local std::size_t allocations = 0;
}  // namespace

#if !defined(TURNTABLE_TEST_SANITIZED)
void* operator new(std::size_t size) {
    ++allocations;
    void* memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) {
        std::abort();
    }
    return memory;
}
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace turntable {
namespace {

using test::at_once;
using test::ManualRuntime;
using test::race_rounds;
using test::stoppable;

Async<int> plus_one(Async<int> input) {
    Result<int>& value = co_await input;
    if (!value) {
        co_return value.error();
    }
    co_return *value + 1;
}
Async<int> three_layers(Async<int> input) {
    co_return co_await plus_one(plus_one(plus_one(std::move(input))));
}
Async<void> nothing() { co_return {}; }

TEST(CoroutineTest, StartsAtOnceAndIsReadyWhenNothingWasPending) {
    bool started = false;
    const auto body = [](bool& flag) -> Async<int> {
        flag = true;
        co_return 1;
    };
    auto async = body(started);
    EXPECT_TRUE(started);
    ASSERT_TRUE(async.is_ready());
    EXPECT_EQ(*std::move(async).wait(), 1);
}

TEST(CoroutineTest, ReturnsValuesErrorsResultsAndNothing) {
    EXPECT_EQ(*three_layers(4).wait(), 7);
    EXPECT_EQ(three_layers(Error(ErrorCode::io, "gone")).wait().error().code(), ErrorCode::io);
    EXPECT_TRUE(nothing().wait());
    const auto text = []() -> Async<std::string> { co_return "text"; };
    EXPECT_EQ(*text().wait(), "text");
    const auto result = []() -> Async<std::unique_ptr<int>> {
        co_return Result<std::unique_ptr<int>>(std::make_unique<int>(3));
    };
    EXPECT_EQ(**result().wait(), 3);
}

TEST(CoroutineTest, AwaitsANamedAsyncInPlaceAndMovesFromATemporary) {
    const auto body = []() -> Async<bool> {
        Async<std::string> named = "text";
        Result<std::string>& there = co_await named;
        const bool in_place = &there == &named.peek();
        const Result<std::string> moved = co_await std::move(named);
        co_return in_place && *moved == "text";
    };
    EXPECT_TRUE(*body().wait());
}

TEST(CoroutineTest, AReadyAwaitAllocatesNothing) {
#if defined(TURNTABLE_TEST_SANITIZED)
    GTEST_SKIP() << "allocations are not counted under a sanitizer";
#endif
    const auto body = []() -> Async<std::size_t> {
        const std::size_t before = allocations;
        for (int i = 0; i < 10; ++i) {
            Async<int> async = i;
            Result<int>& value = co_await async;
            const Result<int> other = co_await Async<int>(*value);
            auto mapped = then(Async<int>(*other), [](Result<int>&& n) { return n; });
            static_cast<void>(co_await mapped);
            static_cast<void>(std::move(mapped).wait());
        }
        co_return allocations - before;
    };
    EXPECT_EQ(*body().wait(), 0U);
}

TEST(CoroutineTest, FramesAreUsedAgain) {
#if defined(TURNTABLE_TEST_SANITIZED)
    GTEST_SKIP() << "allocations are not counted under a sanitizer";
#endif
    static_cast<void>(three_layers(1).wait());
    const std::size_t before = allocations;
    for (int i = 0; i < 10; ++i) {
        static_cast<void>(three_layers(i).wait());
    }
    EXPECT_EQ(allocations, before);
}

TEST(CoroutineTest, FramesMayBeFreedWhileAThreadEnds) {
    for (int i = 0; i < 10; ++i) {
        std::jthread([] {
            // Made before the first frame, so destroyed after the lists of free frames.
            static thread_local std::vector<Async<int>> late;
            late.reserve(100);
            for (int n = 0; n < 100; ++n) {
                late.push_back(three_layers(n));
            }
        });
    }
}

TEST(CoroutineTest, AMillionReadyAwaitsDoNotGrowTheStack) {
    const auto body = []() -> Async<int> {
        int sum = 0;
        for (int i = 0; i < 1'000'000; ++i) {
            Async<int> async = 1;
            sum += *co_await async;
        }
        co_return sum;
    };
    EXPECT_EQ(*body().wait(), 1'000'000);
}

TEST(CoroutineTest, AMillionFinishedCoroutinesDoNotGrowTheStack) {
    const auto one = []() -> Async<int> { co_return 1; };
    const auto body = [&]() -> Async<int> {
        int sum = 0;
        for (int i = 0; i < 1'000'000; ++i) {
            sum += *co_await one();
        }
        co_return sum;
    };
    EXPECT_EQ(*body().wait(), 1'000'000);
}

TEST(CoroutineTest, ManySuspendedAwaitsDoNotGrowTheStack) {
    ManualRuntime manual;
    std::optional<Promise<int>> open;
    const auto next = [&]() -> Async<int> {
        open.emplace(manual.promise<int>());
        co_return *co_await open->take_async();
    };
    const auto body = [&]() -> Async<int> {
        int sum = 0;
        for (int i = 0; i < 100'000; ++i) {
            sum += *co_await next();
        }
        co_return sum;
    };
    auto async = body();
    while (!async.is_ready()) {
        std::move(*std::exchange(open, std::nullopt)).complete(1);
        manual.completions->run_all();
    }
    EXPECT_EQ(*std::move(async).wait(), 100'000);
}

TEST(CoroutineTest, ContinuesOnTheExecutorAndNotOnTheProducer) {
    ManualRuntime manual;
    auto promise = manual.promise<int>();
    auto async = three_layers(promise.take_async());
    std::move(promise).complete(1);
    EXPECT_FALSE(async.is_ready());
    EXPECT_EQ(manual.completions->waiting(), 1U);
    EXPECT_EQ(manual.completions->run_all(), 1U) << "one hop, through all layers";
    ASSERT_TRUE(async.is_ready());
    EXPECT_EQ(*std::move(async).wait(), 4);
}

TEST(CoroutineTest, ContinuesOnALibraryThreadOfTheRuntime) {
    const auto runtime = Runtime::create();
    Promise<int> promise(*runtime, {});
    const auto body = [](Async<int> input) -> Async<std::thread::id> {
        static_cast<void>(co_await input);
        EXPECT_TRUE(on_library_thread());
        co_return std::this_thread::get_id();
    };
    auto async = body(promise.take_async());
    std::thread::id producer;
    std::jthread([&] {
        producer = std::this_thread::get_id();
        std::move(promise).complete(1);
    }).join();
    const auto resumed = std::move(async).wait();
    EXPECT_NE(*resumed, producer);
    EXPECT_NE(*resumed, std::this_thread::get_id());
}

struct Stranger {};
Async<int> throwing(Async<int> input, bool known) {
    static_cast<void>(co_await input);
    if (known) {
        throw std::runtime_error("the words");
    }
    throw Stranger{};
}

TEST(CoroutineTest, AnExceptionBecomesAnError) {
    const auto known = throwing(1, true).wait();
    EXPECT_EQ(known.error().code(), ErrorCode::backend);
    EXPECT_NE(known.error().message().find("the words"), std::string::npos);
    EXPECT_EQ(throwing(1, false).wait().error().code(), ErrorCode::backend);
}

TEST(CoroutineTest, AnExceptionAfterASuspensionBecomesAnError) {
    ManualRuntime manual;
    auto promise = manual.promise<int>();
    auto async = throwing(promise.take_async(), true);
    std::move(promise).complete(1);
    manual.completions->run_all();
    EXPECT_EQ(std::move(async).wait().error().code(), ErrorCode::backend);
}

TEST(CoroutineTest, DroppedWhileItAwaitsItStopsTheChildAndLivesUntilItEnds) {
    ManualRuntime manual;
    auto promise = manual.promise<int>();
    std::optional<StopReason> reason;
    promise.on_stop([&](StopReason why) { reason = why; });
    auto owned = std::make_shared<int>(0);
    const auto body = [](Async<int> input, std::shared_ptr<int> held) -> Async<int> {
        const Result<int> value = co_await std::move(input);
        *held = *value;
        co_return *held;
    };
    std::optional<Async<int>> async = body(promise.take_async(), owned);
    async.reset();
    EXPECT_EQ(reason, StopReason::dropped);
    EXPECT_EQ(owned.use_count(), 2) << "the frame waits for its child";
    std::move(promise).complete(8);
    manual.completions->run_all();
    EXPECT_EQ(*owned, 8);
    EXPECT_EQ(owned.use_count(), 1);
}

TEST(CoroutineTest, StopRequestsReachTheInnermostChild) {
    ManualRuntime manual;
    const auto shared = stoppable(manual.promise<int>());
    auto async = three_layers(shared->promise.take_async());
    async.request_stop();
    manual.completions->run_all();
    ASSERT_TRUE(async.is_ready());
    EXPECT_EQ(std::move(async).wait().error().code(), ErrorCode::cancelled);
}

TEST(CoroutineTest, StopRequestsReachWhatIsAwaitedLater) {
    ManualRuntime manual;
    auto first = manual.promise<int>();
    auto second = manual.promise<int>();
    const auto body = [](Async<int> a, Async<int> b) -> Async<int> {
        static_cast<void>(co_await a);
        co_return co_await std::move(b);
    };
    auto async = body(first.take_async(), second.take_async());
    async.request_stop();
    EXPECT_EQ(first.stop_requested(), StopReason::cancelled);
    EXPECT_FALSE(second.stop_requested());
    std::move(first).complete(1);
    manual.completions->run_all();
    EXPECT_EQ(second.stop_requested(), StopReason::cancelled);
    std::move(second).complete(2);
    manual.completions->run_all();
    EXPECT_EQ(*std::move(async).wait(), 2) << "an answer that came all the same counts";
}

TEST(CoroutineTest, AChildThatStopsWhileItIsBeingAwaitedDoesNotSuspend) {
    ManualRuntime manual;
    auto first = manual.promise<int>();
    const auto second = stoppable(manual.promise<int>());
    const auto body = [](Async<int> a, Async<int> b) -> Async<int> {
        static_cast<void>(co_await a);
        co_return co_await std::move(b);
    };
    auto async = body(first.take_async(), second->promise.take_async());
    async.request_stop();
    std::move(first).complete(1);
    EXPECT_EQ(manual.completions->run_all(), 1U);
    EXPECT_EQ(std::move(async).wait().error().code(), ErrorCode::cancelled);
}

// A coroutine type of somebody else: it knows nothing of Async.
struct Foreign {
    struct promise_type {
        Foreign get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::abort(); }
    };
};
Foreign store_into(Async<int> input, int& out) { out = *co_await input; }

TEST(CoroutineTest, ForeignCoroutinesCanAwait) {
    ManualRuntime manual;
    auto promise = manual.promise<int>();
    int out = 0;
    store_into(promise.take_async(), out);
    std::move(promise).complete(9);
    manual.completions->run_all();
    EXPECT_EQ(out, 9);
}

TEST(CoroutineTest, WaitWorksOnACoroutineWhosePartsCompleteElsewhere) {
    const auto runtime = Runtime::create();
    for (int round = 0; round < race_rounds; ++round) {
        Promise<int> promise(*runtime, {});
        auto async = three_layers(promise.take_async());
        at_once([&] { std::move(promise).complete(round); },
                [&] { EXPECT_EQ(*std::move(async).wait(), round + 3); });
    }
}

TEST(CoroutineRace, CompleteAgainstAttach) {
    const auto runtime = Runtime::create();
    for (int round = 0; round < race_rounds; ++round) {
        Promise<int> promise(*runtime, {});
        auto input = promise.take_async();
        std::optional<Async<int>> async;
        at_once([&] { std::move(promise).complete(round); },
                [&] { async = three_layers(std::move(input)); });
        EXPECT_EQ(*std::move(*async).wait(), round + 3);
    }
}

TEST(CoroutineRace, CompleteAgainstDrop) {
    const auto runtime = Runtime::create();
    for (int round = 0; round < race_rounds; ++round) {
        const auto shared = stoppable(Promise<int>(*runtime, {}));
        std::optional<Async<int>> async = three_layers(shared->promise.take_async());
        at_once([&] { shared->complete(1); }, [&] { async.reset(); });
        EXPECT_TRUE(shared->claimed);
    }
}

TEST(CoroutineRace, CompleteAgainstRequestStop) {
    const auto runtime = Runtime::create();
    for (int round = 0; round < race_rounds; ++round) {
        const auto shared = stoppable(Promise<int>(*runtime, {}));
        auto async = three_layers(shared->promise.take_async());
        at_once([&] { shared->complete(1); }, [&] { async.request_stop(); });
        const auto result = std::move(async).wait();
        EXPECT_TRUE(result || result.error().code() == ErrorCode::cancelled);
    }
}

TEST(CoroutineRace, RequestStopAgainstGoingOnToTheNextChild) {
    const auto runtime = Runtime::create();
    const auto body = [](std::vector<Async<int>> parts) -> Async<int> {
        int sum = 0;
        for (Async<int>& part : parts) {
            sum += (co_await part) ? 1 : 0;
        }
        co_return sum;
    };
    for (int round = 0; round < race_rounds; ++round) {
        std::vector<std::shared_ptr<test::SharedPromise<int>>> promises;
        std::vector<Async<int>> parts;
        for (int i = 0; i < 3; ++i) {
            promises.push_back(stoppable(Promise<int>(*runtime, {})));
            parts.push_back(promises.back()->promise.take_async());
        }
        auto async = body(std::move(parts));
        at_once([&] { promises[0]->complete(1); }, [&] { async.request_stop(); });
        EXPECT_LE(*std::move(async).wait(), 1) << "the later ones end by the stop alone";
    }
}

}  // namespace
}  // namespace turntable
