// What happens when the disk is full, fails, or the process dies: nothing acknowledged is lost,
// nothing else is half there, and the engine goes on when the disk does.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "unit/kv_sqlite/files.hpp"

namespace sqlite_test {
namespace {

/// The file system of the machine with faults to order: a VFS in front of SQLite's own.
class FaultyDisk {
  public:
    FaultyDisk() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
        vfs_.zName = "faulty";
        vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
        vfs_.xOpen = [](sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
            return open(name, file, flags, out);
        };
        disk = this;
        sqlite3_vfs_register(&vfs_, 1);
    }
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;
    ~FaultyDisk() {
        sqlite3_vfs_unregister(&vfs_);
        sqlite3_vfs_register(real_, 1);
    }

    // SQLITE_OK, or what the next calls give.
    std::atomic<int> write_code{SQLITE_OK};
    std::atomic<int> sync_code{SQLITE_OK};
    std::atomic<int> read_code{SQLITE_OK};

  private:
    struct File {
        sqlite3_file base;
        sqlite3_io_methods methods;
        sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    };
    static inline FaultyDisk* disk = nullptr;

    static sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real(); }

    static int open(const char* name, sqlite3_file* file, int flags, int* out) {
        auto* own = new (file) File{};
        const int code = disk->real_->xOpen(disk->real_, name, own->real(), flags, out);
        if (own->real()->pMethods == nullptr) {
            return code;
        }
        sqlite3_io_methods& methods = own->methods;
        methods.iVersion = 2;
        methods.xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); };
        methods.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
            const int ordered = disk->read_code.load();
            return ordered != SQLITE_OK ? ordered : real(f)->pMethods->xRead(real(f), to, size, at);
        };
        methods.xWrite = [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
            const int ordered = disk->write_code.load();
            return ordered != SQLITE_OK ? ordered
                                        : real(f)->pMethods->xWrite(real(f), from, size, at);
        };
        methods.xSync = [](sqlite3_file* f, int how) {
            const int ordered = disk->sync_code.load();
            return ordered != SQLITE_OK ? ordered : real(f)->pMethods->xSync(real(f), how);
        };
        methods.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
            return real(f)->pMethods->xTruncate(real(f), size);
        };
        methods.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
            return real(f)->pMethods->xFileSize(real(f), size);
        };
        methods.xLock = [](sqlite3_file* f, int level) {
            return real(f)->pMethods->xLock(real(f), level);
        };
        methods.xUnlock = [](sqlite3_file* f, int level) {
            return real(f)->pMethods->xUnlock(real(f), level);
        };
        methods.xCheckReservedLock = [](sqlite3_file* f, int* held) {
            return real(f)->pMethods->xCheckReservedLock(real(f), held);
        };
        methods.xFileControl = [](sqlite3_file* f, int what, void* with) {
            return real(f)->pMethods->xFileControl(real(f), what, with);
        };
        methods.xSectorSize = [](sqlite3_file* f) {
            return real(f)->pMethods->xSectorSize(real(f));
        };
        methods.xDeviceCharacteristics = [](sqlite3_file* f) {
            return real(f)->pMethods->xDeviceCharacteristics(real(f));
        };
        methods.xShmMap = [](sqlite3_file* f, int page, int size, int extend,
                             void volatile** out_page) {
            return real(f)->pMethods->xShmMap(real(f), page, size, extend, out_page);
        };
        methods.xShmLock = [](sqlite3_file* f, int offset, int count, int how) {
            return real(f)->pMethods->xShmLock(real(f), offset, count, how);
        };
        methods.xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); };
        methods.xShmUnmap = [](sqlite3_file* f, int remove) {
            return real(f)->pMethods->xShmUnmap(real(f), remove);
        };
        own->base.pMethods = &methods;
        return code;
    }

    sqlite3_vfs* real_;
    sqlite3_vfs vfs_;
};

class SqliteFault : public testing::Test {
  protected:
    void SetUp() override {
        kv::SqliteOptions options = options_for(folder / "kv.db");
        options.durability = kv::SqliteDurability::full;
        engine = make_engine(options);
        ASSERT_TRUE(put(*engine, "a", record("before")));
    }
    /// Afterwards all is as before, and writing works.
    void expect_recovery(const std::string& expected = "before") {
        EXPECT_EQ(get_text(*engine, "a"), expected);
        const auto done = put(*engine, "a", record("after"));
        EXPECT_TRUE(done) << done.error().to_string();
        EXPECT_EQ(get_text(*engine, "a"), "after");
        engine.reset();
        EXPECT_EQ(get_text(*make_engine(folder / "kv.db"), "a"), "after");
        EXPECT_EQ(RawDatabase(folder / "kv.db").query("pragma integrity_check"), "ok\n");
    }

    Folder folder;
    FaultyDisk disk;
    std::unique_ptr<kv::sqlite::Engine> engine;
};

