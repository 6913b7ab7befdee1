// Layers that let through, hold back or refuse: read_only, check, prefix, concurrency, throttle,
// chaos.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "turntable/kv/database.hpp"
#include "turntable/kv/layers/chaos.hpp"
#include "turntable/kv/layers/check.hpp"
#include "turntable/kv/layers/concurrency.hpp"
#include "turntable/kv/layers/prefix.hpp"
#include "turntable/kv/layers/read_only.hpp"
#include "turntable/kv/layers/throttle.hpp"
#include "turntable/kv/memory.hpp"
#include "unit/kv_layers/layer_support.hpp"

namespace turntable {
namespace {

using namespace std::chrono_literals;
using test::key_a;
using test::LayerWorld;
using test::SetOne;
using testing::HasSubstr;

struct PolicyTest : testing::Test, LayerWorld {};

TEST_F(PolicyTest, ReadOnlyRefusesWhatWritesAndReadsTheRest) {
    ASSERT_TRUE(fake.atomic_write({}, SetOne(key_a()).write()).wait());
    kv::ReadOnlyLayer layer(fake);
    EXPECT_TRUE(layer.capabilities().read_only);
    EXPECT_TRUE(*layer.get({}, key_a()).wait());
    EXPECT_EQ(layer.atomic_write({}, SetOne(key_a()).write()).wait().error().code(),
              ErrorCode::permission_denied);
    EXPECT_EQ(layer.delete_range({}, key_a(), "\xFF").wait().error().code(),
              ErrorCode::permission_denied);
    EXPECT_EQ(layer.queue_take({}).wait().error().code(), ErrorCode::unsupported);
    EXPECT_EQ(fake.count(kv::FakeCall::atomic_write), 1U);
}

TEST_F(PolicyTest, CheckRefusesBeforeAnythingIsSent) {
    kv::CheckLayer layer(fake, runtime);
    kv::Capabilities can = fake.capabilities();
    can.queue = can.watch_ranges = can.snapshots = can.delete_range = can.set_expiry = false;
    can.limits.value_bytes = 3;
    fake.set_capabilities(can);
    const auto code_of = [](auto async) { return std::move(async).wait().error().code(); };
    EXPECT_EQ(code_of(layer.atomic_write({}, SetOne(key_a(), "1234").write())),
              ErrorCode::limit_exceeded);
    EXPECT_EQ(code_of(layer.get({}, "")), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of(layer.queue_take({})), ErrorCode::unsupported);
    EXPECT_EQ(code_of(layer.open_snapshot({})), ErrorCode::unsupported);
    EXPECT_EQ(code_of(layer.delete_range({}, key_a(), "\xFF")), ErrorCode::unsupported);
    const kv::Mutation expiry{.kind = kv::MutationKind::set_expiry, .key = key_a()};
    EXPECT_EQ(code_of(layer.atomic_write({}, {.mutations = {&expiry, 1}})), ErrorCode::unsupported);
    const kv::Enqueue message{.payload = "x"};
    EXPECT_EQ(code_of(layer.atomic_write({}, {.enqueues = {&message, 1}})), ErrorCode::unsupported);
    const kv::WatchTarget range{key_a(), "\xFF"};
    EXPECT_EQ(layer.watch({}, {&range, 1}).error().code(), ErrorCode::unsupported);
    EXPECT_TRUE(fake.calls().empty());
    EXPECT_TRUE(layer.atomic_write({}, SetOne(key_a(), "123").write()).wait());
}

TEST_F(PolicyTest, PrefixesKeepTenantsApart) {
    using Tenant = kv::BasicDatabase<kv::PrefixLayer<kv::FakeBackend>>;
    const auto tenant = [&](int number) {
        return Tenant(kv::PrefixLayer(fake, kv::Key{"tenants", number}, runtime), runtime);
    };
    const Tenant one = tenant(1);
    const Tenant two = tenant(2);
    ASSERT_TRUE(one.set("name", "first"));
    ASSERT_TRUE(two.set("name", "second"));
    ASSERT_TRUE(two.set(kv::Key{"z", 9}, "more"));
    EXPECT_EQ((*one.get("name"))->value.as_text().value(), "first");
    std::vector<std::string> keys;
    for (const auto& entry : two.list(kv::prefix({}))) {
        keys.push_back(kv::print_key(entry->key.encoded()));
    }
    EXPECT_THAT(keys, testing::ElementsAre("name", "z/9n"));
    EXPECT_TRUE(fake.get({}, kv::Key{"tenants", 2, "z", 9}.encoded()).wait().value());
    ASSERT_TRUE(two.remove_range(kv::prefix({})));
    EXPECT_FALSE(*two.get("name"));
    EXPECT_TRUE(*one.get("name")) << "a range that ends at the end ends with the tenant";
    const kv::Key prefix{"tenants", 1};
    EXPECT_EQ(one.capabilities().limits.key_bytes,
              fake.capabilities().limits.key_bytes - prefix.encoded().size());
    EXPECT_FALSE(one.capabilities().queue);
    EXPECT_EQ(one.enqueue("x").error().code(), ErrorCode::unsupported);
}

TEST_F(PolicyTest, ConcurrencyLetsInAsManyAsItSaysInOrder) {
    kv::ConcurrencyLayer layer(fake, {.limit = 2, .queue = 2}, runtime);
    std::vector<Async<std::optional<kv::Entry>>> answers;
    for (int i = 0; i < 2; ++i) {
        fake.hold_next(kv::FakeCall::get);
    }
    for (int i = 0; i < 5; ++i) {
        answers.push_back(layer.get({}, key_a()));
    }
    EXPECT_EQ(fake.count(kv::FakeCall::get), 2U);
    ASSERT_TRUE(answers[4].is_ready()) << "two wait, the third is refused";
    EXPECT_EQ(answers[4].peek().error().code(), ErrorCode::busy);
    EXPECT_EQ(answers[4].peek().error().retry(), Retry::temporary);
    answers[2].request_stop();
    EXPECT_EQ(std::move(answers[2]).wait().error().code(), ErrorCode::cancelled);
    EXPECT_EQ(fake.release(kv::FakeCall::get), 2U);
    EXPECT_TRUE(std::move(answers[3]).wait()) << "the place of the stopped one is not lost";
    EXPECT_EQ(fake.count(kv::FakeCall::get), 3U);
    EXPECT_TRUE(layer.get({}, key_a()).is_ready());
}

TEST_F(PolicyTest, ConcurrencyEndsWhatWaitsWhenItGoes) {
    std::optional layer(kv::ConcurrencyLayer(fake, {.limit = 1}, runtime));
    fake.hold_next(kv::FakeCall::get);
    auto first = layer->get({}, key_a());
    auto second = layer->get({}, key_a());
    layer.reset();
    EXPECT_EQ(std::move(second).wait().error().code(), ErrorCode::closed);
    fake.release(kv::FakeCall::get);
}

TEST_F(PolicyTest, ThrottleSpreadsCallsOverTime) {
    kv::ThrottleLayer layer(fake, {.operations = 10, .operations_burst = 2}, runtime);
    EXPECT_TRUE(layer.get({}, key_a()).is_ready());
    EXPECT_TRUE(layer.get({}, key_a()).is_ready());
    auto third = layer.get({}, key_a());
    auto fourth = layer.get({}, key_a());
    const auto to_third = advance_until_ready(third);
    EXPECT_GE(to_third, 100ms);
    EXPECT_GE(to_third + advance_until_ready(fourth), 200ms);
    clock->advance(10s);
    EXPECT_TRUE(layer.get({}, key_a()).is_ready());
}

TEST_F(PolicyTest, ThrottleCountsBytesBothWaysAndRefusesLongWaits) {
    ASSERT_TRUE(fake.atomic_write({}, SetOne(key_a(), std::string(1000, 'x')).write()).wait());
    kv::ThrottleLayer layer(fake, {.bytes = {100}, .bytes_burst = {50}, .max_wait = 5s}, runtime);
    EXPECT_TRUE(layer.get({}, key_a()).is_ready()) << "the answer is paid for afterwards";
    auto refused = layer.get({}, key_a());
    ASSERT_TRUE(refused.is_ready());
    EXPECT_EQ(refused.peek().error().code(), ErrorCode::busy);
    clock->advance(6s);
    auto waits = layer.get({}, key_a());
    EXPECT_FALSE(waits.is_ready());
    EXPECT_GE(advance_until_ready(waits), 3s);
}

TEST_F(PolicyTest, ChaosRepeatsItselfForOneSeed) {
    const auto run = [&](std::uint64_t seed) {
        kv::ChaosLayer layer(fake, {.seed = seed, .read_errors = 0.5}, runtime);
        std::string row;
        for (int i = 0; i < 64; ++i) {
            row += layer.get({}, key_a()).wait() ? '.' : 'x';
        }
        return row;
    };
    EXPECT_EQ(run(1), run(1));
    EXPECT_NE(run(1), run(2));
    EXPECT_THAT(run(1), testing::AllOf(HasSubstr("x"), HasSubstr(".")));
}

TEST_F(PolicyTest, ChaosErrorsDidNothingAndLostRepliesDid) {
    kv::ChaosLayer failing(fake, {.seed = 1, .write_errors = 1}, runtime);
    EXPECT_EQ(failing.atomic_write({}, SetOne(key_a()).write()).wait().error().code(),
              ErrorCode::busy);
    EXPECT_FALSE(*fake.get({}, key_a()).wait());
    kv::ChaosLayer losing(fake, {.seed = 1, .lost_replies = 1}, runtime);
    EXPECT_EQ(losing.atomic_write({}, SetOne(key_a()).write()).wait().error().code(),
              ErrorCode::commit_unknown);
    EXPECT_TRUE(*fake.get({}, key_a()).wait());
}

TEST_F(PolicyTest, ChaosDelaysByTheClock) {
    kv::ChaosLayer layer(fake, {.seed = 1, .delays = 1, .max_delay = 100ms}, runtime);
    std::chrono::milliseconds longest{0};
    for (int i = 0; i < 10; ++i) {
        auto answer = layer.get({}, key_a());
        EXPECT_FALSE(answer.is_ready());
        longest = std::max(longest, advance_until_ready(answer));
    }
    EXPECT_GT(longest, 20ms);
}

}  // namespace
}  // namespace turntable
