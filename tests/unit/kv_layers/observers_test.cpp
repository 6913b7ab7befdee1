// Layers that watch what passes: metrics and logging; and that what is ready stays ready.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <new>

#include "support/sanitized.hpp"
#include "turntable/kv/layers/check.hpp"
#include "turntable/kv/layers/concurrency.hpp"
#include "turntable/kv/layers/logging.hpp"
#include "turntable/kv/layers/metrics.hpp"
#include "turntable/kv/layers/prefix.hpp"
#include "turntable/kv/layers/read_only.hpp"
#include "turntable/kv/layers/retry.hpp"
#include "turntable/kv/layers/throttle.hpp"
#include "turntable/kv/layers/timeout.hpp"
#include "turntable/kv/memory.hpp"
#include "unit/kv_layers/layer_support.hpp"
#include "unit/prometheus_text.hpp"

namespace {
thread_local std::size_t allocations = 0;
}

#ifndef TURNTABLE_TEST_SANITIZED
void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) {
        return memory;
    }
    std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace turntable {
namespace {

using namespace std::chrono_literals;
using test::key_a;
using test::LayerWorld;
using test::Samples;
using test::SetOne;
using testing::HasSubstr;
using testing::Not;

struct MetricsTest : testing::Test, LayerWorld {
    Samples samples() { return test::parse_prometheus(runtime->metrics()->prometheus_text()); }
    static std::string of(const std::string& name, const std::string& operation,
                          const std::string& more = {}) {
        return name + "{backend=\"app\"," + more + "operation=\"" + operation + "\"}";
    }
};

TEST_F(MetricsTest, CountsCallsErrorsBytesAndTime) {
    kv::MetricsLayer layer(fake, {.backend = "app"}, runtime);
    ASSERT_TRUE(layer.atomic_write({}, SetOne(key_a(), "12345").write()).wait());
    fake.fail_next(kv::FakeCall::get, Error(ErrorCode::corrupt, "damaged"));
    EXPECT_FALSE(layer.get({}, key_a()).wait());
    EXPECT_TRUE(layer.get({}, key_a()).wait());
    fake.delay_next(kv::FakeCall::get, 20ms);
    auto slow = layer.get({}, key_a());
    EXPECT_EQ(samples()[of("turntable_kv_in_flight", "get")], 1);
    advance_until_ready(slow);
    Samples now = samples();
    EXPECT_EQ(now[of("turntable_kv_in_flight", "get")], 0);
    EXPECT_EQ(now[of("turntable_kv_operations_total", "get")], 3);
    EXPECT_EQ(now[of("turntable_kv_operations_total", "atomic_write")], 1);
    EXPECT_EQ(now["turntable_kv_errors_total{backend=\"app\",code=\"corrupt\",operation=\"get\"}"],
              1);
    EXPECT_EQ(now[of("turntable_kv_request_bytes_total", "atomic_write")],
              static_cast<double>(key_a().size() + 5));
    EXPECT_EQ(now[of("turntable_kv_answer_bytes_total", "get")], 10);
    EXPECT_EQ(now[of("turntable_kv_duration_seconds_count", "get")], 3);
    EXPECT_EQ(now[of("turntable_kv_duration_seconds_bucket", "get", "le=\"0.016384\",")], 2);
    EXPECT_GE(now[of("turntable_kv_duration_seconds_sum", "get")], 0.02);
}

TEST_F(MetricsTest, ADroppedCallIsNoLongerInFlight) {
    kv::MetricsLayer layer(fake, {.backend = "app"}, runtime);
    fake.hold_next(kv::FakeCall::get);
    {
        auto dropped = layer.get({}, key_a());
    }
    EXPECT_EQ(samples()[of("turntable_kv_in_flight", "get")], 0);
    EXPECT_EQ(samples()["turntable_kv_errors_total{backend=\"app\",code=\"cancelled\",operation="
                        "\"get\"}"],
              1);
}

struct Line {
    LogLevel level;
    std::string message;
    std::map<std::string, std::string> fields;
};

struct LoggingTest : testing::Test {
    LoggingTest()
        : world([&] {
              RuntimeOptions options;
              options.log = std::make_shared<UniqueFunction<void(const LogRecord&)>>(
                  [this](const LogRecord& record) { lines.push_back(line_of(record)); });
              return options;
          }()) {}
    static Line line_of(const LogRecord& record) {
        Line line{record.level, std::string(record.message), {}};
        for (const LogField& field : record.fields) {
            const auto* text = std::get_if<std::string_view>(&field.value);
            line.fields[std::string(field.name)] =
                text != nullptr ? std::string(*text)
                                : std::to_string(std::get<std::int64_t>(field.value));
        }
        return line;
    }
    std::vector<Line> lines;
    LayerWorld world;
};

TEST_F(LoggingTest, TellsWhatHappenedAndNotWhatWasStored) {
    kv::LoggingLayer layer(world.fake, {.backend = "memory:"}, world.runtime);
    Context context;
    context.trace = 77;
    ASSERT_TRUE(layer.atomic_write(context, SetOne(key_a(), "hidden").write()).wait());
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].level, LogLevel::debug);
    EXPECT_EQ(lines[0].fields["operation"], "atomic_write");
    EXPECT_EQ(lines[0].fields["backend"], "memory:");
    EXPECT_EQ(lines[0].fields["outcome"], "ok");
    EXPECT_EQ(lines[0].fields["trace"], "77");
    EXPECT_EQ(lines[0].fields["bytes_in"], std::to_string(key_a().size() + 6));
    world.fake.fail_next(kv::FakeCall::get, Error(ErrorCode::busy, "key hidden"));
    EXPECT_FALSE(layer.get(context, key_a()).wait());
    EXPECT_EQ(lines[1].level, LogLevel::warning);
    EXPECT_EQ(lines[1].fields["outcome"], "busy");
    for (const Line& line : lines) {
        for (const auto& [name, value] : line.fields) {
            EXPECT_THAT(value, Not(HasSubstr("hidden"))) << name;
        }
    }
}

