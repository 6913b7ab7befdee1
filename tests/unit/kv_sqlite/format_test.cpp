// The file is Deno's: its schema to the letter, its rows, its older versions, its replicas.

#include <thread>

#include "unit/kv_sqlite/files.hpp"

namespace sqlite_test {
namespace {

// As `sqlite3 FILE` prints it for a file that Deno 2.9.6 made.
constexpr const char* deno_file = R"(table|migration_state|2|CREATE TABLE migration_state(
  k integer not null primary key,
  version integer not null
)
table|data_version|3|CREATE TABLE data_version (
  k integer primary key,
  version integer not null
, seq integer not null default 0)
table|kv|4|CREATE TABLE kv (
  k blob primary key,
  v blob not null,
  v_encoding integer not null,
  version integer not null
, seq integer not null default 0, expiration_ms integer not null default -1) without rowid
table|queue|5|CREATE TABLE queue (
  ts integer not null,
  id text not null,
  data blob not null,
  backoff_schedule text not null,
  keys_if_undelivered blob not null,

  primary key (ts, id)
)
index|sqlite_autoindex_queue_1|6|NULL
table|queue_running|7|CREATE TABLE queue_running(
  deadline integer not null,
  id text not null,
  data blob not null,
  backoff_schedule text not null,
  keys_if_undelivered blob not null,

  primary key (deadline, id)
)
index|sqlite_autoindex_queue_running_1|8|NULL
index|kv_expiration_ms_idx|9|CREATE INDEX kv_expiration_ms_idx on kv (expiration_ms)
)";

constexpr const char* schema_query = "select type, name, rootpage, sql from sqlite_schema";

TEST(SqliteFormat, ANewFileHasTheSchemaThatDenoWrites) {
    const Folder folder;
    ASSERT_TRUE(make_engine(folder / "kv.db")->connect());
    RawDatabase raw(folder / "kv.db");
    EXPECT_EQ(raw.query(schema_query), deno_file);
    EXPECT_EQ(raw.query("select * from migration_state"), "0|3\n");
    EXPECT_EQ(raw.query("select * from data_version"), "0|0|0\n");
    EXPECT_EQ(raw.query("pragma journal_mode"), "wal\n");
    EXPECT_EQ(raw.query("pragma page_size"), "4096\n");
    EXPECT_EQ(raw.query("pragma user_version"), "0\n");
    EXPECT_EQ(raw.query("pragma application_id"), "0\n");
    EXPECT_EQ(raw.query("pragma auto_vacuum"), "0\n");
    EXPECT_EQ(raw.query("pragma encoding"), "UTF-8\n");
}

TEST(SqliteFormat, EntriesAreRowsOfKv) {
    const Folder folder;
    ASSERT_TRUE(put(*make_engine(folder / "kv.db"), "key", record("value", 7, 99)));
    RawDatabase raw(folder / "kv.db");
    EXPECT_EQ(raw.query("select typeof(k), quote(k), typeof(v), quote(v), v_encoding, version, "
                        "seq, expiration_ms from kv"),
              "blob|X'6B6579'|blob|X'76616C7565'|3|7|0|99\n");
}

TEST(SqliteFormat, MessagesAreRowsOfTheQueueTables) {
    const Folder folder;
    auto engine = make_engine(folder / "kv.db");
    {
        auto write = engine->begin_write();
        const kv::QueueRow row{1795324439575,
                               "4d06bd66-c5f6-491e-a874-2ee6cc38d60b",
                               Bytes::take("\xff\x10"),
                               {100, 1000},
                               {std::string("\2dl\0", 4)}};
        const kv::QueueRow bare{5, "id", Bytes::take("x"), {}, {}};
        ASSERT_TRUE(write->queue_insert(kv::QueueTable::waiting, row));
        ASSERT_TRUE(write->queue_insert(kv::QueueTable::running, bare));
        ASSERT_TRUE(write->commit());
    }
    RawDatabase raw(folder / "kv.db");
    EXPECT_EQ(raw.query("select ts, typeof(id), id, quote(data), typeof(backoff_schedule), "
                        "backoff_schedule, typeof(keys_if_undelivered), keys_if_undelivered "
                        "from queue"),
              "1795324439575|text|4d06bd66-c5f6-491e-a874-2ee6cc38d60b|X'FF10'|text|[100,1000]|"
              "text|[[2,100,108,0]]\n");
    EXPECT_EQ(raw.query("select deadline, backoff_schedule, keys_if_undelivered "
                        "from queue_running"),
              "5|[]|[]\n");
}

class SqliteUpgrade : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Versions, SqliteUpgrade, testing::Values(1, 2, 3));

TEST_P(SqliteUpgrade, BringsAnOlderFileToVersion3AndKeepsItsEntries) {
    const Folder folder;
    {
        RawDatabase raw(folder / "kv.db");
        raw.run(deno_schema(GetParam()));
        raw.run(
            "insert into kv (k, v, v_encoding, version) values (x'61', x'31', 3, 9);"
            "update data_version set version = 9");
    }
    auto engine = make_engine(folder / "kv.db");
    const auto found = engine->get("a");
    ASSERT_TRUE(found && *found) << found.error().to_string();
    EXPECT_EQ((*found)->version, 9U);
    EXPECT_EQ((*found)->expire_at_ms, kv::never_expires);
    EXPECT_EQ(*engine->begin_read()->last_version(), 9U);
    engine.reset();
    RawDatabase raw(folder / "kv.db");
    EXPECT_EQ(raw.query("select type, name, sql from sqlite_schema order by name"), [] {
        const Folder fresh;
        EXPECT_TRUE(make_engine(fresh / "kv.db")->connect());
        return RawDatabase(fresh / "kv.db")
            .query("select type, name, sql from sqlite_schema order by name");
    }());
    EXPECT_EQ(raw.query("select * from migration_state"), "0|3\n");
    EXPECT_EQ(raw.query("pragma integrity_check"), "ok\n");
}

