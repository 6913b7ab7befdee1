// What the engine promises OrderedStore: reads, writes, snapshots, the counter, expiry, others.

#include <thread>

#include "unit/kv_sqlite/files.hpp"

namespace sqlite_test {
namespace {

using kv::QueueRow;
using kv::QueueTable;
using kv::Record;

class SqliteEngine : public testing::Test {
  protected:
    void set(ByteView key, const std::string& data) {
        const auto done = put(*engine, key, record(data));
        ASSERT_TRUE(done) << done.error().to_string();
    }

    Folder folder;
    std::unique_ptr<kv::sqlite::Engine> engine = make_engine(folder / "kv.db");
};

TEST_F(SqliteEngine, TouchesNothingUntilUsed) {
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    ASSERT_TRUE(engine->connect());
    EXPECT_TRUE(std::filesystem::exists(folder / "kv.db"));
}

TEST_F(SqliteEngine, GivesBackWhatWasPut) {
    const Record stored{Bytes::take("v"), kv::ValueEncoding::v8, 77, 12345};
    ASSERT_TRUE(put(*engine, "k", stored));
    const auto found = engine->get("k");
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->data.text(), "v");
    EXPECT_EQ((*found)->encoding, kv::ValueEncoding::v8);
    EXPECT_EQ((*found)->version, 77U);
    EXPECT_EQ((*found)->expire_at_ms, 12345);
    EXPECT_EQ(get_text(*engine, "other"), "-");
}

TEST_F(SqliteEngine, KeepsKeysAndValuesOfAnyBytes) {
    const std::string all("\x00\x01\xff\x00", 4);
    set(ByteView(all), all);
    set("", "under the empty key");
    set("empty", "");
    EXPECT_EQ(get_text(*engine, ByteView(all)), all);
    EXPECT_EQ(get_text(*engine, ByteView(nullptr, 0)), "under the empty key");
    EXPECT_EQ(get_text(*engine, "empty"), "");
}

TEST_F(SqliteEngine, ScansInByteOrderBothWays) {
    for (const char* key : {"b", "a", "\xff", "c", "ab"}) {
        set(key, "1");
    }
    auto read = engine->begin_read();
    ASSERT_TRUE(read);
    EXPECT_EQ(scan_text(*read, "a", "c"), "a=1 ab=1 b=1");
    EXPECT_EQ(scan_text(*read, "a", "c", true), "b=1 ab=1 a=1");
    EXPECT_EQ(scan_text(*read, "", "\xff"), "a=1 ab=1 b=1 c=1");
    EXPECT_EQ(scan_text(*read, "c", "a"), "");
}

TEST_F(SqliteEngine, AScanEndsWhenTheVisitorSaysSo) {
    set("a", "1");
    set("b", "2");
    auto read = engine->begin_read();
    int seen = 0;
    auto once = [&](ByteView, const Record&) {
        ++seen;
        return false;
    };
    ASSERT_TRUE(read->scan("a", "z", false, once));
    EXPECT_EQ(seen, 1);
    EXPECT_EQ(scan_text(*read, "a", "z"), "a=1 b=2");
}

TEST_F(SqliteEngine, AScanInsideAScanIsRefusedAndAGetIsNot) {
    set("a", "1");
    auto read = engine->begin_read();
    std::string inner;
    auto visit = [&](ByteView, const Record&) {
        inner = scan_text(*read, "a", "z") + " " + (*read->get("a"))->data.to_string();
        return true;
    };
    ASSERT_TRUE(read->scan("a", "z", false, visit));
    EXPECT_EQ(inner, "!invalid_argument 1");
}

TEST_F(SqliteEngine, ATransactionSeesWhatItWrote) {
    set("a", "old");
    auto write = engine->begin_write();
    ASSERT_TRUE(write);
    ASSERT_TRUE(write->put("a", record("new")));
    ASSERT_TRUE(write->put("b", record("2")));
    EXPECT_EQ(scan_text(*write, "a", "z"), "a=new b=2");
    ASSERT_TRUE(write->remove("a"));
    ASSERT_TRUE(write->remove("absent"));
    EXPECT_FALSE(*write->get("a"));
    EXPECT_EQ(get_text(*engine, "a"), "old");
    ASSERT_TRUE(write->commit());
    EXPECT_EQ(get_text(*engine, "a"), "-");
}

TEST_F(SqliteEngine, ATransactionThatIsNotCommittedLeavesNothing) {
    {
        auto write = engine->begin_write();
        ASSERT_TRUE(write->put("a", record("1")));
    }
    EXPECT_EQ(get_text(*engine, "a"), "-");
    set("a", "2");
    EXPECT_EQ(get_text(*engine, "a"), "2");
}

TEST_F(SqliteEngine, AReadTransactionKeepsTheStateOfItsBeginning) {
    set("a", "1");
    auto snapshot = engine->begin_read();
    ASSERT_TRUE(snapshot);
    set("a", "2");
    set("b", "1");
    EXPECT_EQ(scan_text(*snapshot, "a", "z"), "a=1");
    EXPECT_EQ((*snapshot->get("a"))->data.text(), "1");
    EXPECT_EQ(get_text(*engine, "a"), "2");
}

TEST_F(SqliteEngine, ManySnapshotsAreOpenAtOnceUpToABound) {
    set("a", "1");
    const std::size_t most =
        options_for("").readers + turntable::sql::ReaderPool::extra_readers_max;
    std::vector<kv::sqlite::ReadTransaction> open;
    for (std::size_t i = 0; i < most; ++i) {
        auto one = engine->begin_read();
        ASSERT_TRUE(one) << i << one.error().to_string();
        open.push_back(*std::move(one));
    }
    EXPECT_EQ(engine->begin_read().error().code(), ErrorCode::busy);
    open.pop_back();
    EXPECT_EQ(get_text(*engine, "a"), "1");
    EXPECT_TRUE(engine->begin_read());
}

TEST_F(SqliteEngine, AWaitingReaderGoesOnWhenOneIsGivenBack) {
    const kv::SqliteOptions options = patient_options_for(folder / "kv.db");
    engine = make_engine(options);
    set("a", "1");
    std::vector<kv::sqlite::ReadTransaction> open;
    while (open.size() < options.readers + turntable::sql::ReaderPool::extra_readers_max) {
        open.push_back(*engine->begin_read());
    }
    std::string seen;
    std::thread reader([&] { seen = get_text(*engine, "a"); });
    open.clear();
    reader.join();
    EXPECT_EQ(seen, "1");
}

TEST_F(SqliteEngine, TheCommitCounterIsPartOfTheTransaction) {
    {
        auto write = engine->begin_write();
        EXPECT_EQ(*write->last_version(), 0U);
        ASSERT_TRUE(write->set_last_version(41));
    }
    {
        auto write = engine->begin_write();
        EXPECT_EQ(*write->last_version(), 0U);
        ASSERT_TRUE(write->set_last_version(42));
        ASSERT_TRUE(write->commit());
    }
    EXPECT_EQ(*engine->begin_read()->last_version(), 42U);
}

TEST_F(SqliteEngine, FindsExpiredRecordsByTime) {
    ASSERT_TRUE(put(*engine, "never", record("1")));
    ASSERT_TRUE(put(*engine, "late", record("1", 1, 300)));
    ASSERT_TRUE(put(*engine, "zero", record("1", 1, 0)));
    ASSERT_TRUE(put(*engine, "soon", record("1", 1, 200)));
    auto write = engine->begin_write();
    std::string keys;
    auto visit = [&](ByteView key, const Record&) {
        keys += key.to_string() + " ";
        return true;
    };
    ASSERT_TRUE(write->expired(200, visit));
    EXPECT_EQ(keys, "zero soon ");
    EXPECT_EQ(*write->next_expiry(), 0);
    ASSERT_TRUE(write->remove("zero"));
    EXPECT_EQ(*write->next_expiry(), 200);
    ASSERT_TRUE(write->remove("soon"));
    ASSERT_TRUE(write->remove("late"));
    EXPECT_EQ(*write->next_expiry(), std::nullopt);
}

QueueRow message(std::int64_t time_ms, const std::string& id) {
    return {time_ms, id, Bytes::take("payload of " + id), {1, 2}, {std::string("k\0\xff", 3), ""}};
}

TEST_F(SqliteEngine, QueueRowsComeByTimeThenId) {
    auto write = engine->begin_write();
    ASSERT_TRUE(write->queue_insert(QueueTable::waiting, message(200, "x")));
    ASSERT_TRUE(write->queue_insert(QueueTable::waiting, message(100, "b")));
    ASSERT_TRUE(write->queue_insert(QueueTable::waiting, message(100, "a")));
    EXPECT_EQ(*write->queue_next_time(QueueTable::waiting), 100);
    EXPECT_EQ(*write->queue_next_time(QueueTable::running), std::nullopt);
    EXPECT_FALSE(*write->queue_first(QueueTable::waiting, 99));
    const auto first = write->queue_first(QueueTable::waiting, 100);
    ASSERT_TRUE(first && *first);
    EXPECT_EQ((*first)->id, "a");
    EXPECT_EQ((*first)->time_ms, 100);
    EXPECT_EQ((*first)->payload.text(), "payload of a");
    EXPECT_EQ((*first)->backoff_ms, (std::vector<std::uint32_t>{1, 2}));
    EXPECT_EQ((*first)->keys_if_undelivered, message(0, "").keys_if_undelivered);
    ASSERT_TRUE(write->queue_remove(QueueTable::waiting, **first));
    EXPECT_EQ((*write->queue_first(QueueTable::waiting, 1000))->id, "b");
}

TEST_F(SqliteEngine, ARunningMessageIsFoundByItsId) {
    auto write = engine->begin_write();
    ASSERT_TRUE(write->queue_insert(QueueTable::waiting, message(1, "w")));
    ASSERT_TRUE(write->queue_insert(QueueTable::running, message(2, "r")));
    EXPECT_FALSE(*write->queue_find("w"));
    EXPECT_EQ((*write->queue_find("r"))->time_ms, 2);
    EXPECT_EQ((*write->queue_first(QueueTable::running, 2))->id, "r");
}

TEST_F(SqliteEngine, SeesThatOthersCommittedAndNotItself) {
    ASSERT_TRUE(engine->connect());
    auto other = make_engine(folder / "kv.db");
    set("a", "1");
    EXPECT_EQ(*engine->changed_by_others(), false);
    ASSERT_TRUE(put(*other, "b", record("1")));
    EXPECT_EQ(*engine->changed_by_others(), true);
    EXPECT_EQ(*engine->changed_by_others(), false);
    set("a", "2");
    EXPECT_EQ(*engine->changed_by_others(), false);
    EXPECT_EQ(*other->changed_by_others(), true);
}

TEST_F(SqliteEngine, DoesNotForgetOthersOverACommitOfItsOwn) {
    ASSERT_TRUE(engine->connect());
    auto other = make_engine(folder / "kv.db");
    ASSERT_TRUE(put(*other, "b", record("1")));
    set("a", "1");
    EXPECT_EQ(*engine->changed_by_others(), true);
}

TEST_F(SqliteEngine, AskingForOthersDoesNotWaitForAnOpenTransaction) {
    ASSERT_TRUE(engine->connect());
    auto other = make_engine(folder / "kv.db");
    ASSERT_TRUE(put(*other, "b", record("1")));
    auto write = engine->begin_write();
    EXPECT_EQ(*engine->changed_by_others(), true);
    EXPECT_EQ(*engine->changed_by_others(), false);
}

TEST_F(SqliteEngine, WritesOfTwoEnginesExcludeEachOther) {
    auto other = make_engine(folder / "kv.db");
    ASSERT_TRUE(other->connect());
    {
        auto write = engine->begin_write();
        ASSERT_TRUE(write);
        const auto refused = other->begin_write();
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::busy);
        EXPECT_EQ(refused.error().retry(), turntable::Retry::temporary);
        EXPECT_EQ(refused.error().backend_code(), SQLITE_BUSY);
    }
    EXPECT_TRUE(other->begin_write());
}