TEST_F(LoggingTest, TellsOnlyProblemsWhenAskedTo) {
    kv::LoggingLayer layer(world.fake, {.slow = 50ms, .only_problems = true}, world.runtime);
    EXPECT_TRUE(layer.get({}, key_a()).wait());
    EXPECT_TRUE(lines.empty());
    world.fake.delay_next(kv::FakeCall::get, 60ms);
    auto slow = layer.get({}, key_a());
    world.advance_until_ready(slow);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].message, "slow call");
    EXPECT_GE(std::stoi(lines[0].fields["duration_us"]), 50'000);
}

// Ready answers pass through every layer that need not wait, without an allocation.
TEST(ReadyThroughLayers, StaysReadyAndAllocatesNothing) {
    const auto runtime = Runtime::create();
    kv::MemoryBackend memory({.runtime = runtime});
    const kv::Key inside{"ns", "a"};
    ASSERT_TRUE(memory.atomic_write({}, SetOne(inside.encoded()).write()).wait());
    kv::PrefixLayer prefixed(std::move(memory), kv::Key("ns"), runtime);
    kv::CheckLayer checked(std::move(prefixed), runtime);
    kv::ThrottleLayer throttled(std::move(checked), {.operations = 1e9, .operations_burst = 1e9},
                                runtime);
    kv::ConcurrencyLayer limited(std::move(throttled), {}, runtime);
    kv::TimeoutLayer timed(std::move(limited), {}, runtime);
    kv::RetryLayer retried(std::move(timed), {}, runtime);
    kv::LoggingLayer logged(std::move(retried), {}, runtime);
    kv::MetricsLayer counted(std::move(logged), {}, runtime);
    kv::AnyBackend stack = kv::ReadOnlyLayer(std::move(counted));
    EXPECT_TRUE(*stack.get({}, key_a()).wait());
    const std::size_t before = allocations;
    for (int i = 0; i < 100; ++i) {
        auto answer = stack.get({}, key_a());
        ASSERT_TRUE(answer.is_ready());
        ASSERT_TRUE(*answer.peek());
    }
    EXPECT_EQ(allocations, before);
    const kv::ReadRange range{key_a(), "\xFF", 10};
    EXPECT_TRUE(stack.snapshot_read({}, {&range, 1}, {}).is_ready());
    EXPECT_TRUE(stack.open_snapshot({}).is_ready());
}

}  // namespace
}  // namespace turntable
