#pragma once

/// \file
/// A test for each thing that Deno KV gets wrong and that this library does right.
/// Purpose: one set of tests for every engine: include this in one file of a test program and
/// instantiate the suite BetterThanDeno. Ownership, threads, errors: none.

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "turntable/core/coroutine.hpp"
#include "turntable/kv/async_database.hpp"
#include "turntable/kv/json.hpp"
#include "turntable/kv/layer.hpp"

namespace turntable::inline v0::kv {

/// An engine under test; `query` is "" or settings as in a URL, "?profile=deno".
struct EngineUnderTest {
    std::string name;
    std::function<Result<Database>(const std::shared_ptr<Runtime>&, const std::string& query)> open;
};

class BetterThanDeno : public testing::TestWithParam<EngineUnderTest> {
  protected:
    Database open(const std::string& query = "") {
        Result<Database> db = GetParam().open(runtime_, query);
        return *std::move(db);
    }

    std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
    std::shared_ptr<Runtime> runtime_ = Runtime::create({.clock = clock_});
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BetterThanDeno);

/// Counts renewals that have been made.
class RenewalCounter {
  public:
    void add() {
        const std::scoped_lock guard(mutex_);
        ++count_;
        changed_.notify_all();
    }
    void wait_for(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return count_ >= count; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

TEST_P(BetterThanDeno, AWriteThatFailsHalfWayLeavesNothing) {
    const Database db = open();
    ASSERT_TRUE(db.set("text", "not a counter"));
    const auto before = db.get("text");
    const auto failed = db.atomic().set("a", "1").sum("text", 1).set("b", "2").commit();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), ErrorCode::type_mismatch);
    EXPECT_FALSE(*db.get("a"));
    EXPECT_FALSE(*db.get("b"));
    EXPECT_EQ((*db.get("text"))->versionstamp, (*before)->versionstamp);
}

TEST_P(BetterThanDeno, AnExpiredKeyIsNeverReadableAndWatchersAreTold) {
    using std::chrono::milliseconds;
    const Database db = open();
    ASSERT_TRUE(db.set("k", Value::u64(5), {.expire_in = milliseconds(500)}));
    auto watch = db.watch({"k"});
    ASSERT_TRUE(watch);
    auto first = watch->next();
    ASSERT_TRUE(first && *first);
    EXPECT_TRUE((*first)->front().entry);
    clock_->advance(milliseconds(499));
    EXPECT_TRUE(*db.get("k"));
    clock_->advance(milliseconds(1));
    EXPECT_FALSE(*db.get("k"));
    EXPECT_FALSE((*db.get_many({"k"}))[0]);
    EXPECT_EQ(*db.count(everything()), 0U);
    auto told = watch->next();
    ASSERT_TRUE(told && *told);
    EXPECT_FALSE((*told)->front().entry);
    EXPECT_TRUE(db.atomic().check("k", absent).sum("k", 1).commit()->committed);
    EXPECT_EQ(*(*db.get("k"))->value.as_u64(), 1U) << "what has expired does not count";
}

TEST_P(BetterThanDeno, CommitResultsNameTheFailedChecks) {
    const Database db = open();
    ASSERT_TRUE(db.set("a", "1"));
    const Versionstamp old = *db.set("b", "1");
    ASSERT_TRUE(db.set("b", "2"));
    const auto result = db.atomic()
                            .check("a", *db.get("a"))
                            .check("b", old)
                            .check("c", absent)
                            .check("a", absent)
                            .set("c", "1")
                            .commit();
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->committed);
    EXPECT_EQ(result->failed_checks, (std::vector<std::uint32_t>{1, 3}));
    EXPECT_FALSE(*db.get("c"));
}

TEST_P(BetterThanDeno, WatchSeesVersionstampedSuffixes) {
    const Database db = open();
    const Key log("log");
    auto watch = db.watch_prefix(log);
    ASSERT_TRUE(watch) << watch.error().to_string();
    ASSERT_TRUE((*watch->next())->empty());
    const auto commit = db.atomic().set_versionstamped(log, "event").commit();
    ASSERT_TRUE(commit && commit->committed);
    const Key made = log / commit->versionstamp.to_string();
    auto told = watch->next();
    ASSERT_TRUE(told && *told);
    ASSERT_EQ((*told)->size(), 1U);
    EXPECT_EQ((*told)->front().key, made);
    // A watch of the very key is told too.
    auto exact = db.watch(std::span(&made, 1));
    ASSERT_TRUE((*exact->next())->front().entry);
}

