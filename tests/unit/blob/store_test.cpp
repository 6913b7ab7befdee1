#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "turntable/blob.hpp"
#include "turntable/blob/memory.hpp"

namespace turntable::blob {
namespace {

Store open() { return Store(MemoryBackend(), Runtime::shared(), "memory:"); }

std::vector<std::string> names(List list) {
    std::vector<std::string> out;
    for (auto& entry : list) {
        out.push_back(entry ? entry->path : entry.error().to_string());
    }
    return out;
}

template <class T>
ErrorCode code(const Result<T>& result) {
    return result ? ErrorCode::backend : result.error().code();
}

TEST(BlobStore, WritesReadsAndRemoves) {
    const Store store = open();
    const auto written = store.write("/a//b.txt", "hello", {.content_type = "text/plain"});
    ASSERT_TRUE(written.has_value()) << written.error().to_string();
    EXPECT_EQ(written->size_bytes, 5U);
    EXPECT_EQ(store.read("a/b.txt")->text(), "hello");
    EXPECT_EQ(store.read("a/b.txt", {.offset = 1, .length = 3})->text(), "ell");
    EXPECT_EQ(store.read("a/b.txt", ByteRange::suffix(2))->text(), "lo");
    EXPECT_EQ(store.stat("a/b.txt")->content_type, "text/plain");
    EXPECT_EQ(store.stat("a")->kind, EntryKind::directory);
    EXPECT_TRUE(*store.exists("a/b.txt"));
    ASSERT_TRUE(store.remove("a/b.txt").has_value());
    EXPECT_FALSE(*store.exists("a/b.txt"));
    EXPECT_EQ(code(store.read("a/b.txt")), ErrorCode::not_found);
    EXPECT_TRUE(store.remove("a/b.txt").has_value());
}

TEST(BlobStore, NamesOperationAndStoreInErrors) {
    const auto missing = open().read("no");
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().operation(), "read");
    EXPECT_EQ(missing.error().url(), "memory:");
    EXPECT_NE(missing.error().to_string().find("path=no"), std::string::npos);
}

TEST(BlobStore, RefusesWhatIsNoFile) {
    const Store store = open();
    EXPECT_EQ(code(store.write("a/", "x")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.read("/")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.write("../a", "x")), ErrorCode::invalid_argument);
    ASSERT_TRUE(store.write("d/f", "x").has_value());
    EXPECT_EQ(code(store.read("d")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.remove("d/")), ErrorCode::conflict);
    EXPECT_EQ(code(store.remove("d")), ErrorCode::conflict);
    ASSERT_TRUE(store.create_dir("empty").has_value());
    EXPECT_TRUE(store.remove("empty").has_value());
    EXPECT_FALSE(*store.exists("empty/"));
    EXPECT_EQ(code(store.copy("d/f", "d/./f")), ErrorCode::invalid_argument);
    EXPECT_EQ(code(store.write("d/f", "x", {.if_not_exists = true, .append = true})),
              ErrorCode::invalid_argument);
    EXPECT_EQ(code(store.reader("d/f", {.chunk_bytes = 0})), ErrorCode::invalid_argument);
}

TEST(BlobStore, UserMetadataIsCheckedOnBothSidesOfItsLimit) {
    const Store store = open();
    const std::size_t most = store.capabilities().limits.user_metadata_bytes_max;
    const std::vector<std::pair<std::string, std::string>> fits = {
        {"k", std::string(most - 1, 'v')}};
    const std::vector<std::pair<std::string, std::string>> too_long = {
        {"k", std::string(most, 'v')}};
    EXPECT_TRUE(store.write("a", "x", {.user = fits}).has_value());
    EXPECT_EQ(store.stat("a")->user, fits);
    EXPECT_EQ(code(store.write("a", "x", {.user = too_long})), ErrorCode::limit_exceeded);
    for (const auto& wrong : std::vector<std::pair<std::string, std::string>>{
             {"", "v"}, {"K", "v"}, {"k y", "v"}, {"k", "a\nb"}}) {
        EXPECT_EQ(code(store.write("a", "x", {.user = std::span(&wrong, 1)})),
                  ErrorCode::invalid_argument)
            << wrong.first;
    }
}

TEST(BlobStore, WriterMakesTheBlobWhenItFinishes) {
    const Store store = open();
    auto writer = store.writer("a", {.if_not_exists = true});
    ASSERT_TRUE(writer.has_value());
    EXPECT_TRUE(writer->write("one ").has_value());
    EXPECT_TRUE(writer->write("two").has_value());
    EXPECT_FALSE(*store.exists("a"));
    EXPECT_EQ(writer->finish()->size_bytes, 7U);
    EXPECT_EQ(store.read("a")->text(), "one two");
    EXPECT_EQ(code(writer->write("x")), ErrorCode::closed);
    EXPECT_EQ(code(writer->finish()), ErrorCode::closed);
    EXPECT_TRUE(writer->abort().has_value());
    EXPECT_EQ(store.read("a")->text(), "one two");

    auto late = store.writer("a", {.if_not_exists = true});
    ASSERT_TRUE(late.has_value());
    EXPECT_EQ(code(late->finish()), ErrorCode::already_exists);
}

TEST(BlobStore, AnAbortedOrDroppedWriterLeavesNothing) {
    const Store store = open();
    {
        auto writer = store.writer("a");
        ASSERT_TRUE(writer.has_value());
        EXPECT_TRUE(writer->write("x").has_value());
        EXPECT_TRUE(writer->abort().has_value());
        EXPECT_EQ(code(writer->finish()), ErrorCode::closed);
        auto dropped = store.writer("a");
        ASSERT_TRUE(dropped.has_value());
        EXPECT_TRUE(dropped->write("x").has_value());
    }
    EXPECT_EQ(names(store.list()), std::vector<std::string>{});
}

TEST(BlobReader, ReadsFromAnyPositionInAnyPieces) {
    const Store store = open();
    std::string content;
    for (int i = 0; i < 1000; ++i) {
        content += std::to_string(i) + ",";
    }
    ASSERT_TRUE(store.write("a", content).has_value());
    for (const bool read_ahead : {false, true}) {
        for (const std::size_t chunk : {1U, 7U, 100U, 100'000U}) {
            auto reader = store.reader("a", {.chunk_bytes = chunk, .read_ahead = read_ahead});
            ASSERT_TRUE(reader.has_value());
            std::string all;
            for (std::size_t step = 1;; step = step % 50 + 1) {
                const Bytes piece = *reader->read(step);
                all += piece.text();
                if (piece.size() < step) {
                    break;
                }
            }
            EXPECT_EQ(all, content);
            EXPECT_TRUE(reader->read(10)->empty());
            reader->seek(20);
            EXPECT_EQ(reader->read(30)->text(), content.substr(20, 30));
            EXPECT_EQ(reader->position(), 50U);
            EXPECT_EQ(reader->read_at(5, 10)->text(), content.substr(5, 10));
            EXPECT_EQ(reader->position(), 50U);
            EXPECT_FALSE(reader->read_some()->empty());
            reader->seek(content.size() + 5);
            EXPECT_TRUE(reader->read(10)->empty());
        }
    }
}

TEST(BlobReader, KeepsTheVersionThatItOpened) {
    const Store store = open();
    ASSERT_TRUE(store.write("a", "old old old").has_value());
    auto reader = store.reader("a", {.chunk_bytes = 2});
    EXPECT_EQ(reader->read(4)->text(), "old ");
    ASSERT_TRUE(store.write("a", "new").has_value());
    ASSERT_TRUE(store.remove("a").has_value());
    EXPECT_EQ(reader->read(100)->text(), "old old");
}

TEST(BlobStore, ListsNothingAfterAWrongPath) {
    const std::vector<std::string> listed = names(open().list("../"));
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_NE(listed[0].find("list on memory:"), std::string::npos) << listed[0];
}

TEST(BlobStore, RefusesAllAfterClose) {
    const Store store = open();
    ASSERT_TRUE(store.write("a", "x").has_value());
    auto writer = store.writer("b");
    ASSERT_TRUE(store.close().has_value());
    EXPECT_TRUE(store.close().has_value());
    EXPECT_EQ(code(store.read("a")), ErrorCode::closed);
    EXPECT_EQ(code(store.write("a", "x")), ErrorCode::closed);
    EXPECT_EQ(code(writer->finish()), ErrorCode::closed);
    EXPECT_EQ(store.health()->state, Health::State::unhealthy);
}

TEST(BlobMemory, NamedStoresAreOne) {
    Registry registry = Registry::from_environment(lookup_in({}));
    const auto first = registry.open("memory:blob_named");
    const auto second = registry.open("memory:blob_named");
    ASSERT_TRUE(first.has_value() && second.has_value());
    ASSERT_TRUE(first->write("a", "x").has_value());
    EXPECT_EQ(second->read("a")->text(), "x");
    EXPECT_EQ(code(registry.open("memory:")->read("a")), ErrorCode::not_found);
    EXPECT_EQ(code(registry.open("memori:")), ErrorCode::unknown_provider);
}

TEST(BlobMemory, OneOfManyCreatesAndNoReadIsTorn) {
    const Store store = open();
    std::atomic<int> winners = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, i] {
                const std::string mine(1000, static_cast<char>('a' + i));
                winners += store.write("once", mine, {.if_not_exists = true}).has_value() ? 1 : 0;
                for (int round = 0; round < 200; ++round) {
                    EXPECT_TRUE(store.write("shared", mine).has_value());
                    const Bytes seen = *store.read("shared");
                    EXPECT_EQ(seen.text(), std::string(1000, seen.text()[0]));
                }
            });
        }
    }
    EXPECT_EQ(winners, 1);
}

}  // namespace
}  // namespace turntable::blob
