// Damage inside a file that opens: found and named, or harmless; never a crash.

#include <map>

#include "unit/kv_sqlite/files.hpp"

namespace sqlite_test {
namespace {

class SqliteDamage : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(put(*engine, "a", record("1")));
        ASSERT_TRUE(put(*engine, "bad", record("2")));
        ASSERT_TRUE(put(*engine, "c", record("3")));
    }
    std::string scan_all() {
        auto read = engine->begin_read();
        return scan_text(*read, "", "z");
    }

    Folder folder;
    std::unique_ptr<kv::sqlite::Engine> engine = make_engine(folder / "kv.db");
};

class SqliteBadValue : public SqliteDamage,
                       public testing::WithParamInterface<std::pair<const char*, const char*>> {};
INSTANTIATE_TEST_SUITE_P(
    Kinds, SqliteBadValue,
    testing::Values(std::pair("v_encoding = 0", "unknown encoding 0"),
                    std::pair("v_encoding = 4", "unknown encoding 4"),
                    std::pair("v_encoding = 2, v = x'01'", "counter of 1 bytes"),
                    std::pair("v_encoding = 2, v = x'010203040506070809'", "counter of 9 bytes"),
                    std::pair("v = 'text'", "not a blob"), std::pair("v = 5", "not a blob")));

TEST_P(SqliteBadValue, FailsTheReadThatMeetsItAndNamesItsKey) {
    RawDatabase(folder / "kv.db")
        .run("update kv set " + std::string(GetParam().first) + " where k = x'626164'");
    const auto found = engine->get("bad");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code(), ErrorCode::corrupt);
    EXPECT_NE(found.error().message().find(GetParam().second), std::string::npos);
    EXPECT_NE(found.error().message().find("\"626164\""), std::string::npos)
        << found.error().to_string();
    EXPECT_EQ(scan_all(), "!corrupt");
    EXPECT_EQ(get_text(*engine, "a"), "1");
    ASSERT_TRUE(put(*engine, "bad", record("whole")));
    EXPECT_EQ(scan_all(), "a=1 bad=whole c=3");
}

TEST_F(SqliteDamage, AnExpiredEntryWithABadValueCanStillGo) {
    RawDatabase(folder / "kv.db").run("update kv set v_encoding = 9, expiration_ms = 5");
    int seen = 0;
    auto count = [&](ByteView, const kv::Record&) { return ++seen > 0; };
    ASSERT_TRUE(engine->begin_write()->expired(10, count));
    EXPECT_EQ(seen, 3);
}

TEST_F(SqliteDamage, AMessageThatCannotBeReadIsNamed) {
    for (const char* change : {"backoff_schedule = '[1,'", "backoff_schedule = '[-1]'",
                               "backoff_schedule = 'null'", "keys_if_undelivered = '[[256]]'",
                               "keys_if_undelivered = '[1]'", "keys_if_undelivered = '[[1]] x'"}) {
        RawDatabase raw(folder / "kv.db");
        raw.run("delete from queue; insert into queue values (1, 'the-id', x'00', '[]', '[]')");
        raw.run("update queue set " + std::string(change));
        const auto first = engine->begin_write()->queue_first(kv::QueueTable::waiting, 5);
        ASSERT_FALSE(first) << change;
        EXPECT_EQ(first.error().code(), ErrorCode::corrupt);
        EXPECT_NE(first.error().message().find("the-id"), std::string::npos);
    }
}

TEST_F(SqliteDamage, WhiteSpaceInTheColumnsOfTheQueueIsFine) {
    RawDatabase(folder / "kv.db")
        .run(
            "insert into queue values (1, 'i', x'00', ' [ 1 , 2 ] ', cast('[ [ ] , [ 7 ] ]' as "
            "blob))");
    const auto first = engine->begin_write()->queue_first(kv::QueueTable::waiting, 5);
    ASSERT_TRUE(first && *first);
    EXPECT_EQ((*first)->backoff_ms, (std::vector<std::uint32_t>{1, 2}));
    EXPECT_EQ((*first)->keys_if_undelivered, (std::vector<std::string>{"", "\7"}));
}

/// A file with tables of several levels, and what it holds.
struct Sample {
    std::string bytes;
    std::map<std::string, std::string> entries;
    std::size_t pages;
};

constexpr std::size_t page_bytes = 4096;

