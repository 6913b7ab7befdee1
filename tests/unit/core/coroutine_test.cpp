#include "turntable/core/coroutine.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <semaphore>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "turntable/core/stream.hpp"
#include "unit/core/async_support.hpp"

// Sanitizers bring an operator new of their own, and frames go to the heap under them.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TURNTABLE_TEST_SANITIZED 1
#endif
#endif

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

using namespace std::chrono_literals;
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

TEST(ThenTest, MapsReadyAndPendingAnswers) {
    ManualRuntime manual;
    const auto text = [](Result<int>&& n) -> Result<std::string> {
        TURNTABLE_TRY(const int value, std::move(n));
        return std::to_string(value);
    };
    auto ready = then(Async<int>(1), text);
    ASSERT_TRUE(ready.is_ready());
    EXPECT_EQ(*ready.peek(), "1");
    EXPECT_EQ(then(Async<int>(Error(ErrorCode::io, "gone")), text).wait().error().code(),
              ErrorCode::io);

    auto promise = manual.promise<int>();
    auto pending = then(promise.take_async(), text);
    EXPECT_FALSE(pending.is_ready());
    std::move(promise).complete(2);
    manual.completions->run_all();
    ASSERT_TRUE(pending.is_ready());
    EXPECT_EQ(*pending.peek(), "2");
}

TEST(ThenTest, PassesAStopRequestOn) {
    ManualRuntime manual;
    auto promise = manual.promise<int>();
    auto pending = then(promise.take_async(), [](Result<int>&& n) { return std::move(n); });
    pending.request_stop();
    EXPECT_EQ(promise.stop_requested(), StopReason::cancelled);
}

class WhenAllTest : public testing::Test {
  protected:
    /// `count` pending operations, with their promises in promises_.
    std::vector<Async<int>> pending(int count) {
        std::vector<Async<int>> operations;
        for (int i = 0; i < count; ++i) {
            promises_.push_back(manual_.promise<int>());
            operations.push_back(promises_.back().take_async());
        }
        return operations;
    }
    ManualRuntime manual_;
    std::vector<Promise<int>> promises_;
};

TEST_F(WhenAllTest, OfNothingOrOfReadyOnesIsReady) {
    auto none = when_all(std::vector<Async<int>>());
    ASSERT_TRUE(none.is_ready());
    EXPECT_TRUE(none.peek()->empty());
    std::vector<Async<int>> operations;
    operations.emplace_back(1);
    operations.emplace_back(Error(ErrorCode::io, "gone"));
    auto all = when_all(std::move(operations));
    EXPECT_EQ(all.operation(), nullptr);
    EXPECT_EQ(*all.peek()->at(0), 1);
    EXPECT_EQ(all.peek()->at(1).error().code(), ErrorCode::io);
}

TEST_F(WhenAllTest, KeepsTheOrderWhateverEndsFirst) {
    auto operations = pending(3);
    operations.insert(operations.begin() + 1, Async<int>(7));
    auto all = when_all(std::move(operations));
    std::move(promises_[2]).complete(2);
    std::move(promises_[0]).complete(0);
    EXPECT_FALSE(all.is_ready());
    std::move(promises_[1]).complete(Error(ErrorCode::io, "gone"));
    ASSERT_TRUE(all.is_ready());
    const auto results = std::move(all).wait();
    EXPECT_EQ(*results->at(0), 0);
    EXPECT_EQ(*results->at(1), 7);
    EXPECT_FALSE(results->at(2));
    EXPECT_EQ(*results->at(3), 2);
}

TEST_F(WhenAllTest, ContinuesWithOneHop) {
    const auto count = [](Async<std::vector<Result<int>>> all) -> Async<std::size_t> {
        co_return (co_await all)->size();
    };
    auto async = count(when_all(pending(20)));
    for (auto& promise : promises_) {
        std::move(promise).complete(1);
    }
    EXPECT_EQ(manual_.completions->run_all(), 1U);
    EXPECT_EQ(*std::move(async).wait(), 20U);
}

TEST_F(WhenAllTest, AStopRequestReachesEachAtOnce) {
    auto all = when_all(pending(3));
    std::move(promises_[1]).complete(1);
    all.request_stop();
    EXPECT_EQ(promises_[0].stop_requested(), StopReason::cancelled);
    EXPECT_EQ(promises_[2].stop_requested(), StopReason::cancelled);
}

TEST_F(WhenAllTest, DroppingItDropsEach) {
    {
        const auto all = when_all(pending(2));
    }
    EXPECT_EQ(promises_[0].stop_requested(), StopReason::dropped);
    EXPECT_EQ(promises_[1].stop_requested(), StopReason::dropped);
}

TEST_F(WhenAllTest, MayBeStoppedByWhatItStops) {
    std::vector<Async<int>> operations;
    for (int i = 0; i < 3; ++i) {
        operations.push_back(stoppable(manual_.promise<int>())->promise.take_async());
    }
    std::optional<Async<std::vector<Result<int>>>> all = when_all(std::move(operations));
    all.reset();  // the children end inside the request
}

TEST_F(WhenAllTest, EndsOnceWhenPartsEndAtTheSameTime) {
    for (int round = 0; round < race_rounds; ++round) {
        promises_.clear();
        auto operations = pending(3);
        std::optional<Async<std::vector<Result<int>>>> all;
        at_once(
            [&] {
                std::move(promises_[0]).complete(0);
                std::move(promises_[1]).complete(1);
            },
            [&] {
                all = when_all(std::move(operations));
                std::move(promises_[2]).complete(2);
            });
        const auto results = std::move(*all).wait();
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(*results->at(static_cast<std::size_t>(i)), i);
        }
    }
}

// Counts up; each number is pending until the test completes it.
class Numbers final : public StreamSource<int> {
  public:
    Numbers(ManualRuntime& manual, std::optional<Promise<std::optional<int>>>& open)
        : manual_(manual), open_(open) {}
    Async<std::optional<int>> next(const Context& context) override {
        open_.emplace(manual_.promise<std::optional<int>>(context));
        return open_->take_async();
    }

  private:
    ManualRuntime& manual_;
    std::optional<Promise<std::optional<int>>>& open_;
};

TEST(StreamTest, IsPulledOneByOneUnderTheContextOfEachPull) {
    ManualRuntime manual;
    std::optional<Promise<std::optional<int>>> open;
    Stream<int> stream(std::make_unique<Numbers>(manual, open));
    EXPECT_FALSE(open) << "nothing is produced before it is asked for";
    auto first = stream.next();
    std::move(*open).complete(std::optional(1));
    EXPECT_EQ(*std::move(first).wait(), 1);
    std::stop_source source;
    auto second = stream.next({.stop = source.get_token()});
    source.request_stop();
    EXPECT_EQ(open->stop_requested(), StopReason::cancelled);
    std::move(*open).complete(std::optional<int>());
    EXPECT_EQ(*std::move(second).wait(), std::nullopt);
}

}  // namespace
}  // namespace turntable
