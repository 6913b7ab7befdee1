#ifdef TURNTABLE_TEST_LMDB
#include <map>
#include <mutex>
#include <thread>

#include "crash/small_disk.hpp"
#include "support/engines.hpp"

// lmdb: on a disk that is full.
namespace turntable::test {
namespace {

class LmdbDiskFull : public SmallDisk {
  protected:
    Result<kv::Database> open() const {
        return open_engine("lmdb:" + file("kv") + "?verify=always");
    }
};

TEST_F(LmdbDiskFull, IsAClearErrorAndNothingIsLostAndItPasses) {
    auto db = open();
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
    db = open();
    ASSERT_TRUE(db) << db.error().to_string();
    expect_entries(*db, more);
}

TEST_F(LmdbDiskFull, RemovingWorksAndMakesRoom) {
    const auto db = open();
    ASSERT_TRUE(db) << db.error().to_string();
    const int count = write_until_full(*db);
    for (int number = 0; number < count / 2; ++number) {
        const auto removed = db->remove({"n", number});
        ASSERT_TRUE(removed) << number << " " << removed.error().to_string();
    }
    for (int number = 0; number < count / 4; ++number) {
        const auto done = db->set({"again", number}, value_of(number));
        ASSERT_TRUE(done) << number << " " << done.error().to_string();
    }
}

TEST_F(LmdbDiskFull, WritersAtTheSameTimeEachKnowWhatBecameOfTheirs) {
    const auto db = open();
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

TEST_F(LmdbDiskFull, ANewFolderIsMadeOnceThereIsSpace) {
    std::ofstream filler(disk_ + "/filler");
    const std::string block(4096, 'f');
    while (filler << block << std::flush) {
    }
    filler.close();
    {
        const auto refused = open();
        const auto done = refused ? refused->set("k", "v") : refused.error();
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code(), ErrorCode::no_space) << done.error().to_string();
    }
    free_ballast();
    const auto db = open();
    ASSERT_TRUE(db) << db.error().to_string();
    const auto done = db->set("k", "v");
    EXPECT_TRUE(done) << done.error().to_string();
}

}  // namespace
}  // namespace turntable::test
#endif
