// What blobs in a SQLite file promise beyond the contract: the file is shared with a kv database,
// nothing is left behind, damage has a name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/sqlite_rows.hpp"
#include "support/temp_folder.hpp"
#include "turntable/blob.hpp"
#include "turntable/blob/registry.hpp"
#include "turntable/blob/sqlite.hpp"
#include "turntable/core/clock.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable::test {
namespace {

using blob::Store;
using testing::HasSubstr;

std::string pattern(std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        out[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
    }
    return out;
}

class SqliteBlobs : public testing::Test {
  protected:
    SqliteBlobs()
        : clock_(std::make_shared<ManualClock>()), runtime_(Runtime::create({.clock = clock_})) {}

    blob::SqliteOptions options() const {
        return {.path = file_,
                .durability = blob::SqliteDurability::off,
                .busy_timeout = std::chrono::milliseconds(0),
                .chunk = {1024}};
    }
    Store open(blob::SqliteOptions with) {
        auto backend = blob::open_sqlite(std::move(with), runtime_);
        EXPECT_TRUE(backend);
        return Store(*std::move(backend), runtime_);
    }
    Store open() { return open(options()); }
    kv::Database open_kv(bool read_only = false) {
        auto backend = kv::open_sqlite(
            {.path = file_, .durability = kv::SqliteDurability::off, .read_only = read_only});
        EXPECT_TRUE(backend);
        return kv::Database(*std::move(backend));
    }
    std::string one(const std::string& sql) { return sqlite_rows(file_, sql)[0][0]; }
    std::string chunks() { return one("select count(*) from turntable_blob_chunk"); }
    std::string unfinished() { return one("select count(*) from turntable_blob_unfinished"); }
    /// The statements that made the tables of Deno's format, and all that is in them.
    std::string deno_side() {
        std::string out;
        for (const char* sql :
             {"select group_concat(sql, ';') from sqlite_schema where name not like 'turntable%'",
              "select group_concat(hex(k) || hex(v) || version || expiration_ms) from kv",
              "select version from data_version", "select version from migration_state"}) {
            out += one(sql) + "\n";
        }
        return out;
    }