TEST_P(SqliteUpgrade, AnOlderFileIsNotUpgradedByReading) {
    const Folder folder;
    RawDatabase(folder / "kv.db").run(deno_schema(GetParam()));
    const std::string before = read_file(folder / "kv.db");
    kv::SqliteOptions options = options_for(folder / "kv.db");
    options.read_only = true;
    const auto opened = make_engine(options)->connect();
    if (GetParam() == 3) {
        EXPECT_TRUE(opened);
    } else {
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code(), ErrorCode::invalid_config);
        EXPECT_NE(opened.error().message().find("without read_only"), std::string::npos);
    }
    EXPECT_EQ(read_file(folder / "kv.db"), before);
}

TEST(SqliteFormat, AnEmptyFileBecomesADatabase) {
    const Folder folder;
    write_file(folder / "kv.db", "");
    EXPECT_TRUE(put(*make_engine(folder / "kv.db"), "a", record("1")));
}

TEST(SqliteFormat, MigrationsThatStoppedBeforeTheFirstGoOn) {
    const Folder folder;
    RawDatabase(folder / "kv.db")
        .run(
            "create table migration_state(k integer not null primary key, "
            "version integer not null)");
    EXPECT_TRUE(put(*make_engine(folder / "kv.db"), "a", record("1")));
}

TEST(SqliteFormat, ManyThreadsMayOpenANewFileAtOnce) {
    for (int round = 0; round < 10; ++round) {
        const Folder folder;
        std::vector<std::thread> threads;
        std::atomic<int> opened{0};
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, i] {
                kv::SqliteOptions options = options_for(folder / "kv.db");
                options.busy_timeout = std::chrono::seconds(60);
                const auto engine = make_engine(options);
                const auto done = put(*engine, std::to_string(i), record("1"));
                EXPECT_TRUE(done) << done.error().to_string();
                opened += done.has_value();
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        ASSERT_EQ(opened, 4);
        RawDatabase raw(folder / "kv.db");
        EXPECT_EQ(raw.query("select count(*) from kv"), "4\n");
        EXPECT_EQ(raw.query(schema_query), deno_file);
    }
}

// What denokv makes when it follows a hosted database.
constexpr const char* replica =
    "create view migration_state as select 0 as k, 3 as version;"
    "create table data_version (k integer primary key, version integer not null,"
    "  seq integer not null default 0);"
    "insert into data_version (k, version) values (0, 12);"
    "create table kv_snapshot (k blob primary key, v blob not null, v_encoding integer not null,"
    "  version integer not null, seq integer not null default 0,"
    "  expiration_ms integer not null default -1) without rowid;"
    "create view kv as select k, v, v_encoding, version, seq, expiration_ms from kv_snapshot;"
    "create table tt_config (k text not null primary key, v text not null) without rowid;"
    "insert into kv_snapshot (k, v, v_encoding, version) values (x'61', x'31', 3, 5);";

TEST(SqliteFormat, AReplicaIsReadAndNotWritten) {
    const Folder folder;
    RawDatabase(folder / "kv.db").run(replica);
    const std::string before = read_file(folder / "kv.db");
    auto engine = make_engine(folder / "kv.db");
    EXPECT_EQ(get_text(*engine, "a"), "1");
    EXPECT_TRUE(engine->read_only());
    {
        auto read = engine->begin_read();
        ASSERT_TRUE(read);
        EXPECT_EQ(scan_text(*read, "", "z"), "a=1");
        EXPECT_EQ(*read->last_version(), 12U);
    }
    EXPECT_EQ(put(*engine, "a", record("2")).error().code(), ErrorCode::permission_denied);
    EXPECT_EQ(*engine->changed_by_others(), false);
    engine.reset();
    EXPECT_EQ(read_file(folder / "kv.db"), before);
}

TEST(SqliteFormat, ReadingOnlyChangesNothingAndLeavesNothing) {
    const Folder folder;
    ASSERT_TRUE(put(*make_engine(folder / "kv.db"), "a", record("1")));
    const std::string before = read_file(folder / "kv.db");
    kv::SqliteOptions options = options_for(folder / "kv.db");
    options.read_only = true;
    auto engine = make_engine(options);
    EXPECT_EQ(get_text(*engine, "a"), "1");
    EXPECT_EQ(put(*engine, "a", record("2")).error().code(), ErrorCode::permission_denied);
    {
        auto other = make_engine(folder / "kv.db");
        ASSERT_TRUE(put(*other, "a", record("2")));
        EXPECT_EQ(get_text(*engine, "a"), "2");
        EXPECT_EQ(*engine->changed_by_others(), true);
        ASSERT_TRUE(put(*other, "a", record("1")));
    }
    engine.reset();
    EXPECT_FALSE(std::filesystem::exists(folder / "kv.db-wal"));
    EXPECT_FALSE(std::filesystem::exists(folder / "kv.db-shm"));
    engine = make_engine(options);
    EXPECT_EQ(get_text(*engine, "a"), "1");
}

}  // namespace
}  // namespace sqlite_test