const Sample& sample() {
    static const Sample made = [] {
        Sample out;
        const Folder folder;
        auto engine = make_engine(folder / "kv.db");
        auto write = engine->begin_write();
        for (int i = 0; i < 400; ++i) {
            const std::string key = "key" + std::to_string(1000 + i);
            out.entries[key] = std::string(static_cast<std::size_t>(i % 97) + 1, 'v');
            EXPECT_TRUE(write->put(key, record(out.entries[key], 1, i % 3 == 0 ? i : -1)));
        }
        out.entries["long"] = std::string(3 * page_bytes, 'w');
        EXPECT_TRUE(write->put("long", record(out.entries["long"])));
        EXPECT_TRUE(write->commit());
        {
            const auto ended = std::move(*write);
        }
        engine.reset();
        out.bytes = read_file(folder / "kv.db");
        out.pages = out.bytes.size() / page_bytes;
        return out;
    }();
    return made;
}

/// Reads everything in every way. True: all of it is right; false: an error said what is wrong.
/// Anything else fails the test.
bool read_all(kv::sqlite::Engine& engine, const std::string& where) {
    const auto allowed = [&](const turntable::Error& error) {
        EXPECT_TRUE(error.code() == ErrorCode::corrupt || error.code() == ErrorCode::unsupported ||
                    error.code() == ErrorCode::invalid_config || error.code() == ErrorCode::io)
            << where << ": " << error.to_string();
        return false;
    };
    std::map<std::string, std::string> seen;
    {
        auto read = engine.begin_read();
        if (!read) {
            return allowed(read.error());
        }
        auto visit = [&](ByteView key, const kv::Record& entry) {
            seen[key.to_string()] = entry.data.to_string();
            return true;
        };
        if (const auto done = read->scan("", "z", false, visit); !done) {
            return allowed(done.error());
        }
    }
    EXPECT_EQ(seen, sample().entries) << where;
    for (const auto& [key, data] : sample().entries) {
        const auto found = engine.get(key);
        if (!found) {
            return allowed(found.error());
        }
        EXPECT_TRUE(*found && (*found)->data.text() == data) << where << ": " << key;
    }
    return true;
}

TEST(SqliteDamagedPages, StructureIsFoundDamagedOrDoesNoHarm) {
    int found = 0;
    for (std::size_t page = 0; page < sample().pages; ++page) {
        const std::size_t start = page * page_bytes + (page == 0 ? 100 : 0);
        if (constexpr std::string_view trees("\2\5\12\15");
            !trees.contains(sample().bytes[start])) {
            continue;  // a page of a long value has no structure beyond its first bytes
        }
        // Kind of page, free block, count and start of cells, free bytes, right child, pointers.
        for (const std::size_t offset : {0U, 1U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 11U, 12U, 13U, 16U}) {
            const Folder folder;
            std::string bytes = sample().bytes;
            const auto old = static_cast<unsigned char>(bytes[start + offset]);
            bytes[start + offset] = static_cast<char>(old ^ 0x15U);
            write_file(folder / "kv.db", bytes);
            auto engine = make_engine(folder / "kv.db");
            found += read_all(*engine,
                              "page " + std::to_string(page) + " offset " + std::to_string(offset))
                         ? 0
                         : 1;
        }
    }
    EXPECT_GT(found, 100);
}

TEST(SqliteDamagedPages, AnyByteMayChangeWithoutACrash) {
    std::uint64_t state = 42;
    for (int round = 0; round < 200; ++round) {
        const Folder folder;
        std::string bytes = sample().bytes;
        for (int i = 0; i < 4; ++i) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            bytes[(state >> 20U) % bytes.size()] = static_cast<char>(state >> 56U);
        }
        write_file(folder / "kv.db", bytes);
        kv::SqliteOptions options = options_for(folder / "kv.db");
        options.verify = kv::SqliteVerify::never;
        auto engine = make_engine(options);
        if (auto read = engine->begin_read()) {
            (void)scan_text(*read, "", "z");
            (void)scan_text(*read, "", "z", true);
        }
        for (const auto& entry : sample().entries) {
            (void)engine->get(entry.first);
        }
        if (auto write = engine->begin_write()) {
            for (int i = 0; i < 50; ++i) {
                (void)write->put("new" + std::to_string(i), record(std::string(200, 'n')));
                (void)write->remove("key" + std::to_string(1000 + i));
            }
            (void)write->queue_first(kv::QueueTable::waiting, 5);
            (void)write->commit();
        }
    }
}

}  // namespace
}  // namespace sqlite_test
