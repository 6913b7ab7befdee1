// What blobs in chunks promise beyond the contract: what is left behind, damage, limits, URLs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "backends/kv/manifest.hpp"
#include "support/engines.hpp"
#include "turntable/blob/kv.hpp"
#include "turntable/core/clock.hpp"

namespace turntable::test {
namespace {

using blob::KvBackend;
using blob::Store;

std::string pattern(std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        out[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
    }
    return out;
}

class KvBlobs : public testing::Test {
  protected:
    KvBlobs()
        : clock_(std::make_shared<ManualClock>()),
          runtime_(Runtime::create({.clock = clock_})),
          database_(kv::AnyBackend(kv::MemoryBackend({.runtime = runtime_})), runtime_) {}

    Store open(blob::KvOptions options = {.chunk = {1024}}) {
        return Store(KvBackend(database_, std::move(options)), runtime_);
    }
    std::uint64_t entries() { return *database_.count(kv::everything()); }
    std::uint64_t marks() { return *database_.count(kv::prefix({"blobs", "pending"})); }
    std::uint64_t chunks() { return *database_.count(kv::prefix({"blobs", "chunk"})); }

    std::shared_ptr<ManualClock> clock_;
    std::shared_ptr<Runtime> runtime_;
    kv::Database database_;
};

TEST_F(KvBlobs, ALargeBlobIsWrittenInManyWritesAndReadBack) {
    Store store = open({.chunk = {4096}});
    const std::string content = pattern((std::size_t{9} << 20U) + 123);
    ASSERT_TRUE(store.write("big", content));
    EXPECT_EQ(store.stat("big")->size_bytes, content.size());
    EXPECT_EQ(store.read("big")->text(), content);
    EXPECT_EQ(store.read("big", {.offset = 4095, .length = 2})->text(), content.substr(4095, 2));
    EXPECT_EQ(store.read("big", blob::ByteRange::suffix(124))->text(),
              content.substr(content.size() - 124));
    EXPECT_EQ(chunks(), content.size() / 4096 + 1);
    EXPECT_EQ(marks(), 0U);
    ASSERT_TRUE(store.remove("big"));
    EXPECT_EQ(entries(), 0U);
}

TEST_F(KvBlobs, AppendsOfEverySizeGoBehindWhatIsThere) {
    Store store = open();
    std::string content;
    for (const std::size_t size : {0U, 1U, 1022U, 1U, 1U, 1024U, 3000U, 5'000'000U, 10U, 2048U}) {
        const std::string piece = pattern(size);
        ASSERT_TRUE(store.append("log", piece)) << size;
        content += piece;
        ASSERT_EQ(store.read("log")->text(), content) << size;
    }
    // Read with a reader that was opened before the last chunk grew.
    auto reader = *store.reader("log");
    ASSERT_TRUE(store.append("log", "more"));
    EXPECT_EQ(reader.read(content.size() + 1)->text(), content);
    EXPECT_EQ(store.read("log")->text(), content + "more");
    ASSERT_TRUE(store.remove("log"));
    EXPECT_EQ(entries(), 0U);
}

TEST_F(KvBlobs, ReplacingRenamingAndAbortingLeaveNothingBehind) {
    Store store = open();
    ASSERT_TRUE(store.write("a", pattern(10'000)));
    ASSERT_TRUE(store.write("a", pattern(3'000)));
    EXPECT_EQ(entries(), 1U + 3U);
    ASSERT_TRUE(store.write("b", pattern(5'000)));
    ASSERT_TRUE(store.rename("a", "b"));
    EXPECT_EQ(entries(), 1U + 3U);
    auto writer = *store.writer("c");
    ASSERT_TRUE(writer.write(pattern(std::size_t{6} << 20U)));
    EXPECT_GT(entries(), 1000U) << "part of it is in the database already";
    ASSERT_TRUE(writer.abort());
    EXPECT_EQ(entries(), 1U + 3U);
    {
        auto dropped = *store.writer("c");
        ASSERT_TRUE(dropped.write(pattern(std::size_t{6} << 20U)));
    }
    EXPECT_EQ(entries(), 1U + 3U);
}

TEST_F(KvBlobs, WhatADeadWriterLeftIsTakenBackWhenItIsOldEnough) {
    const blob::chunked::ContentId id{'x'};
    const auto leave = [&](std::int64_t since_ms) {
        const std::string name(id.data(), id.size());
        ASSERT_TRUE(database_.set({"blobs", "chunk", kv::BytesPart{name}, 0},
                                  blob::chunked::seal_chunk("left")));
        ASSERT_TRUE(database_.set({"blobs", "pending", kv::BytesPart{name}},
                                  blob::chunked::encode(blob::chunked::Pending{since_ms, 1})));
    };
    leave(clock_->wall_now().time_since_epoch().count());
    ASSERT_TRUE(open().write("a", "x"));
    EXPECT_EQ(marks(), 1U) << "somebody may be writing it";
    clock_->advance(std::chrono::hours(2));
    Store store = open();
    EXPECT_EQ(store.read("a")->text(), "x");
    EXPECT_EQ(marks(), 1U) << "reading takes nothing back";
    ASSERT_TRUE(store.write("a", "y"));
    EXPECT_EQ(marks(), 0U);
    EXPECT_EQ(entries(), 2U);
}

TEST_F(KvBlobs, AWriterThatWasTakenForDeadSaysSo) {
    Store store = open();
    auto writer = *store.writer("slow");
    ASSERT_TRUE(writer.write(pattern(std::size_t{6} << 20U)));
    clock_->advance(std::chrono::hours(2));
    ASSERT_TRUE(open().write("other", "x"));
    EXPECT_EQ(marks(), 0U);
    const auto finished = writer.finish();
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().code(), ErrorCode::conflict);
    EXPECT_THAT(finished.error().message(), testing::HasSubstr("abandoned"));
    EXPECT_EQ(store.stat("slow").error().code(), ErrorCode::not_found);
}

TEST_F(KvBlobs, DamageIsNamed) {
    Store store = open();
    ASSERT_TRUE(store.write("a", pattern(3000)));
    auto list = database_.list(kv::prefix({"blobs", "chunk"}));
    const auto second = [&] {
        (void)list.next();
        return **list.next();
    }();
    std::string damaged(second.value.data().text());
    damaged[5] = static_cast<char>(damaged[5] ^ 1);
    ASSERT_TRUE(database_.set(second.key, damaged));
    EXPECT_EQ(store.read("a").error().code(), ErrorCode::corrupt);
    EXPECT_EQ(store.read("a", {.length = 1024})->text(), pattern(3000).substr(0, 1024));
    ASSERT_TRUE(database_.set({"blobs", "file", kv::BytesPart{"b"}}, "no manifest"));
    EXPECT_EQ(store.stat("b").error().code(), ErrorCode::corrupt);
}

TEST_F(KvBlobs, StoresOfOneDatabaseAreApartByTheirPrefixes) {
    Store one = open({.key_prefix = "one"});
    Store two = open({.key_prefix = "two"});
    ASSERT_TRUE(database_.set("mine", "kept"));
    ASSERT_TRUE(one.write("a", "1"));
    EXPECT_EQ(two.stat("a").error().code(), ErrorCode::not_found);
    ASSERT_TRUE(two.remove_all(""));
    EXPECT_EQ(one.read("a")->text(), "1");
    ASSERT_TRUE(one.remove_all(""));
    EXPECT_EQ(entries(), 1U);
}

TEST_F(KvBlobs, ClosingLeavesADatabaseThatIsSharedOpen) {
    Store store = open();
    ASSERT_TRUE(store.close());
    EXPECT_EQ(store.read("a").error().code(), ErrorCode::closed);
    EXPECT_TRUE(database_.set("a", "b"));
}

TEST(KvBlobManifest, IsReadAsItWasWritten) {
    blob::chunked::Manifest manifest;
    manifest.metadata = {.size_bytes = 5000,
                         .etag = "00c0ffee00c0ffee",
                         .modified_ms = 1234567,
                         .content_type = "text/plain",
                         .user = {{"a", "b"}, {"c", ""}}};
    manifest.parts = {{.id = {'i'}, .size = 3000, .chunk_bytes = 1024},
                      {.id = {'j'}, .size = 2000, .chunk_bytes = 2048}};
    const std::string text = encode(manifest);
    const auto back = blob::chunked::decode_manifest(text);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->parts, manifest.parts);
    EXPECT_EQ(back->metadata.etag, manifest.metadata.etag);
    EXPECT_EQ(back->metadata.user, manifest.metadata.user);
    EXPECT_EQ(back->metadata.size_bytes, 5000U);
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = static_cast<char>(changed[i] ^ 0x10);
        EXPECT_FALSE(blob::chunked::decode_manifest(changed)) << i;
        EXPECT_FALSE(blob::chunked::decode_manifest(text.substr(0, i))) << i;
    }
}

TEST(KvBlobUrl, TheRestOfTheUrlOpensTheDatabase) {
    const auto databases = std::make_shared<kv::Registry>();
    ASSERT_TRUE(kv::register_memory(*databases));
    blob::Registry registry;
    ASSERT_TRUE(blob::register_kv(registry, databases));
    EXPECT_THAT(registry.known_schemes(), testing::ElementsAre("kv+memory"));
    const kv::Database database = *databases->open("memory:blobs_test");
    {
        const Store store = *registry.open("kv+memory:blobs_test?key_prefix=files&chunk=2KiB");
        ASSERT_TRUE(store.write("a", pattern(5000)));
        EXPECT_EQ(*database.count(kv::prefix({"files", "chunk"})), 3U);
    }
    EXPECT_EQ(registry.open("kv+memory:x?chunk=1").error().code(), ErrorCode::invalid_config);
    const auto unknown = registry.open("kv+memory:x?chunks=2KiB");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code(), ErrorCode::invalid_config);
}

}  // namespace
}  // namespace turntable::test
