#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "crash/small_disk.hpp"
#include "support/open_sqlite.hpp"
#include "support/sqlite_rows.hpp"

// sqlite: on a disk that is full.
namespace turntable::test {
namespace {

class DiskFull : public SmallDisk {
  protected:
    std::string file() const { return SmallDisk::file("kv.sqlite3"); }
};

TEST_F(DiskFull, IsAClearErrorAndNothingIsLostAndItPasses) {
    auto db = open_sqlite(file());
    ASSERT_TRUE(db) << db.error().to_string();
    int count = write_until_full(*db);
    EXPECT_GT(count, 20);
    expect_entries(*db, count);
    // Still full, still clear.
    EXPECT_EQ(write_until_full(*db, count), count);
    expect_entries(*db, count);
    free_ballast();
    const int more = write_until_full(*db, count);
    EXPECT_GT(more, count + 10) << "the freed space was not used";
    expect_entries(*db, more);
    ASSERT_TRUE(db->close());
    EXPECT_EQ(sqlite_rows(file(), "pragma integrity_check")[0][0], "ok");
    db = open_sqlite(file());
    ASSERT_TRUE(db) << db.error().to_string();
    expect_entries(*db, more);
}

TEST_F(DiskFull, WritersAtTheSameTimeEachKnowWhatBecameOfTheirs) {
    const auto db = open_sqlite(file());
    ASSERT_TRUE(db) << db.error().to_string();
    std::mutex mutex;
    std::map<int, int> written;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&, thread] {
                int number = 0;
                while (number < 5000) {
                    const auto done = db->set({"t", thread, number}, value_of(number));
                    if (!done) {
                        EXPECT_EQ(done.error().code(), ErrorCode::no_space)
                            << done.error().to_string();
                        break;
                    }
                    ++number;
                }
                const std::scoped_lock guard(mutex);
                written[thread] = number;
            });
        }
    }
    for (const auto& [thread, count] : written) {
        EXPECT_EQ(*db->count(kv::prefix({"t", thread})), static_cast<unsigned>(count));
    }
    free_ballast();
    const auto done = db->set("after", "x");
    EXPECT_TRUE(done) << done.error().to_string();
}

// A snapshot keeps the log from being emptied, so overwriting one entry fills the disk too.
TEST_F(DiskFull, ALogThatASnapshotHoldsIsEmptiedAfterIt) {
    auto db = open_sqlite(file());
    ASSERT_TRUE(db) << db.error().to_string();
    // Free pages inside the file, so that moving the log into it does not make the file longer.
    ASSERT_TRUE(db->set("room", std::string(100'000, 'r')));
    ASSERT_TRUE(db->remove("room"));
    ASSERT_TRUE(db->set("k", "first"));
    ASSERT_TRUE(db->close());
    db = open_sqlite(file());
    ASSERT_TRUE(db) << db.error().to_string();
    int last = 0;
    {
        const auto snapshot = db->snapshot();
        ASSERT_TRUE(snapshot) << snapshot.error().to_string();
        while (last < 5000) {
            const auto done = db->set("k", value_of(last));
            if (!done) {
                EXPECT_EQ(done.error().code(), ErrorCode::no_space) << done.error().to_string();
                break;
            }
            ++last;
        }
        ASSERT_LT(last, 5000) << "the log did not grow";
        EXPECT_EQ(*(*snapshot->get("k"))->value.as_text(), "first");
        EXPECT_EQ(*(*db->get("k"))->value.as_text(), value_of(last - 1));
    }
    for (int i = 0; i < 1000; ++i) {
        const auto done = db->set("k", value_of(i));
        ASSERT_TRUE(done) << "write " << i << ": " << done.error().to_string();
    }
    EXPECT_EQ(*(*db->get("k"))->value.as_text(), value_of(999));
}

TEST_F(DiskFull, ANewFileIsMadeOnceThereIsSpace) {
    std::ofstream filler(disk_ + "/filler");
    const std::string block(4096, 'f');
    while (filler << block << std::flush) {
    }
    filler.close();
    const auto refused = open_sqlite(file());
    if (refused) {
        // Opening may put off what needs space until the first use.
        const auto done = refused->set("k", "v");
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code(), ErrorCode::no_space) << done.error().to_string();
    } else {
        EXPECT_EQ(refused.error().code(), ErrorCode::no_space) << refused.error().to_string();
    }
    free_ballast();
    const auto db = open_sqlite(file());
    ASSERT_TRUE(db) << db.error().to_string();
    EXPECT_TRUE(db->set("k", "v"));
}

}  // namespace
}  // namespace turntable::test