TEST_F(SqliteEngine, ThreadsReadWholeStatesWhileOneWrites) {
    // A reader's connection takes a lock for a moment while it is opened.
    engine = make_engine(patient_options_for(folder / "kv.db"));
    set("a", "0");
    set("b", "0");
    std::atomic<bool> stop{false};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            while (!stop.load()) {
                auto read = engine->begin_read();
                ASSERT_TRUE(read) << read.error().to_string();
                ASSERT_EQ((*read->get("a"))->data, (*read->get("b"))->data);
                ASSERT_FALSE(get_text(*engine, "a").starts_with("!"));
            }
        });
    }
    for (int i = 1; i <= 200; ++i) {
        auto write = engine->begin_write();
        ASSERT_TRUE(write->put("a", record(std::to_string(i))));
        ASSERT_TRUE(write->put("b", record(std::to_string(i))));
        ASSERT_TRUE(write->commit());
    }
    stop.store(true);
    for (std::thread& reader : readers) {
        reader.join();
    }
}

TEST_F(SqliteEngine, ACleanEndLeavesOneFile) {
    set("a", "1");
    EXPECT_TRUE(std::filesystem::exists(folder / "kv.db-wal"));
    engine.reset();
    EXPECT_FALSE(std::filesystem::exists(folder / "kv.db-wal"));
    EXPECT_FALSE(std::filesystem::exists(folder / "kv.db-shm"));
    engine = make_engine(folder / "kv.db");
    EXPECT_EQ(get_text(*engine, "a"), "1");
}

TEST_F(SqliteEngine, TemporaryDatabasesArePrivateAndLeaveNothing) {
    auto first = make_engine(":memory:");
    auto second = make_engine(":memory:");
    ASSERT_TRUE(put(*first, "a", record("1")));
    EXPECT_EQ(get_text(*second, "a"), "-");
    const std::filesystem::path file = first->path();
    EXPECT_TRUE(std::filesystem::exists(file));
    first.reset();
    EXPECT_FALSE(std::filesystem::exists(file.parent_path()));
    EXPECT_FALSE(std::filesystem::exists(":memory:"));
}

TEST_F(SqliteEngine, ANameThatStartsWithAColonIsAFile) {
    const auto old = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    EXPECT_TRUE(put(*make_engine(":x"), "a", record("1")));
    EXPECT_TRUE(std::filesystem::exists(folder / ":x"));
    std::filesystem::current_path(old);
}

}  // namespace
}  // namespace sqlite_test