TEST_F(SqliteFault, AFullDiskIsNoSpaceAndPasses) {
    disk.write_code = SQLITE_FULL;
    const auto done = put(*engine, "a", record("lost"));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), ErrorCode::no_space);
    EXPECT_EQ(done.error().retry(), turntable::Retry::temporary);
    EXPECT_EQ(get_text(*engine, "a"), "before");
    disk.write_code = SQLITE_OK;
    expect_recovery();
}

TEST_F(SqliteFault, ADiskThatFillsInTheMiddleOfALargeTransactionLeavesNothing) {
    {
        auto write = engine->begin_write();
        ASSERT_TRUE(write);
        turntable::Result<void> done;
        disk.write_code = SQLITE_FULL;
        // More than the page cache holds, so that it is written before the commit.
        for (int i = 0; i < 2000 && done; ++i) {
            done = write->put("big" + std::to_string(i), record(std::string(4000, 'b')));
        }
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code(), ErrorCode::no_space);
    }
    disk.write_code = SQLITE_OK;
    EXPECT_EQ(get_text(*engine, "big0"), "-");
    expect_recovery();
}

TEST_F(SqliteFault, AFailedSyncLeavesTheFateOfTheCommitOpen) {
    disk.sync_code = SQLITE_IOERR_FSYNC;
    const auto done = put(*engine, "a", record("perhaps"));
    disk.sync_code = SQLITE_OK;
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), ErrorCode::commit_unknown);
    EXPECT_EQ(done.error().backend_code(), SQLITE_IOERR_FSYNC);
    expect_recovery();
}

TEST_F(SqliteFault, AFailedReadIsIoAndPasses) {
    engine.reset();
    engine = make_engine(folder / "kv.db");
    ASSERT_TRUE(engine->connect());
    disk.read_code = SQLITE_IOERR_READ;
    const auto found = engine->get("a");
    disk.read_code = SQLITE_OK;
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code(), ErrorCode::io);
    expect_recovery();
}

TEST_F(SqliteFault, AFullDiskAtTheFirstOpeningLeavesAFileThatOpensLater) {
    disk.write_code = SQLITE_FULL;
    auto fresh = make_engine(folder / "new.db");
    EXPECT_EQ(fresh->connect().error().code(), ErrorCode::no_space);
    disk.write_code = SQLITE_OK;
    EXPECT_TRUE(put(*fresh, "a", record("1")));
}

/// Runs `work` in another process; gives its process id.
template <class Work>
pid_t in_child(Work work) {
    const pid_t child = ::fork();
    if (child == 0) {
        work();
        ::_exit(0);
    }
    return child;
}

TEST(SqliteProcesses, OpenANewFileAtOnce) {
    for (int round = 0; round < 5; ++round) {
        const Folder folder;
        std::vector<pid_t> children;
        for (int i = 0; i < 4; ++i) {
            children.push_back(in_child([&] {
                kv::SqliteOptions options = options_for(folder / "kv.db");
                options.busy_timeout = std::chrono::seconds(60);
                ::_exit(put(*make_engine(options), std::to_string(i), record("1")) ? 0 : 1);
            }));
        }
        for (const pid_t child : children) {
            int status = 0;
            ASSERT_EQ(::waitpid(child, &status, 0), child);
            EXPECT_EQ(status, 0);
        }
        EXPECT_EQ(RawDatabase(folder / "kv.db").query("select count(*) from kv"), "4\n");
    }
}

TEST(SqliteProcesses, AKilledWriterLosesNothingThatWasAcknowledged) {
    const Folder folder;
    int acknowledged = 0;
    for (int round = 0; round < 5; ++round) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t child = in_child([&] {
            const auto engine = make_engine(folder / "kv.db");
            for (int i = acknowledged;; ++i) {
                auto write = engine->begin_write();
                const auto one = write->put("one" + std::to_string(i), record("1"));
                const auto two = write->put("two" + std::to_string(i), record("2"));
                if (!one || !two || !write->commit() || ::write(ends[1], &i, sizeof i) < 0) {
                    ::_exit(1);
                }
            }
        });
        ::close(ends[1]);
        int last = 0;
        for (int i = 0; i < 30 + 17 * round; ++i) {
            ASSERT_EQ(::read(ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
        }
        ASSERT_EQ(::kill(child, SIGKILL), 0);
        ASSERT_EQ(::waitpid(child, nullptr, 0), child);
        while (::read(ends[0], &last, sizeof last) > 0) {
        }
        ::close(ends[0]);
        auto engine = make_engine(folder / "kv.db");
        acknowledged = last + 1;
        for (int i = 0; i < acknowledged; ++i) {
            ASSERT_EQ(get_text(*engine, "one" + std::to_string(i)), "1");
            ASSERT_EQ(get_text(*engine, "two" + std::to_string(i)), "2");
        }
        // The one that was under way is whole or absent.
        const std::string next = std::to_string(acknowledged);
        EXPECT_EQ(get_text(*engine, "one" + next) == "-", get_text(*engine, "two" + next) == "-");
        acknowledged += get_text(*engine, "one" + next) == "1";
    }
}

}  // namespace
}  // namespace sqlite_test
