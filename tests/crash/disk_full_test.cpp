#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "support/open_sqlite.hpp"
#include "support/sqlite_rows.hpp"
#include "support/temp_folder.hpp"

// A disk that is really full: a file system of 2 MiB in memory.
namespace turntable::test {
namespace {

bool write_text(const char* path, const std::string& text) {
    std::ofstream file(path);
    file << text << std::flush;
    return file.good();
}

/// Enters a mount namespace of its own, so that nothing is left mounted whatever happens: as root,
/// else as root of a user namespace. Gives why it could not.
std::string enter_own_namespace() {
    const std::string user = std::to_string(::getuid());
    const std::string group = std::to_string(::getgid());
    if (::unshare(CLONE_NEWNS) != 0) {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
            return std::string("no mount namespace: ") + std::strerror(errno);
        }
        if (!write_text("/proc/self/setgroups", "deny") ||
            !write_text("/proc/self/uid_map", "0 " + user + " 1") ||
            !write_text("/proc/self/gid_map", "0 " + group + " 1")) {
            return "no root in a user namespace";
        }
    }
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return std::string("no private mounts: ") + std::strerror(errno);
    }
    return "";
}

class DiskFull : public testing::Test {
  protected:
    static constexpr std::size_t ballast_bytes = 512 * 1024;

    void SetUp() override {
        static const std::string no_namespace = enter_own_namespace();
        if (!no_namespace.empty()) {
            GTEST_SKIP() << "cannot mount a small disk: " << no_namespace;
        }
        disk_ = folder_.file("disk");
        ASSERT_EQ(::mkdir(disk_.c_str(), 0755), 0);
        if (::mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=2m,mode=755") != 0) {
            GTEST_SKIP() << "cannot mount a small disk: " << std::strerror(errno);
        }
        mounted_ = true;
        fill_ballast();
    }
    void TearDown() override {
        if (mounted_) {
            EXPECT_EQ(::umount2(disk_.c_str(), MNT_DETACH), 0);
        }
    }

    /// Space that a test frees later.
    void fill_ballast() const {
        std::ofstream(disk_ + "/ballast") << std::string(ballast_bytes, 'b');
    }
    void free_ballast() const { ASSERT_EQ(::unlink((disk_ + "/ballast").c_str()), 0); }
    std::string file() const { return disk_ + "/kv.sqlite3"; }

    static std::string value_of(int number) {
        return std::to_string(number) + std::string(5000, static_cast<char>('a' + number % 26));
    }
    /// Writes until it fails; gives how many writes were acknowledged.
    static int write_until_full(const kv::Database& db, int first = 0) {
        constexpr int writes_max = 5000;
        for (int number = first; number < writes_max; ++number) {
            auto write = db.atomic();
            write.set({"n", number}, value_of(number)).set({"m", number}, "other part");
            const auto result = write.commit();
            if (!result) {
                EXPECT_EQ(result.error().code(), ErrorCode::no_space) << result.error().to_string();
                return number;
            }
        }
        ADD_FAILURE() << "the disk did not fill up";
        return writes_max;
    }
    /// Exactly the first `count` writes are there, each one whole.
    static void expect_entries(const kv::Database& db, int count) {
        for (int number = 0; number < count; ++number) {
            const auto entry = db.get({"n", number});
            ASSERT_TRUE(entry && *entry) << number;
            ASSERT_EQ(*(*entry)->value.as_text(), value_of(number));
        }
        EXPECT_EQ(*db.count(kv::prefix("n")), static_cast<unsigned>(count));
        EXPECT_EQ(*db.count(kv::prefix("m")), static_cast<unsigned>(count));
    }

    TempFolder folder_;
    std::string disk_;
    bool mounted_ = false;
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
