#include <gtest/gtest.h>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "crash/content.hpp"
#include "support/child_process.hpp"
#include "support/open_sqlite.hpp"
#include "support/sqlite_rows.hpp"
#include "support/temp_folder.hpp"
#include "turntable/kv/js_value.hpp"

// A process that writes is killed; the file is opened again and must hold every write that was
// acknowledged, and of the others each one whole or not at all.
namespace turntable::test {
namespace {

constexpr int writers = 3;
constexpr std::uint64_t seed = 1;

/// What a writer was told: the versionstamp of each write, by number.
using Acknowledged = std::map<int, std::vector<kv::Versionstamp>>;

std::vector<std::string> writer_command(const std::string& file, const std::string& settings,
                                        int first, int count, long kill_at_call) {
    return {CRASH_WRITER,
            file,
            settings,
            std::to_string(seed),
            std::to_string(first),
            std::to_string(count),
            std::to_string(kill_at_call)};
}

void read_acknowledged(const std::string& line, Acknowledged& acknowledged) {
    std::istringstream words(line);
    int writer = 0;
    std::size_t number = 0;
    std::string stamp;
    words >> writer >> number >> stamp;
    const auto parsed = kv::Versionstamp::parse(stamp);
    ASSERT_TRUE(parsed) << line;
    ASSERT_EQ(acknowledged[writer].size(), number);
    acknowledged[writer].push_back(*parsed);
}

/// One writer's part of a file that was opened again. Gives how many of its writes are there.
class WriterCheck {
  public:
    WriterCheck(const kv::Database& db, int writer, std::vector<kv::Versionstamp> acknowledged)
        : db_(db), writer_(writer), acknowledged_(std::move(acknowledged)) {}

    int run() {
        int number = 0;
        kv::Versionstamp last;
        while (const auto stamp = stamp_of(number)) {
            EXPECT_GT(*stamp, last) << name(number);
            last = *stamp;
            ++number;
        }
        const int told = static_cast<int>(acknowledged_.size());
        EXPECT_GE(number, told) << "writer " << writer_ << " lost acknowledged writes";
        EXPECT_LE(number, told + 1) << "writer " << writer_;
        EXPECT_EQ(*db_.count(kv::prefix({"w", writer_})), parts_);
        const auto counter = db_.get(Written{seed, writer_, 0}.counter());
        EXPECT_TRUE(counter);
        EXPECT_EQ(counter && *counter ? *(*counter)->value.as_u64() : 0U,
                  static_cast<unsigned>(number));
        EXPECT_EQ(*db_.count(kv::prefix({"place", writer_})), number == 0 ? 0U : 1U);
        EXPECT_TRUE(number == 0 || *db_.get(Written{seed, writer_, number - 1}.place()));
        return number;
    }

  private:
    std::string name(int number) const {
        return "writer " + std::to_string(writer_) + " write " + std::to_string(number);
    }

    /// None: the write is not there.
    std::optional<kv::Versionstamp> stamp_of(int number) {
        const Written written{seed, writer_, number};
        std::optional<kv::Versionstamp> stamp;
        for (int part = 0; part < written.parts(); ++part) {
            const auto entry = db_.get(written.key(part));
            EXPECT_TRUE(entry) << entry.error().to_string();
            EXPECT_EQ(part == 0 || stamp.has_value(), part == 0 || (entry && *entry))
                << name(number) << " is there in parts";
            if (!entry || !*entry) {
                continue;
            }
            EXPECT_EQ(*(*entry)->value.as_text(), written.value(part)) << name(number);
            EXPECT_TRUE(!stamp || *stamp == (*entry)->versionstamp) << name(number);
            stamp = (*entry)->versionstamp;
            ++parts_;
        }
        const auto index = static_cast<std::size_t>(number);
        if (stamp && index < acknowledged_.size()) {
            EXPECT_EQ(*stamp, acknowledged_[index]) << name(number);
        }
        return stamp;
    }

    const kv::Database& db_;
    int writer_;
    std::vector<kv::Versionstamp> acknowledged_;
    std::uint64_t parts_ = 0;
};

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
    std::uint64_t total = 0;
    std::set<std::string> messages;
    for (const auto& [writer, stamps] : acknowledged) {
        const int count = WriterCheck(*db, writer, stamps).run();
        total += static_cast<std::uint64_t>(count);
        for (int number = 0; number < count; ++number) {
            const Written written{seed, writer, number};
            if (written.has_message()) {
                messages.insert(written.message());
            }
        }
    }
    const auto counted = db->get("total");
    ASSERT_TRUE(counted);
    EXPECT_EQ(*counted ? *(*counted)->value.as_u64() : 0U, total);
    EXPECT_EQ(messages_in(file), messages);
    EXPECT_EQ(sqlite_rows(file, "select count(*) from queue_running")[0][0], "0");
    EXPECT_EQ(sqlite_rows(file, "pragma integrity_check")[0][0], "ok");
    // Later commits are later.
    const auto next = db->set("after", "x");
    ASSERT_TRUE(next) << next.error().to_string();
    for (const auto& [writer, stamps] : acknowledged) {
        EXPECT_TRUE(stamps.empty() || stamps.back() < *next);
    }
}

int rounds_asked() {
    const char* text = std::getenv("TURNTABLE_CRASH_ROUNDS");
    return text == nullptr ? 20 : static_cast<int>(std::strtol(text, nullptr, 10));
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
    /// Lets writers write until something kills them, from outside or from within.
    void run_writers(int first, std::uint64_t random) {
        const bool from_within = random % 2 == 1;
        const long call = from_within ? static_cast<long>(1 + random / 2 % 3000) : 0;
        const auto enough = static_cast<std::size_t>(1 + random / 2 % 150);
        ChildProcess child(writer_command(file_, GetParam().settings, first, writers, call));
        std::size_t told = 0;
        for (int writer = first; writer < first + writers; ++writer) {
            acknowledged_[writer];
        }
        while (const auto line = child.read_line()) {
            read_acknowledged(*line, acknowledged_);
            ++told;
            if (!from_within && told == enough) {
                child.kill();
            }
        }
        EXPECT_EQ(child.wait(), -SIGKILL);
        std::cout << (from_within ? "killed itself at call " + std::to_string(call)
                                  : "killed after " + std::to_string(enough))
                  << ": " << told << " acknowledged\n";
    }

    TempFolder folder_;
    std::string file_ = folder_.file("kv.sqlite3");
    Acknowledged acknowledged_;
};

TEST_P(Crash, EveryAcknowledgedWriteIsThereAndEveryOtherOneWholeOrAbsent) {
    std::mt19937_64 random(seed);
    const int rounds = std::max(1, rounds_asked() / GetParam().share);
    for (int round = 0; round < rounds; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        run_writers(round * writers, random());
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
            const int status = run_program(writer_command(file, "", 0, 0, call)).first;
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
