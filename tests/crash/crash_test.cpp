#include <gtest/gtest.h>
#include <ostream>
#include <random>
#include <set>

#include "crash/writers.hpp"
#include "support/open_sqlite.hpp"
#include "support/sqlite_rows.hpp"
#include "support/temp_folder.hpp"
#include "turntable/kv/js_value.hpp"

// Killed writers on sqlite:, and files that are made or brought to a newer version by processes
// that are killed.
namespace turntable::test {
namespace {

std::set<std::string> messages_in(const std::string& file) {
    std::set<std::string> out;
    for (const SqliteRow& row : sqlite_rows(file, "select data from queue")) {
        const auto value = kv::decode_v8(row[0]);
        EXPECT_TRUE(value && value->text() != nullptr);
        EXPECT_TRUE(out.insert(*value->text()).second) << "a message is there twice";
    }
    return out;
}

/// Opens the file again and checks what all writers so far have written.
void check_file(const std::string& file, const std::string& settings,
                const Acknowledged& acknowledged) {
    const auto db = open_sqlite(file, settings);
    ASSERT_TRUE(db) << db.error().to_string();
    const std::set<std::string> messages = check_writes(*db, acknowledged);
    EXPECT_EQ(messages_in(file), messages);
    EXPECT_EQ(sqlite_rows(file, "select count(*) from queue_running")[0][0], "0");
    EXPECT_EQ(sqlite_rows(file, "pragma integrity_check")[0][0], "ok");
    check_next_write(*db, acknowledged);
}

struct Mode {
    const char* name;
    const char* settings;
    /// Of so many rounds this mode gets one.
    int share;

    friend std::ostream& operator<<(std::ostream& out, const Mode& mode) {
        return out << mode.name;
    }
};

class Crash : public testing::TestWithParam<Mode> {
  protected:
    TempFolder folder_;
    std::string file_ = folder_.file("kv.sqlite3");
    Acknowledged acknowledged_;
};

TEST_P(Crash, EveryAcknowledgedWriteIsThereAndEveryOtherOneWholeOrAbsent) {
    std::mt19937_64 random(seed);
    const int rounds = std::max(1, rounds_asked() / GetParam().share);
    for (int round = 0; round < rounds; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        run_writers("sqlite:" + file_ + GetParam().settings, round * writers, random(),
                    acknowledged_);
        check_file(file_, GetParam().settings, acknowledged_);
        if (HasFailure()) {
            break;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Durability, Crash,
                         testing::Values(Mode{"full", "?durability=full", 2},
                                         Mode{"normal", "?durability=normal", 4},
                                         Mode{"off", "?durability=off", 4}),
                         [](const auto& mode) { return std::string(mode.param.name); });

/// Opens a fresh copy of a file in a process that dies at its first change of a file, then in one
/// that dies at a later one, and so on until one lives to the end.
class CrashAtOpening : public testing::Test {
  protected:
    template <class Prepare, class Check>
    void die_at_each_call(const Prepare& prepare, const Check& check) {
        constexpr long calls_max = 2000;
        const long step = rounds_asked() > 20 ? 1 : 3;
        for (long call = 1; call <= calls_max; call += step) {
            SCOPED_TRACE("killed at call " + std::to_string(call));
            const TempFolder folder;
            const std::string file = folder.file("kv.sqlite3");
            prepare(file);
            const int status = run_program(writer_command("sqlite:" + file, 0, 0, call)).first;
            check(file);
            if (status == 0) {
                EXPECT_GT(call, 20) << "there is more to do than that";
                return;
            }
            ASSERT_EQ(status, -SIGKILL);
            ASSERT_FALSE(HasFailure());
        }
        FAIL() << "still not done after " << calls_max << " calls";
    }

    static void expect_works(const std::string& file) {
        const auto db = open_sqlite(file);
        ASSERT_TRUE(db) << db.error().to_string();
        const auto done = db->set("again", "yes");
        ASSERT_TRUE(done) << done.error().to_string();
        EXPECT_EQ(*(*db->get("again"))->value.as_text(), "yes");
        EXPECT_TRUE(db->close());
        EXPECT_EQ(sqlite_rows(file, "select k, version from migration_state"),
                  (std::vector<SqliteRow>{{"0", "3"}}));
        EXPECT_EQ(sqlite_rows(file,
                              "select count(*) from sqlite_schema where name in "
                              "('migration_state', 'data_version', 'kv', 'queue', "
                              "'queue_running', 'kv_expiration_ms_idx')")[0][0],
                  "6");
        EXPECT_EQ(sqlite_rows(file, "pragma integrity_check")[0][0], "ok");
    }
};

TEST_F(CrashAtOpening, ANewFileIsMadeAtTheNextOpening) {
    die_at_each_call([](const std::string&) {}, expect_works);
}

TEST_F(CrashAtOpening, AFileOfAnOlderVersionKeepsItsEntries) {
    const auto prepare = [](const std::string& file) {
        sqlite3* database = nullptr;
        ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
        const char* sql =
            "create table migration_state(k integer not null primary key,"
            " version integer not null);"
            "insert into migration_state values (0, 1);"
            "create table data_version (k integer primary key, version integer not null);"
            "insert into data_version values (0, 77);"
            "create table kv (k blob primary key, v blob not null, v_encoding integer not null,"
            " version integer not null) without rowid;"
            "insert into kv values (x'026b00', x'6f6c64', 3, 42);";
        ASSERT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(database);
    };
    die_at_each_call(prepare, [](const std::string& file) {
        {
            const auto db = open_sqlite(file);
            ASSERT_TRUE(db) << db.error().to_string();
            const auto entry = db->get("k");
            ASSERT_TRUE(entry && *entry);
            EXPECT_EQ(*(*entry)->value.as_text(), "old");
            EXPECT_EQ((*entry)->versionstamp.version(), 42U);
        }
        expect_works(file);
    });
}

}  // namespace
}  // namespace turntable::test
