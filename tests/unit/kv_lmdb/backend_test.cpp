// What users of kv::Database see of this engine: growth, values that are not copied, several
// processes.

#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

#include "turntable/kv.hpp"
#include "turntable/kv/lmdb.hpp"
#include "turntable/kv/registry.hpp"
#include "unit/kv_lmdb/files.hpp"

namespace lmdb_test {
namespace {

using turntable::Result;

Result<kv::Database> open_db(const std::string& path, const std::string& query) {
    kv::Registry registry;
    TURNTABLE_CHECK(kv::register_lmdb(registry));
    return registry.open("lmdb:" + path + "?durability=off" + query);
}

std::string block(int number) { return std::string(100'000, static_cast<char>('a' + number % 26)); }

TEST(LmdbBackend, SettingsAreChecked) {
    EXPECT_EQ(kv::open_lmdb({.path = ""}).error().code(), ErrorCode::invalid_config);
    EXPECT_EQ(kv::open_lmdb({.path = "a", .max_size = {1U << 20U}}).error().code(),
              ErrorCode::invalid_config)
        << "smaller than map_size";
    EXPECT_EQ(kv::open_lmdb({.path = std::string("a\0b", 3)}).error().code(),
              ErrorCode::invalid_config);
    EXPECT_TRUE(kv::open_lmdb({.path = "a"}));
}

TEST(LmdbBackend, TheMapGrowsByItselfAlsoForOneLargeWriteAndUnderASnapshot) {
    const TempFolder folder;
    const auto db = open_db(folder.file("kv"), "&map_size=256KiB");
    ASSERT_TRUE(db) << db.error().to_string();
    ASSERT_TRUE(db->set("first", "1"));
    const auto snapshot = db->snapshot();
    ASSERT_TRUE(snapshot);
    for (int i = 0; i < 30; ++i) {
        const auto done = db->set({"block", i}, block(i));
        ASSERT_TRUE(done) << i << " " << done.error().to_string();
    }
    const std::string large(30'000'000, 'L');
    ASSERT_TRUE(db->set("large", large));
    EXPECT_EQ(*(*db->get("large"))->value.as_text(), large);
    EXPECT_EQ(*db->count(kv::prefix("block")), 30U);
    EXPECT_EQ(*snapshot->count(kv::everything()), 1U);
}

TEST(LmdbBackend, AFullDatabaseRefusesWritesLetsRemoveAndRecovers) {
    const TempFolder folder;
    const auto db = open_db(folder.file("kv"), "&map_size=1MiB&max_size=2MiB");
    ASSERT_TRUE(db);
    int count = 0;
    for (; count < 100; ++count) {
        const auto done = db->set({"block", count}, block(count));
        if (!done) {
            EXPECT_EQ(done.error().code(), ErrorCode::no_space) << done.error().to_string();
            EXPECT_NE(done.error().message().find("max_size"), std::string::npos);
            break;
        }
    }
    EXPECT_GT(count, 10);
    EXPECT_LT(count, 21);
    EXPECT_EQ(*db->count(kv::prefix("block")), static_cast<unsigned>(count));
    for (int i = 0; i < count / 2; ++i) {
        const auto removed = db->remove({"block", i});
        ASSERT_TRUE(removed) << removed.error().to_string();
    }
    for (int i = 0; i < count / 2 - 2; ++i) {
        const auto done = db->set({"again", i}, block(i));
        ASSERT_TRUE(done) << i << " " << done.error().to_string();
    }
}

TEST(LmdbBackend, ALargeValueOfASnapshotIsNotCopied) {
    const TempFolder folder;
    Bytes kept;
    {
        auto db = open_db(folder.file("kv"), "");
        ASSERT_TRUE(db);
        ASSERT_TRUE(db->set("large", block(1)));
        ASSERT_TRUE(db->set("small", "s"));
        ASSERT_TRUE(db->set("brief", block(2), {.expire_in = std::chrono::hours(1)}));
        const auto snapshot = db->snapshot();
        ASSERT_TRUE(db->set("large", "other"));
        const auto once = snapshot->get("large");
        const auto twice = snapshot->get("large");
        ASSERT_TRUE(once && *once && twice && *twice);
        EXPECT_EQ((*once)->value.data().data(), (*twice)->value.data().data());
        EXPECT_EQ(*(*snapshot->get("small"))->value.as_text(), "s");
        EXPECT_TRUE(*snapshot->get("brief"));
        EXPECT_FALSE(*snapshot->get("absent"));
        EXPECT_EQ((*snapshot->get_many({"small", "large"}))[1]->versionstamp,
                  (*once)->versionstamp);
        kept = (*once)->value.data();
        EXPECT_TRUE(db->close());
    }
    const auto again = open_db(folder.file("kv"), "");
    ASSERT_TRUE(again->set("large", "yet another"));
    EXPECT_NE(kept.text().find(block(1)), std::string::npos);
}

TEST(LmdbBackend, ProcessesThatWriteAtTheSameTimeLoseNothing) {
    const TempFolder folder;
    constexpr int processes = 3;
    constexpr int sums = 150;
    for (int i = 0; i < processes; ++i) {
        if (::fork() == 0) {
            // The small map makes them all grow it, each at its own time.
            const auto db = open_db(folder.file("kv"), "&map_size=256KiB");
            std::string problem = db ? "" : db.error().to_string();
            for (int n = 0; problem.empty() && n < sums; ++n) {
                auto write = db->atomic();
                write.sum("total", 1).set({"by", i, n}, std::string(2000, 'x'));
                const auto done = write.commit();
                problem = done ? "" : done.error().to_string();
            }
            std::cerr << problem;
            ::_exit(problem.empty() ? 0 : 1);
        }
    }
    for (int i = 0; i < processes; ++i) {
        int status = 0;
        ::wait(&status);
        EXPECT_EQ(WEXITSTATUS(status), 0);
    }
    const auto db = open_db(folder.file("kv"), "&verify=always");
    ASSERT_TRUE(db) << db.error().to_string();
    EXPECT_EQ(*(*db->get("total"))->value.as_u64(), static_cast<unsigned>(processes * sums));
    EXPECT_EQ(*db->count(kv::prefix("by")), static_cast<unsigned>(processes * sums));
}

TEST(LmdbBackend, AWatchSeesCommitsOfAnotherProcess) {
    const TempFolder folder;
    ASSERT_TRUE(open_db(folder.file("kv"), "")->set("k", "before"));
    int go[2];
    ASSERT_EQ(::pipe(go), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        char byte = 0;
        const bool told = ::read(go[0], &byte, 1) == 1;
        const auto db = open_db(folder.file("kv"), "");
        ::_exit(told && db && db->set("k", "after") ? 0 : 1);
    }
    const auto db = open_db(folder.file("kv"), "&poll_interval=5ms");
    auto watch = db->watch({"k"});
    ASSERT_TRUE(watch) << watch.error().to_string();
    const auto first = watch->next();
    ASSERT_TRUE(first && *first);
    ASSERT_EQ(::write(go[1], "g", 1), 1);
    const auto second = watch->next();
    ASSERT_TRUE(second && *second);
    EXPECT_EQ(*(*db->get("k"))->value.as_text(), "after");
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    ::close(go[0]);
    ::close(go[1]);
}

}  // namespace
}  // namespace lmdb_test