    TempFolder folder_;
    const std::string file_ = folder_.file("app.db");
    std::shared_ptr<ManualClock> clock_;
    std::shared_ptr<Runtime> runtime_;
};

TEST_F(SqliteBlobs, ADatabaseGainsBlobsAndItsTablesStayAsTheyWere) {
    {
        const kv::Database database = open_kv();
        ASSERT_TRUE(database.set("users/1", "Ada"));
    }
    const std::string before = deno_side();
    {
        const Store store = open();
        ASSERT_TRUE(store.write("a/b", pattern(5000)));
        ASSERT_TRUE(store.remove("a/b"));
        ASSERT_TRUE(store.write("c", "kept"));
    }
    EXPECT_EQ(deno_side(), before);
    const kv::Database database = open_kv();
    EXPECT_EQ((*database.get("users/1"))->value.as_text().value(), "Ada");
    ASSERT_TRUE(database.set("users/2", "Grace"));
    EXPECT_EQ(open().read("c")->text(), "kept");
    EXPECT_EQ(open_kv(true).count(kv::everything()).value(), 2U);
}

TEST_F(SqliteBlobs, AFileOfBlobsGainsADatabase) {
    ASSERT_TRUE(open().write("c", "kept"));
    ASSERT_TRUE(open_kv().set("users/1", "Ada"));
    EXPECT_EQ(open().read("c")->text(), "kept");
    EXPECT_EQ((*open_kv().get("users/1"))->value.as_text().value(), "Ada");
}

TEST_F(SqliteBlobs, BothSidesWriteAtOnce) {
    auto with = options();
    with.busy_timeout = std::chrono::seconds(60);
    const Store store = open(with);
    const kv::Database database = open_kv();
    constexpr int each = 100;
    {
        const std::jthread blobs([&] {
            for (int i = 0; i < each; ++i) {
                EXPECT_TRUE(store.write(std::to_string(i), pattern(3000)));
            }
        });
        for (int i = 0; i < each; ++i) {
            EXPECT_TRUE(database.set({"entry", i}, "x"));
        }
    }
    EXPECT_EQ(*database.count(kv::everything()), std::uint64_t{each});
    EXPECT_EQ(one("select count(*) from turntable_blob_file"), std::to_string(each));
}

TEST_F(SqliteBlobs, ReplacingRenamingCopyingAndRemovingLeaveNothingBehind) {
    const Store store = open();
    ASSERT_TRUE(store.write("a", pattern(10'000)));
    ASSERT_TRUE(store.write("a", pattern(3'000)));
    EXPECT_EQ(chunks(), "3");
    ASSERT_TRUE(store.write("b", pattern(5'000)));
    ASSERT_TRUE(store.rename("a", "b"));
    EXPECT_EQ(chunks(), "3");
    ASSERT_TRUE(store.copy("b", "dir/c"));
    ASSERT_TRUE(store.copy("b", "dir/c"));
    EXPECT_EQ(chunks(), "6");
    ASSERT_TRUE(store.write("dir2", "x"));
    ASSERT_TRUE(store.remove_all("dir"));
    EXPECT_EQ(chunks(), "4");
    ASSERT_TRUE(store.remove_all(""));
    EXPECT_EQ(chunks() + one("select count(*) from turntable_blob_file"), "00");
}

TEST_F(SqliteBlobs, AnAbortedWriteLeavesNothing) {
    const Store store = open();
    auto writer = *store.writer("c");
    ASSERT_TRUE(writer.write(pattern(200'000)));
    EXPECT_EQ(unfinished(), "1") << "part of it is in the file already";
    EXPECT_EQ(store.stat("c").error().code(), ErrorCode::not_found);
    ASSERT_TRUE(writer.abort());
    EXPECT_EQ(chunks() + unfinished(), "00");
    {
        auto dropped = *store.writer("c");
        ASSERT_TRUE(dropped.write(pattern(200'000)));
        EXPECT_EQ(unfinished(), "1");
    }
    EXPECT_EQ(chunks() + unfinished(), "00");
}

TEST_F(SqliteBlobs, AStreamedWriteIsReadBackAndLeavesNoMark) {
    const Store store = open();
    const std::string content = pattern(300'000);
    auto writer = *store.writer("c", {.content_type = "text/plain"});
    for (std::size_t at = 0; at < content.size(); at += 7'000) {
        ASSERT_TRUE(writer.write(std::string_view(content).substr(at, 7'000)));
    }
    EXPECT_EQ(writer.finish()->size_bytes, content.size());
    EXPECT_EQ(unfinished(), "0");
    EXPECT_EQ(store.read("c")->text(), content);
    EXPECT_EQ(store.read("c", {.offset = 1023, .length = 2})->text(), content.substr(1023, 2));
    EXPECT_EQ(store.read("c", blob::ByteRange::suffix(1))->text(), content.substr(299'999));
}

TEST_F(SqliteBlobs, AppendsOfEverySizeGoBehindWhatIsThere) {
    auto with = options();
    with.chunk = {8192};
    const Store store = open(with);
    std::string content;
    for (const std::size_t size : {0U, 1U, 4094U, 1U, 1U, 4095U, 30'000U, 900'000U, 10U, 2048U}) {
        const std::string piece = pattern(size);
        ASSERT_TRUE(store.append("log", piece)) << size;
        auto writer = *store.writer("log", {.append = true});
        ASSERT_TRUE(writer.write(piece));
        ASSERT_TRUE(writer.finish());
        content += piece + piece;
        ASSERT_EQ(store.read("log")->text(), content) << size;
    }
    EXPECT_EQ(unfinished(), "0");
    // Read with a reader that was opened before the last chunk grew.
    auto reader = *store.reader("log");
    ASSERT_TRUE(store.append("log", "more"));
    EXPECT_EQ(reader.read(content.size() + 1)->text(), content);
    for (int line = 0; line < 1000; ++line) {
        ASSERT_TRUE(store.append("lines", "a line of a log\n"));
    }
    EXPECT_EQ(one("select count(*) from turntable_blob_chunk where content = (select content from "
                  "turntable_blob_file where path = x'6c696e6573')"),
              "4")
        << "a chunk for each line would be a thousand";
}

TEST_F(SqliteBlobs, AReaderOfABlobThatIsAnotherOneSaysSo) {
    auto with = options();
    with.chunk = {64U << 10U};
    const Store store = open(with);
    ASSERT_TRUE(store.write("a", pattern(20'000'000)));
    auto reader = *store.reader("a");
    ASSERT_TRUE(store.rename("a", "b"));
    EXPECT_TRUE(reader.read(10)) << "its bytes are still there";
    ASSERT_TRUE(store.write("b", "new"));
    reader.seek(19'000'000);
    EXPECT_EQ(reader.read(10).error().code(), ErrorCode::condition_failed);
}

TEST_F(SqliteBlobs, WhatADeadWriterLeftIsTakenBackWhenItIsOldEnough) {
    ASSERT_TRUE(open().write("a", "x"));
    const auto now = std::to_string(clock_->wall_now().time_since_epoch().count());
    sqlite_rows(file_, "insert into turntable_blob_unfinished values (1000, " + now + ")");
    sqlite_rows(file_, "insert into turntable_blob_chunk values (1000, 0, 0, x'00')");
    ASSERT_TRUE(open().write("b", "x"));
    EXPECT_EQ(unfinished(), "1") << "somebody may be writing it";
    clock_->advance(std::chrono::hours(2));
    const Store store = open();
    EXPECT_EQ(store.read("a")->text(), "x");
    EXPECT_EQ(unfinished(), "1") << "reading takes nothing back";
    ASSERT_TRUE(store.write("b", "y"));
    EXPECT_EQ(unfinished() + chunks(), "02");
}

TEST_F(SqliteBlobs, AWriterThatWasTakenForDeadSaysSo) {
    const Store store = open();
    auto writer = *store.writer("slow");
    ASSERT_TRUE(writer.write(pattern(200'000)));
    clock_->advance(std::chrono::hours(2));
    ASSERT_TRUE(open().write("other", "x"));
    const auto finished = writer.finish();
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().code(), ErrorCode::conflict);
    EXPECT_THAT(finished.error().message(), HasSubstr("abandoned"));
    EXPECT_EQ(store.stat("slow").error().code(), ErrorCode::not_found);
    EXPECT_EQ(chunks() + unfinished(), "10");
}

TEST_F(SqliteBlobs, DamageIsNamed) {
    struct Damage {
        const char* sql;
        const char* text;
    };
    for (const auto& [sql, text] : std::vector<Damage>{
             {"update turntable_blob_chunk set data = x'00' where start = 1024",
              "damaged, at byte"},
             {"update turntable_blob_chunk set data = 'text' where start = 1024", "of no form"},
             {"update turntable_blob_chunk set checksum = 'x' where start = 1024", "of no form"},
             {"delete from turntable_blob_chunk where start = 1024", "lost a chunk"},
             {"delete from turntable_blob_chunk where start >= 2048", "lost a chunk"},
             {"delete from turntable_blob_chunk", "lost the bytes"},
             {"update turntable_blob_file set size = -1", "row for a blob"},
             {"update turntable_blob_file set size = 1 << 61", "lost a chunk"},
             {"update turntable_blob_file set user = x'61'", "row for a blob"},
             {"update turntable_blob_file set content = 0", "row for a blob"},
             {"update turntable_blob_file set version = 'x'", "row for a blob"},
         }) {
        {
            const Store store = open();
            ASSERT_TRUE(store.write("a", pattern(3000), {.user = {}}));
            ASSERT_TRUE(store.write("a", pattern(3000)));
        }
        sqlite_rows(file_, sql);
        {
            const Store store = open();
            const auto read = store.read("a");
            ASSERT_FALSE(read) << sql;
            EXPECT_EQ(read.error().code(), ErrorCode::corrupt) << sql;
            EXPECT_THAT(read.error().to_string(), HasSubstr(text)) << sql;
            EXPECT_THAT(read.error().to_string(), HasSubstr(file_)) << sql;
        }
        sqlite_rows(file_, "delete from turntable_blob_file");
        sqlite_rows(file_, "delete from turntable_blob_chunk");
    }
}

TEST_F(SqliteBlobs, AnAppendDoesNotHideDamageOfTheLastChunk) {
    const Store store = open();
    ASSERT_TRUE(store.write("a", pattern(1500)));
    sqlite_rows(file_, "update turntable_blob_chunk set data = zeroblob(476) where start = 1024");
    EXPECT_EQ(store.append("a", "more").error().code(), ErrorCode::corrupt);
    EXPECT_EQ(store.read("a", {.length = 1024})->text(), pattern(1500).substr(0, 1024));
}

TEST_F(SqliteBlobs, FilesThatAreNotOursAreRefusedAndLeftAsTheyAre) {
    std::ofstream(file_).close();
    sqlite_rows(file_, "create table mine (a)");
    auto refused = open().stat("a");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_config);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("mine"));
    EXPECT_EQ(one("select count(*) from sqlite_schema"), "1");
    EXPECT_EQ(one("pragma journal_mode"), "delete");
}

TEST_F(SqliteBlobs, ANewerVersionOfTheTablesIsRefused) {
    ASSERT_TRUE(open().write("a", "x"));
    sqlite_rows(file_, "update turntable_blob_state set version = 2");
    EXPECT_EQ(open().read("a").error().code(), ErrorCode::unsupported);
    sqlite_rows(file_, "update turntable_blob_state set version = 1");
    sqlite_rows(file_, "alter table turntable_blob_chunk add column more integer");
    EXPECT_EQ(open().read("a").error().code(), ErrorCode::corrupt);
}

TEST_F(SqliteBlobs, ReadOnlyReadsAndMakesNothing) {
    auto read_only = options();
    read_only.read_only = true;
    EXPECT_EQ(open(read_only).stat("a").error().code(), ErrorCode::not_found);
    ASSERT_TRUE(open_kv().set("a", "b"));
    EXPECT_EQ(open(read_only).stat("a").error().code(), ErrorCode::invalid_config);
    ASSERT_TRUE(open().write("a", "x"));
    const Store store = open(read_only);
    EXPECT_EQ(store.read("a")->text(), "x");
    EXPECT_EQ(store.write("a", "y").error().code(), ErrorCode::permission_denied);
}

TEST_F(SqliteBlobs, ListingAFolderPassesOverWhatLiesInItsFolders) {
    const Store store = open();
    for (int folder = 0; folder < 3; ++folder) {
        for (int i = 0; i < 50; ++i) {
            ASSERT_TRUE(store.write(std::to_string(folder) + "/" + std::to_string(i), "x"));
        }
    }
    std::vector<std::string> names;
    for (auto& entry : store.list("")) {
        names.push_back(entry->path);
    }
    EXPECT_THAT(names, testing::ElementsAre("0/", "1/", "2/"));
    EXPECT_THAT(one("explain query plan select path from turntable_blob_file where path >= x'31' "
                    "order by path limit 1"),
                testing::Not(HasSubstr("SCAN")));
}

TEST_F(SqliteBlobs, AFileAtTheEndOfTheNameSpaceIsListedAndRemovedWithAll) {
    const Store store = open();
    const std::string last(255, '\xff');
    ASSERT_TRUE(store.write(last, "x"));
    ASSERT_TRUE(store.remove_all(""));
    EXPECT_EQ(store.stat(last).error().code(), ErrorCode::not_found);
}

TEST(SqliteBlobUrl, OpensAFileAndATemporaryOne) {
    const TempFolder folder;
    blob::Registry registry;
    ASSERT_TRUE(blob::register_sqlite(registry));
    const std::string url = "sqlite:" + folder.file("app.db") + "?durability=off&chunk=2KiB";
    ASSERT_TRUE(registry.open(url)->write("a", pattern(5000)));
    EXPECT_EQ(registry.open(url)->read("a")->text(), pattern(5000));
    EXPECT_EQ(sqlite_rows(folder.file("app.db"), "select count(*) from turntable_blob_chunk")[0][0],
              "3");
    const Store temporary = *registry.open("sqlite::memory:");
    ASSERT_TRUE(temporary.write("a", "x"));
    EXPECT_FALSE(temporary.capabilities().reopen);
    EXPECT_EQ(registry.open("sqlite:x?chunk=1").error().code(), ErrorCode::invalid_config);
    EXPECT_EQ(registry.open("sqlite::memory:?read_only=true").error().code(),
              ErrorCode::invalid_config);
}

}  // namespace
}  // namespace turntable::test
