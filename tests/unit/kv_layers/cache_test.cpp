#include "turntable/kv/layers/cache.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "unit/kv_layers/layer_support.hpp"

namespace turntable {
namespace {

using namespace std::chrono_literals;
using test::key_a;
using test::key_b;
using test::LayerWorld;
using test::SetOne;

struct CacheTest : testing::Test, LayerWorld {
    using Layer = kv::CacheLayer<kv::FakeBackend>;
    Layer cached(kv::CacheOptions options = {}) { return Layer(fake, options, runtime); }
    std::optional<std::string> read(Layer& layer, ByteView key) {
        auto entry = layer.get({}, key).wait();
        EXPECT_TRUE(entry);
        return entry && *entry ? std::optional((*entry)->value.data().to_string()) : std::nullopt;
    }
    /// How often the store was asked.
    std::size_t asked() const { return fake.count(kv::FakeCall::snapshot_read); }
    void write_elsewhere(std::string_view value) {
        ASSERT_TRUE(fake.atomic_write({}, SetOne(key_a(), value).write()).wait());
    }
};

TEST_F(CacheTest, AnswersTheSecondReadAndGivesItOutReady) {
    Layer layer = cached();
    write_elsewhere("1");
    EXPECT_EQ(read(layer, key_a()), "1");
    EXPECT_EQ(read(layer, key_a()), "1");
    EXPECT_EQ(read(layer, key_b()), std::nullopt);
    EXPECT_EQ(read(layer, key_b()), std::nullopt);
    EXPECT_EQ(asked(), 2U) << "absence is kept too";
    const std::string end = key_a() + '\0';
    const kv::ReadRange one{key_a(), end, 5};
    auto output = layer.snapshot_read({}, {&one, 1}, {}).wait();
    EXPECT_EQ(asked(), 2U) << "a range of one key is answered too";
    ASSERT_EQ((*output)[0].size(), 1U);
    EXPECT_EQ((*output)[0][0].key, ByteView(key_a()));
}

TEST_F(CacheTest, IsNeverOlderThanWhatAWatchHasTold) {
    Layer layer = cached({.ttl = 1h});
    write_elsewhere("1");
    const std::string a = key_a();
    const kv::WatchTarget target{a};
    auto stream = layer.watch({}, {&target, 1});
    ASSERT_TRUE(stream);
    ASSERT_TRUE(stream->next().wait());
    const auto told_next = [&] { return (**stream->next().wait())[0].entry->value.data(); };

    EXPECT_EQ(read(layer, a), "1");
    write_elsewhere("2");
    EXPECT_EQ(read(layer, a), "1") << "nobody has told";
    EXPECT_EQ(told_next().text(), "2");
    fake.hold_next(kv::FakeCall::snapshot_read);
    auto slow = layer.get({}, a);  // has read "2", and is still on its way when "3" is told
    write_elsewhere("3");
    EXPECT_EQ(told_next().text(), "3");
    fake.release(kv::FakeCall::snapshot_read);
    ASSERT_TRUE(std::move(slow).wait());
    EXPECT_EQ(read(layer, a), "3");
}

TEST_F(CacheTest, SeesOwnWritesAtOnceAndOthersAfterTheTtl) {
    Layer layer = cached({.ttl = 100ms});
    EXPECT_EQ(layer.capabilities().stale_reads_within, 100ms);
    write_elsewhere("1");
    EXPECT_EQ(read(layer, key_a()), "1");
    ASSERT_TRUE(layer.atomic_write({}, SetOne(key_a(), "2").write()).wait());
    EXPECT_EQ(read(layer, key_a()), "2");
    write_elsewhere("3");
    clock->advance(99ms);
    EXPECT_EQ(read(layer, key_a()), "2");
    clock->advance(1ms);
    EXPECT_EQ(read(layer, key_a()), "3");
}

TEST_F(CacheTest, KeepsNothingThatAWriteOvertook) {
    Layer layer = cached();
    write_elsewhere("old");
    fake.hold_next(kv::FakeCall::snapshot_read);
    auto slow = layer.get({}, key_a());  // has read "old" and is held back
    ASSERT_TRUE(layer.atomic_write({}, SetOne(key_a(), "new").write()).wait());
    fake.release(kv::FakeCall::snapshot_read);
    ASSERT_TRUE(std::move(slow).wait());
    EXPECT_EQ(read(layer, key_a()), "new");
}

TEST_F(CacheTest, BelievesNothingAfterAWriteOfUnknownFate) {
    Layer layer = cached({.ttl = 100ms});
    write_elsewhere("1");
    EXPECT_EQ(read(layer, key_a()), "1");
    fake.hold_next(kv::FakeCall::atomic_write);
    std::stop_source stop;
    auto write = layer.atomic_write({.stop = stop.get_token()}, SetOne(key_a(), "2").write());
    stop.request_stop();
    EXPECT_EQ(std::move(write).wait().error().code(), ErrorCode::commit_unknown);
    const std::size_t before = asked();
    (void)read(layer, key_a());
    (void)read(layer, key_a());
    EXPECT_EQ(asked(), before + 2) << "it may happen later still";
    clock->advance(100ms);
    (void)read(layer, key_a());
    (void)read(layer, key_a());
    EXPECT_EQ(asked(), before + 3);
}

TEST_F(CacheTest, AFailedCheckTellsThatAnEntryIsOld) {
    Layer layer = cached({.ttl = 1h});
    write_elsewhere("1");
    const auto old = layer.get({}, key_a()).wait();
    write_elsewhere("2");
    EXPECT_EQ(read(layer, key_a()), "1");
    const kv::Check check{key_a(), (*old)->versionstamp};
    const auto refused = layer.atomic_write({}, {.checks = {&check, 1}}).wait();
    ASSERT_TRUE(refused);
    EXPECT_FALSE(refused->committed);
    EXPECT_EQ(read(layer, key_a()), "2");
}

TEST_F(CacheTest, AnEntryIsGoneWhenItExpires) {
    Layer layer = cached({.ttl = 1h});
    kv::Mutation set{.kind = kv::MutationKind::set, .key = key_a(), .data = "1"};
    set.expire_at_ms = clock->wall_now().time_since_epoch().count() + 50;
    ASSERT_TRUE(fake.atomic_write({}, {.mutations = {&set, 1}}).wait());
    EXPECT_EQ(read(layer, key_a()), "1");
    clock->advance(49ms);
    EXPECT_EQ(read(layer, key_a()), "1");
    EXPECT_EQ(asked(), 1U);
    clock->advance(1ms);
    EXPECT_EQ(read(layer, key_a()), std::nullopt);
}

TEST_F(CacheTest, ForgetsWhatWasUsedLongestAgo) {
    // Keys go to 16 parts by their hash; 16 * 2000 bytes hold a few entries of 1000 each.
    Layer layer = cached({.ttl = 1h, .max_bytes = {16 * 2000}});
    const std::string value(1000, 'x');
    for (int i = 0; i < 100; ++i) {
        const kv::Key key("k" + std::to_string(i));
        ASSERT_TRUE(fake.atomic_write({}, SetOne(key.encoded(), value).write()).wait());
        EXPECT_EQ(read(layer, key.encoded()), value);
    }
    std::size_t kept = 0;
    for (int i = 0; i < 100; ++i) {
        const std::size_t before = asked();
        (void)read(layer, kv::Key("k" + std::to_string(i)).encoded());
        kept += asked() == before ? 1 : 0;
    }
    EXPECT_LE(kept, 16U);
    ASSERT_TRUE(fake.atomic_write({}, SetOne(key_a(), std::string(5000, 'x')).write()).wait());
    (void)read(layer, key_a());
    const std::size_t before = asked();
    (void)read(layer, key_a());
    EXPECT_EQ(asked(), before + 1) << "larger than its part of the cache";
}

TEST_F(CacheTest, ErrorsAreNotKeptAndNeitherIsAbsenceUnlessAskedTo) {
    Layer layer = cached({.negative = false});
    fake.fail_next(kv::FakeCall::snapshot_read, Error(ErrorCode::io, "bad disk"));
    EXPECT_FALSE(layer.get({}, key_a()).wait());
    EXPECT_EQ(read(layer, key_a()), std::nullopt);
    EXPECT_EQ(read(layer, key_a()), std::nullopt);
    EXPECT_EQ(asked(), 3U);
}

TEST_F(CacheTest, ARemovedRangeIsForgotten) {
    Layer layer = cached();
    write_elsewhere("1");
    EXPECT_EQ(read(layer, key_a()), "1");
    ASSERT_TRUE(layer.delete_range({}, key_a(), "\xFF").wait());
    EXPECT_EQ(read(layer, key_a()), std::nullopt);
}

TEST_F(CacheTest, ReadersBesideAWriterNeverSeeAnOlderValueAfterANewerOne) {
    Layer layer = cached({.ttl = 1h});
    std::atomic<int> acknowledged{0};
    std::vector<std::thread> readers;
    std::atomic<bool> done{false};
    for (int i = 0; i < 2; ++i) {
        readers.emplace_back([&] {
            while (!done) {
                const int before = acknowledged;
                auto entry = layer.get({}, key_a()).wait();
                const int seen = *entry ? std::stoi((*entry)->value.data().to_string()) : 0;
                EXPECT_GE(seen, before);
            }
        });
    }
    for (int i = 1; i <= 2000; ++i) {
        ASSERT_TRUE(layer.atomic_write({}, SetOne(key_a(), std::to_string(i)).write()).wait());
        acknowledged = i;
    }
    done = true;
    for (std::thread& reader : readers) {
        reader.join();
    }
}

}  // namespace
}  // namespace turntable
