// What layers of every surface are made of: back-off, token bucket, metrics, sleep, tap.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "turntable/core/backoff.hpp"
#include "turntable/core/metrics.hpp"
#include "turntable/core/sleep.hpp"
#include "turntable/core/tap.hpp"
#include "turntable/core/token_bucket.hpp"
#include "unit/core/async_support.hpp"
#include "unit/prometheus_text.hpp"

namespace turntable {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToItsCeilingAndDrawsBelowIt) {
    const BackoffPolicy policy{.max_attempts = 10, .base_delay = 50ms, .max_delay = 300ms};
    EXPECT_EQ(backoff_ceiling(policy, 1), 50ms);
    EXPECT_EQ(backoff_ceiling(policy, 2), 100ms);
    EXPECT_EQ(backoff_ceiling(policy, 3), 200ms);
    EXPECT_EQ(backoff_ceiling(policy, 4), 300ms);
    EXPECT_EQ(backoff_ceiling(policy, 4'000'000'000), 300ms);
    const auto random = Random::seeded(3);
    bool low = false;
    bool high = false;
    for (int i = 0; i < 200; ++i) {
        const auto delay = backoff_delay(policy, 2, *random);
        EXPECT_LE(delay, 100ms);
        low |= delay < 20ms;
        high |= delay > 80ms;
    }
    EXPECT_TRUE(low && high) << "full jitter uses the whole range";
    EXPECT_EQ(backoff_delay({.base_delay = 0ms}, 5, *random), 0ms);
    EXPECT_EQ(backoff_ceiling({.base_delay = 9ms, .max_delay = 5ms}, 1), 5ms);
}

TEST(TokenBucketTest, GivesItsBurstAndThenItsRate) {
    Instant now{};
    TokenBucket bucket(10, 2, now);
    EXPECT_EQ(bucket.take(1, now), now);
    EXPECT_EQ(bucket.take(1, now), now);
    EXPECT_EQ(bucket.take(1, now), now + 100ms);
    EXPECT_EQ(bucket.take(1, now), now + 200ms) << "who comes later waits behind";
    bucket.give_back(1);
    EXPECT_EQ(bucket.take(1, now), now + 200ms);
    now += 1h;
    EXPECT_EQ(bucket.take(2, now), now) << "a pause fills it, to the burst and no further";
    EXPECT_EQ(bucket.take(1, now), now + 100ms);
    EXPECT_EQ(TokenBucket(0, 0, now).take(1e9, now), now) << "no limit";
}

TEST(HistogramTest, PutsEachDurationIntoTheBucketThatIncludesIt) {
    for (std::size_t bucket = 0; bucket + 1 < Histogram::bucket_count; ++bucket) {
        Histogram histogram;
        histogram.observe(Histogram::bound(bucket));
        histogram.observe(Histogram::bound(bucket) + 1ns);
        EXPECT_EQ(histogram.in_bucket(bucket), 1U) << bucket;
        EXPECT_EQ(histogram.in_bucket(bucket + 1), 1U) << bucket;
    }
    Histogram histogram;
    histogram.observe(-1ns);
    histogram.observe(24h);
    EXPECT_EQ(histogram.in_bucket(0), 1U);
    EXPECT_EQ(histogram.in_bucket(Histogram::bucket_count - 1), 1U);
    EXPECT_EQ(histogram.sum(), 24h);
}

TEST(Metrics, PrintsWhatAScraperTakes) {
    MetricsRegistry registry;
    registry.counter("jobs_total", "Jobs\nwith a \\ in it.", {{"queue", "a \"b\"\n\\"}}).add(3);
    registry.counter("jobs_total", "", {{"queue", "a \"b\"\n\\"}}).add();
    registry.gauge("depth", "How deep.").set(-7);
    registry.histogram("wait_seconds", "Waits.", {{"queue", "x"}}).observe(3us);
    registry.gauge("jobs_total", "taken by a counter").set(99);
    test::Samples samples = test::parse_prometheus(registry.prometheus_text());
    EXPECT_EQ(samples.at(R"(jobs_total{queue="a \"b\"\n\\"})"), 4);
    EXPECT_EQ(samples.at("depth"), -7);
    EXPECT_EQ(samples.at(R"(wait_seconds_bucket{le="1e-06",queue="x"})"), 0);
    EXPECT_EQ(samples.at(R"(wait_seconds_bucket{le="4e-06",queue="x"})"), 1);
    EXPECT_EQ(samples.at(R"(wait_seconds_sum{queue="x"})"), 3e-06);
    EXPECT_EQ(test::parse_prometheus(MetricsRegistry().prometheus_text()).size(), 0U);
}

TEST(Metrics, BelongToTheirRuntime) {
    const auto metrics = std::make_shared<MetricsRegistry>();
    EXPECT_EQ(Runtime::create({.metrics = metrics})->metrics(), metrics);
    EXPECT_NE(Runtime::create()->metrics(), nullptr);
}

TEST(Sleep, EndsWhenTheClockSaysSo) {
    const auto clock = std::make_shared<ManualClock>();
    const auto runtime = Runtime::create({.clock = clock});
    auto nap = wake_at(*runtime, {}, clock->steady_now() + 100ms);
    clock->advance(99ms);
    EXPECT_FALSE(nap.is_ready());
    clock->advance(1ms);
    EXPECT_TRUE(std::move(nap).wait());
    EXPECT_TRUE(wake_at(*runtime, {}, clock->steady_now() - 1h).wait()) << "due already";
}

TEST(Sleep, EndsEarlyWhenStoppedOrOutOfTime) {
    const auto clock = std::make_shared<ManualClock>();
    const auto runtime = Runtime::create({.clock = clock});
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(wake_at(*runtime, {.stop = stop.get_token()}, Instant::max()).wait().error().code(),
              ErrorCode::cancelled);
    Context context;
    context.deadline = clock->steady_now() + 10ms;
    auto late = wake_at(*runtime, context, clock->steady_now() + 1h);
    clock->advance(10ms);
    EXPECT_EQ(std::move(late).wait().error().code(), ErrorCode::timeout);
    {
        auto dropped = wake_at(*runtime, {}, Instant::max());
    }
}

// The timer completes the nap, which waits for a handler of the stop that runs; the handler must
// not wait for the timer.
TEST(Sleep, MayBeStoppedWhileItEndsByItself) {
    const auto runtime = Runtime::create();
    for (int i = 0; i < 300; ++i) {
        std::stop_source stop;
        const Instant now = runtime->clock().steady_now();
        auto nap = wake_at(*runtime, {.stop = stop.get_token()}, now);
        stop.request_stop();
        const auto ended = std::move(nap).wait();
        EXPECT_TRUE(ended || ended.error().code() == ErrorCode::cancelled);
    }
}

TEST(Tap, SeesAReadyAnswerInPlaceAndKeepsItReady) {
    auto seen = tap(Async<int>(4), [](Result<int>& result) { *result += 1; });
    ASSERT_TRUE(seen.is_ready());
    EXPECT_EQ(seen.operation(), nullptr);
    EXPECT_EQ(*seen.peek(), 5);
}

TEST(Tap, SeesAPendingAnswerOnceWhoeverStillWaits) {
    test::ManualRuntime manual;
    for (const bool drop : {false, true}) {
        int seen = 0;
        auto promise = manual.promise<int>();
        std::optional<Async<int>> answer =
            tap(promise.take_async(), [&](Result<int>& result) { seen += *result; });
        EXPECT_FALSE(answer->is_ready());
        if (drop) {
            answer.reset();
            EXPECT_TRUE(promise.stop_requested()) << "a stop request reaches the operation";
        }
        std::move(promise).complete(4);
        EXPECT_EQ(seen, 4);
    }
}

}  // namespace
}  // namespace turntable
