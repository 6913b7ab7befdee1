#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "turntable/kv/delivery_id.hpp"
#include "unit/kv/ordered_store_fixture.hpp"

namespace turntable::test {
namespace {

using kv::Delivery;
using kv::Enqueue;
using kv::QueueMessage;

struct OrderedQueue : StoreTest {
    template <class Store>
    static QueueMessage take(Store& store) {
        auto message = store.queue_take({}).wait();
        EXPECT_TRUE(message) << message.error().to_string();
        return message ? *std::move(message) : QueueMessage{};
    }
    template <class Store>
    static void finish(Store& store, const QueueMessage& message,
                       Delivery delivery = Delivery::done) {
        const auto result = store.queue_finish(caller_waits, message.id, delivery).wait();
        EXPECT_TRUE(result) << result.error().to_string();
    }
    std::size_t rows(char space) const {
        const auto map = file->snapshot();
        return static_cast<std::size_t>(std::ranges::count_if(*map, [&](const auto& row) {
            return row.first[0] == '\xFF' && row.first[1] == space;
        }));
    }
};

TEST_F(OrderedQueue, DeliversOnceAndForgetsWhatIsDone) {
    const auto store = open();
    enqueue(*store, {.payload = "hello"});
    const QueueMessage message = take(*store);
    EXPECT_EQ(message.payload.text(), "hello");
    EXPECT_EQ(message.lease_until_ms, now_ms() + 5000);
    EXPECT_EQ(rows('q'), 0U);
    EXPECT_EQ(rows('r'), 1U);
    EXPECT_EQ(rows('i'), 1U);
    finish(*store, message);
    EXPECT_EQ(rows('r') + rows('i'), 0U);
    EXPECT_EQ(code_of(store->queue_finish({}, message.id, Delivery::done)), ErrorCode::not_found);
    EXPECT_EQ(code_of(store->queue_extend({}, message.id)), ErrorCode::not_found);
}

TEST_F(OrderedQueue, DeliversWhatIsDueInTheOrderOfItsTime) {
    const auto store = open();
    enqueue(*store, {.payload = "second", .deadline_ms = now_ms() - 5});
    enqueue(*store, {.payload = "first", .deadline_ms = now_ms() - 10});
    enqueue(*store, {.payload = "later", .deadline_ms = now_ms() + 100});
    EXPECT_EQ(take(*store).payload.text(), "first");
    EXPECT_EQ(take(*store).payload.text(), "second");
    auto pending = store->queue_take({});
    clock->advance(99ms);
    EXPECT_FALSE(pending.is_ready());
    clock->advance(1ms);
    EXPECT_EQ(std::move(pending).wait()->payload.text(), "later");
}

TEST_F(OrderedQueue, WakesATakeForANewMessageThatIsDueEarlier) {
    const auto store = open();
    enqueue(*store, {.payload = "later", .deadline_ms = now_ms() + 10'000});
    auto pending = store->queue_take({});
    enqueue(*store, {.payload = "soon", .deadline_ms = now_ms() + 100});
    auto other = store->queue_take({});
    clock->advance(100ms);
    EXPECT_EQ(std::move(pending).wait()->payload.text(), "soon");
    enqueue(*store, {.payload = "now"});
    EXPECT_EQ(std::move(other).wait()->payload.text(), "now");
}

TEST_F(OrderedQueue, ServesTakersInTheOrderInWhichTheyAsked) {
    const auto store = open();
    auto first = store->queue_take({});
    auto second = store->queue_take({});
    enqueue(*store, {.payload = "1"});
    EXPECT_EQ(std::move(first).wait()->payload.text(), "1");
    enqueue(*store, {.payload = "2"});
    EXPECT_EQ(std::move(second).wait()->payload.text(), "2");
}

TEST_F(OrderedQueue, RetriesByTheScheduleAndThenWritesTheDeadLetters) {
    const auto store = open();
    const std::vector<std::uint32_t> backoff{100, 200};
    const std::vector<ByteView> keys{"dead1", "dead2"};
    enqueue(*store, {.payload = "p", .keys_if_undelivered = keys, .backoff_ms = backoff});
    const WatchTarget target{"dead2"};
    auto stream = store->watch({}, {&target, 1});
    EXPECT_EQ(text_of(stream->next(caller_waits).wait()), "dead2- ");
    auto told = stream->next();

    finish(*store, take(*store), Delivery::failed);
    auto again = store->queue_take({});
    clock->advance(99ms);
    EXPECT_FALSE(again.is_ready());
    clock->advance(1ms);
    const auto second = std::move(again).wait();
    ASSERT_TRUE(second);
    finish(*store, *second, Delivery::failed);
    again = store->queue_take({});
    clock->advance(200ms);
    finish(*store, *std::move(again).wait(), Delivery::failed);
    EXPECT_EQ(text_of(std::move(told).wait()), "dead2=p ");
    const auto dead = *store->get({}, "dead1").wait();
    EXPECT_EQ(dead->value.encoding(), kv::ValueEncoding::v8);
    EXPECT_EQ(rows('q') + rows('r') + rows('i'), 0U);
}

TEST_F(OrderedQueue, AnEmptyScheduleMakesTheFirstFailureFinal) {
    const auto store = open();
    const std::vector<ByteView> keys{"dead"};
    enqueue(*store, {.payload = "p",
                     .keys_if_undelivered = keys,
                     .backoff_ms = std::span<const std::uint32_t>()});
    finish(*store, take(*store), Delivery::failed);
    EXPECT_EQ(get(*store, "dead"), "p");
}

TEST_F(OrderedQueue, AMessageWhoseConsumerDiedIsDeliveredAgainToSomebodyElse) {
    const auto store = open();
    const std::vector<std::uint32_t> backoff{100};
    enqueue(*store, {.payload = "p", .backoff_ms = backoff});
    const QueueMessage lost = take(*store);
    auto again = store->queue_take({});
    clock->advance(4999ms);
    EXPECT_FALSE(again.is_ready());
    clock->advance(1ms);
    file->wait_until([](const Map& map) {
        return std::ranges::none_of(map, [](const auto& row) { return row.first[1] == 'r'; });
    });
    clock->advance(100ms);
    const auto second = std::move(again).wait();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->payload.text(), "p");
    // The one who came back late cannot end the delivery of the other.
    EXPECT_EQ(code_of(store->queue_finish({}, lost.id, Delivery::done)), ErrorCode::not_found);
    EXPECT_EQ(code_of(store->queue_extend({}, lost.id)), ErrorCode::not_found);
    finish(*store, *second);
}

TEST_F(OrderedQueue, DeadLettersOfADiedConsumerNeedNobodyWhoTakes) {
    const auto store = open();
    const std::vector<ByteView> keys{"dead"};
    enqueue(*store, {.payload = "p",
                     .keys_if_undelivered = keys,
                     .backoff_ms = std::span<const std::uint32_t>()});
    const QueueMessage lost = take(*store);
    clock->advance(5000ms);
    file->wait_until([](const Map& map) { return map.contains("dead"); });
}

TEST_F(OrderedQueue, AMessageIsNotDeliveredTwiceWhileItsLeaseIsExtended) {
    const auto store = open();
    enqueue(*store, {.payload = "p"});
    const QueueMessage message = take(*store);
    auto other = store->queue_take({});
    for (int i = 0; i < 20; ++i) {
        clock->advance(4s);
        ASSERT_TRUE(store->queue_extend(caller_waits, message.id).wait());
    }
    EXPECT_FALSE(other.is_ready());
    finish(*store, message);
    enqueue(*store, {.payload = "q"});
    EXPECT_EQ(std::move(other).wait()->payload.text(), "q");
}

TEST_F(OrderedQueue, LeasesOfAnEarlierProcessEndToo) {
    const std::vector<std::uint32_t> backoff{0};
    {
        const auto store = open();
        enqueue(*store, {.payload = "p", .backoff_ms = backoff});
        (void)take(*store);
    }
    const auto store = open();
    auto again = store->queue_take({});
    clock->advance(5s);
    EXPECT_EQ(std::move(again).wait()->payload.text(), "p");
}

TEST_F(OrderedQueue, AStoppedTakeGetsNothingAndTheNextOneIsServed) {
    const auto store = open();
    std::stop_source stop;
    auto stopped = store->queue_take({.stop = stop.get_token()});
    auto late = store->queue_take({.deadline = clock->steady_now() + 10ms});
    {
        auto dropped = store->queue_take({});
    }
    auto served = store->queue_take({});
    stop.request_stop();
    clock->advance(10ms);
    EXPECT_EQ(code_of(std::move(stopped)), ErrorCode::cancelled);
    EXPECT_EQ(code_of(std::move(late)), ErrorCode::timeout);
    enqueue(*store, {.payload = "p"});
    EXPECT_EQ(std::move(served).wait()->payload.text(), "p");
}

TEST_F(OrderedQueue, AMessageThatNobodyCameForGoesBackWithoutCost) {
    Barrier barrier;
    const auto store = open();
    const std::vector<std::uint32_t> none;
    enqueue(*store, {.payload = "p", .backoff_ms = none});
    std::stop_source stop;
    file->before_commit = [&] { barrier.pass(); };
    auto stopped = store->queue_take({.stop = stop.get_token()});
    barrier.reached();  // it is being taken
    stop.request_stop();
    EXPECT_EQ(code_of(std::move(stopped)), ErrorCode::cancelled);
    barrier.open();
    EXPECT_EQ(take(*store).payload.text(), "p");
}

TEST_F(OrderedQueue, WhatIsReturnedIsTheSameAttemptOfTheSameMessage) {
    const auto store = open();
    const std::vector<std::uint32_t> once{0};
    const std::vector<ByteView> keys{"dead"};
    enqueue(*store, {.payload = "p", .keys_if_undelivered = keys, .backoff_ms = once});
    const QueueMessage first = take(*store);
    finish(*store, first, Delivery::failed);
    for (int i = 0; i < 3; ++i) {
        const QueueMessage second = take(*store);
        EXPECT_EQ(kv::delivery_attempt(second.id), 2U);
        EXPECT_EQ(kv::delivered_message(second.id), kv::delivered_message(first.id));
        finish(*store, second, Delivery::returned);
        EXPECT_EQ(code_of(store->queue_finish({}, second.id, Delivery::returned)),
                  ErrorCode::not_found);
    }
    // The same when nobody came for it.
    Barrier barrier;
    std::stop_source stop;
    file->before_commit = [&] { barrier.pass(); };
    auto stopped = store->queue_take({.stop = stop.get_token()});
    barrier.reached();
    stop.request_stop();
    EXPECT_EQ(code_of(std::move(stopped)), ErrorCode::cancelled);
    barrier.open();
    const QueueMessage last = take(*store);
    EXPECT_EQ(kv::delivery_attempt(last.id), 2U);
    EXPECT_EQ(kv::delivered_message(last.id), kv::delivered_message(first.id));
    finish(*store, last, Delivery::failed);
    EXPECT_EQ(get(*store, "dead"), "p");
    EXPECT_EQ(rows('q') + rows('r') + rows('i'), 0U);
}

TEST_F(OrderedQueue, TakesEndWithTheStoreAndWithItsErrors) {
    auto store = open();
    auto pending = store->queue_take({});
    EXPECT_TRUE(store->close({}).wait());
    EXPECT_EQ(code_of(std::move(pending)), ErrorCode::closed);
    store = open();
    pending = store->queue_take({});
    store.reset();
    EXPECT_EQ(code_of(std::move(pending)), ErrorCode::closed);
    file->begin_error = Error(ErrorCode::io, "no disk");
    store = open();
    EXPECT_EQ(code_of(store->queue_take({})), ErrorCode::io);
}

TEST_F(OrderedQueue, TwoStoresOnOneFileShareTheQueueAndNoMessage) {
    const auto first = open<MapEngineWithOthers>(options());
    const auto second = open<MapEngineWithOthers>(options());
    auto a = first->queue_take({});
    auto b = second->queue_take({});
    const auto writer = open();
    enqueue(*writer, {.payload = "1"});
    enqueue(*writer, {.payload = "2"});
    clock->advance(100ms);
    auto got_a = std::move(a).wait();
    // Either store may get either message, never the same one.
    auto got_b = std::move(b).wait();
    EXPECT_NE(got_a->payload, got_b->payload);
    finish(*second, *got_a);  // a lease is not tied to the store that took it
    finish(*first, *got_b);
    EXPECT_EQ(rows('q') + rows('r'), 0U);
}

TEST_F(OrderedQueue, LosesAndDoublesNothingUnderConcurrentTakers) {
    constexpr int messages = 500;
    const auto store = open();
    std::mutex mutex;
    std::set<std::string> seen;
    std::atomic<int> count = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&] {
            while (true) {
                auto message = store->queue_take({}).wait();
                if (!message) {
                    EXPECT_EQ(message.error().code(), ErrorCode::closed);
                    return;
                }
                {
                    const std::scoped_lock guard(mutex);
                    EXPECT_TRUE(seen.insert(message->payload.to_string()).second);
                }
                EXPECT_TRUE(store->queue_finish({}, message->id, Delivery::done).wait());
                if (++count == messages) {
                    EXPECT_TRUE(store->close({}).wait());
                }
            }
        });
    }
    for (int i = 0; i < messages; ++i) {
        enqueue(*store, {.payload = std::to_string(i)});
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(messages));
    EXPECT_EQ(rows('q') + rows('r'), 0U);
}

}  // namespace
}  // namespace turntable::test