TEST_P(BetterThanDeno, ATtlCanBeExtended) {
    using std::chrono::milliseconds;
    const Database db = open();
    const Versionstamp written = *db.set("k", "v", {.expire_in = milliseconds(1000)});
    clock_->advance(milliseconds(900));
    ASSERT_TRUE(db.expire("k", milliseconds(1000)));
    clock_->advance(milliseconds(900));
    ASSERT_TRUE(*db.get("k"));
    EXPECT_EQ((*db.get("k"))->value.data().text(), "v");
    EXPECT_GE((*db.get("k"))->versionstamp, written);
    ASSERT_TRUE(db.expire("k", std::nullopt));
    clock_->advance(std::chrono::hours(1000));
    EXPECT_TRUE(*db.get("k")) << "it does not expire any more";
    ASSERT_TRUE(db.expire("absent", milliseconds(1000)));
    EXPECT_FALSE(*db.get("absent"));
}

TEST_P(BetterThanDeno, LargerValuesBySetting) {
    constexpr std::size_t deno_value_bytes = 65536;
    const Database deno = open("?profile=deno");
    EXPECT_TRUE(deno.set("k", std::string(deno_value_bytes, 'x')));
    EXPECT_EQ(deno.set("k", std::string(deno_value_bytes + 1, 'x')).error().code(),
              ErrorCode::limit_exceeded);
    const Database db = open();
    const std::string large(16 * deno_value_bytes, 'y');
    ASSERT_TRUE(db.set("k", large));
    EXPECT_EQ((*db.get("k"))->value.data().text(), large);
}

/// A handle's backend whose renewals are counted; the database outlives it.
class CountedQueue : public Layer<AnyBackend> {
  public:
    CountedQueue(AnyBackend inner, std::shared_ptr<RenewalCounter> counter)
        : Layer(std::move(inner)), counter_(std::move(counter)) {}
    Async<void> queue_extend(const Context& context, std::string_view id) {
        return then(inner().queue_extend(context, id),
                    [counter = counter_](Result<void>&& renewed) {
                        EXPECT_TRUE(renewed) << renewed.error().to_string();
                        counter->add();
                        return std::move(renewed);
                    });
    }

  private:
    std::shared_ptr<RenewalCounter> counter_;
};

TEST_P(BetterThanDeno, AHandlerThatRunsForMinutesIsNotDeliveredTwiceWhileItLives) {
    const auto counter = std::make_shared<RenewalCounter>();
    const Database opened = open();
    const Database db(AnyBackend(CountedQueue(std::move(opened.backend()), counter)), runtime_);
    std::mutex mutex;
    std::condition_variable changed;
    bool started = false;
    bool may_end = false;
    int deliveries = 0;
    auto listener = db.listen(
        [&](const Message&) {
            std::unique_lock lock(mutex);
            ++deliveries;
            started = true;
            changed.notify_all();
            changed.wait(lock, [&] { return may_end; });
        },
        {.concurrency = 2});
    ASSERT_TRUE(listener);
    ASSERT_TRUE(db.enqueue("long work"));
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return started; });
    lock.unlock();
    constexpr std::chrono::milliseconds lease(5000);
    constexpr int minutes_in_thirds = 90;  // two and a half minutes
    for (int third = 1; third <= minutes_in_thirds; ++third) {
        clock_->advance(lease / 3);
        counter->wait_for(third);
    }
    lock.lock();
    EXPECT_EQ(deliveries, 1);
    may_end = true;
    changed.notify_all();
    lock.unlock();
    ASSERT_TRUE(listener->stop());
    clock_->advance(lease * 2);
    const auto again = AsyncDatabase(db).receive();
    EXPECT_FALSE(again.is_ready()) << "it was finished";
    EXPECT_EQ(deliveries, 1);
}

TEST_P(BetterThanDeno, BoundsOfASumHoldForAnAbsentKeyToo) {
    const Database db = open();
    const Value ten = *from_json("10");
    const Value five = *from_json("5");
    const auto failed = db.atomic().sum("n", ten, {.max = five.data()}).commit();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), ErrorCode::out_of_range);
    EXPECT_FALSE(*db.get("n"));
    ASSERT_TRUE(db.atomic().sum("n", ten, {.max = five.data(), .clamp = true}).commit());
    EXPECT_EQ(*to_json((*db.get("n"))->value), "5");
}

TEST_P(BetterThanDeno, WatchersAreToldOfUndeliveredMessages) {
    const Database db = open();
    const Key grave("undelivered");
    auto watch = db.watch({grave});
    ASSERT_TRUE(watch);
    EXPECT_FALSE((*watch->next())->front().entry);
    EnqueueOptions only_once;
    only_once.backoff = std::span<const std::chrono::milliseconds>();
    only_once.keys_if_undelivered = std::span(&grave, 1);
    ASSERT_TRUE(db.enqueue("m", only_once));
    ASSERT_TRUE(db.receive()->fail());
    EXPECT_TRUE((*watch->next())->front().entry);
}

}  // namespace turntable::inline v0::kv
