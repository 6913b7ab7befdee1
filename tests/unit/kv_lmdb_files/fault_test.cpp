// What happens when the disk fails, or the process dies, at the one step of a commit after which
// nobody can say whether it was made: the writing of the meta page.

#include <dlfcn.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "turntable/kv.hpp"
#include "unit/kv_lmdb/files.hpp"

namespace {

enum class Fault : std::uint8_t {
    none,
    /// A meta page is not written; the next attempt, with which LMDB takes it back, passes.
    meta_is_refused,
    /// It is written, and the disk says that it was not, also of the attempt to take it back.
    meta_is_written_but_reported_lost,
    /// The data pages are written but not made durable.
    sync_fails,
    /// The process dies when the meta page is written, before anybody is told.
    dies_after_meta,
    /// The process dies when the data pages are durable, before the meta page.
    dies_before_meta,
};
std::atomic<Fault> fault{Fault::none};

/// Both meta pages lie before the first page of data.
constexpr off_t meta_pages_end = 2 * 4096;

ssize_t real_pwrite(int file, const void* from, size_t size, off_t at) {
    static const auto real = reinterpret_cast<ssize_t (*)(int, const void*, size_t, off_t)>(
        ::dlsym(RTLD_NEXT, "pwrite"));
    return real(file, from, size, at);
}

ssize_t fail() {
    errno = EIO;
    return -1;
}

}  // namespace

// LMDB finds these instead of the system's.
#pragma GCC visibility push(default)
extern "C" {
ssize_t pwrite(int file, const void* from, size_t size, off_t at) {
    if (at >= meta_pages_end) {
        return real_pwrite(file, from, size, at);
    }
    switch (fault.load()) {
        case Fault::meta_is_refused:
            fault = Fault::none;
            return fail();
        case Fault::meta_is_written_but_reported_lost:
            // The first attempt is the commit, the second would take it back.
            fault = Fault::meta_is_refused;
            real_pwrite(file, from, size, at);
            return fail();
        case Fault::dies_after_meta:
            real_pwrite(file, from, size, at);
            ::kill(::getpid(), SIGKILL);
            return fail();
        case Fault::dies_before_meta:
            ::kill(::getpid(), SIGKILL);
            return fail();
        default:
            return real_pwrite(file, from, size, at);
    }
}
int fdatasync(int file) {
    static const auto real = reinterpret_cast<int (*)(int)>(::dlsym(RTLD_NEXT, "fdatasync"));
    return fault == Fault::sync_fails ? static_cast<int>(fail()) : real(file);
}
}
#pragma GCC visibility pop

namespace lmdb_test {
namespace {

kv::LmdbOptions durable(const std::string& path) {
    kv::LmdbOptions options;
    options.path = path;
    options.durability = kv::LmdbDurability::full;
    options.verify = kv::LmdbVerify::always;
    return options;
}

class LmdbFault : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(put(*engine_, "a", record("before")));
        ASSERT_TRUE(put(*engine_, "b", record("before")));
    }
    void TearDown() override { fault = Fault::none; }

    /// After a failure of which nobody knows how it ended, nothing goes on until the folder is
    /// opened again; then `expected` is there, and all works.
    void expect_a_new_start(const std::string& expected) {
        EXPECT_EQ(get_text(*engine_, "b"), "!io");
        const auto refused = put(*engine_, "b", record("after"));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::io);
        EXPECT_NE(refused.error().message().find("open it again"), std::string::npos)
            << refused.error().to_string();
        expect_recovery(expected);
    }
    void expect_recovery(const std::string& expected) {
        engine_.reset();
        engine_ = make_engine(durable(path_));
        EXPECT_EQ(get_text(*engine_, "a"), expected);
        EXPECT_EQ(get_text(*engine_, "b"), "before");
        const auto done = put(*engine_, "a", record("after"));
        ASSERT_TRUE(done) << done.error().to_string();
        EXPECT_EQ(get_text(*engine_, "a"), "after");
    }

    TempFolder folder_;
    std::string path_ = folder_.file("kv");
    std::unique_ptr<kv::lmdb::Engine> engine_ = make_engine(durable(path_));
};

TEST_F(LmdbFault, AMetaPageThatIsNotWrittenLeavesTheFateOfTheCommitOpen) {
    fault = Fault::meta_is_refused;
    const auto done = put(*engine_, "a", record("perhaps"));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), ErrorCode::commit_unknown);
    EXPECT_EQ(done.error().backend_code(), EIO);
    EXPECT_NE(done.error().message().find(path_), std::string::npos);
    expect_a_new_start("before");
}

TEST_F(LmdbFault, AMetaPageThatIsWrittenAndReportedLostIsAsOpenAndMayBeThere) {
    fault = Fault::meta_is_written_but_reported_lost;
    const auto done = put(*engine_, "a", record("perhaps"));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), ErrorCode::commit_unknown);
    expect_a_new_start("perhaps");
}

TEST_F(LmdbFault, AFailedSyncOfTheDataIsNoCommitAndPasses) {
    fault = Fault::sync_fails;
    const auto done = put(*engine_, "a", record("lost"));
    fault = Fault::none;
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), ErrorCode::io);
    EXPECT_EQ(get_text(*engine_, "a"), "before");
    ASSERT_TRUE(put(*engine_, "a", record("again")));
    expect_recovery("again");
}

TEST_F(LmdbFault, ADatabaseHandleSaysTheSameAndMakesNoSecondAttempt) {
    kv::Registry registry;
    ASSERT_TRUE(kv::register_lmdb(registry));
    ASSERT_TRUE(kv::register_layers(registry));
    engine_.reset();
    {
        const auto db = registry.open("lmdb:" + path_, {.layers = {"retry"}});
        ASSERT_TRUE(db) << db.error().to_string();
        ASSERT_TRUE(db->set("counter", kv::Value::u64(0)));
        fault = Fault::meta_is_written_but_reported_lost;
        const auto added = db->atomic().sum("counter", 1).commit();
        ASSERT_FALSE(added);
        EXPECT_EQ(added.error().code(), ErrorCode::commit_unknown);
        EXPECT_EQ(db->get("counter").error().code(), ErrorCode::io);
    }
    const auto db = registry.open("lmdb:" + path_);
    EXPECT_EQ(*(*db->get("counter"))->value.as_u64(), 1U);
}

/// A process with the folder open, until it is told to end.
class OtherProcess {
  public:
    explicit OtherProcess(const std::string& path) {
        int to[2];
        int from[2];
        EXPECT_EQ(::pipe(to), 0);
        EXPECT_EQ(::pipe(from), 0);
        child_ = ::fork();
        if (child_ == 0) {
            ::close(to[1]);
            auto engine = make_engine(durable(path));
            char byte = engine->connect() ? 'y' : 'n';
            (void)!::write(from[1], &byte, 1);
            (void)!::read(to[0], &byte, 1);
            engine.reset();
            ::_exit(0);
        }
        ::close(to[0]);
        ::close(from[1]);
        char byte = 'n';
        EXPECT_EQ(::read(from[0], &byte, 1), 1);
        EXPECT_EQ(byte, 'y');
        ::close(from[0]);
        end_ = to[1];
    }
    OtherProcess(const OtherProcess&) = delete;
    OtherProcess& operator=(const OtherProcess&) = delete;
    ~OtherProcess() {
        ::close(end_);
        int status = 0;
        EXPECT_EQ(::waitpid(child_, &status, 0), child_);
        EXPECT_EQ(status, 0);
    }

  private:
    pid_t child_ = -1;
    int end_ = -1;
};

/// A process that writes "a" and dies there.
void write_and_die(const std::string& path, Fault at) {
    const pid_t child = ::fork();
    if (child == 0) {
        auto engine = make_engine(durable(path));
        if (engine->connect()) {
            fault = at;
            (void)put(*engine, "a", record("perhaps"));
        }
        ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
}

struct Death {
    const char* name;
    Fault at;
    bool another_is_open;
    /// What the next one that writes builds on.
    const char* then;

    friend std::ostream& operator<<(std::ostream& out, const Death& death) {
        return out << death.name;
    }
};

class LmdbDeadWriter : public testing::TestWithParam<Death> {};

// The number of the newest commit is in the lock file too, where a writer notes it after the meta
// page. While somebody has the folder open, that is what tells readers which meta page counts.
TEST_P(LmdbDeadWriter, LeavesAFolderThatOpensAndIsWrittenOnWithNothingLost) {
    const TempFolder folder;
    const std::string path = folder.file("kv");
    {
        auto engine = make_engine(durable(path));
        // Enough for pages that are free and used again.
        for (int i = 0; i < 20; ++i) {
            ASSERT_TRUE(put(*engine, "key" + std::to_string(i), record(std::string(3000, 'k'))));
        }
        ASSERT_TRUE(put(*engine, "a", record("before")));
    }
    std::unique_ptr<OtherProcess> other;
    if (GetParam().another_is_open) {
        other = std::make_unique<OtherProcess>(path);
    }
    ASSERT_NO_FATAL_FAILURE(write_and_die(path, GetParam().at));
    for (int round = 0; round < 3; ++round) {
        auto engine = make_engine(durable(path));
        const auto opened = engine->connect();
        ASSERT_TRUE(opened) << opened.error().to_string();
        const std::string found = get_text(*engine, "a");
        if (round == 0) {
            EXPECT_TRUE(found == "before" || found == GetParam().then) << found;
        } else {
            EXPECT_EQ(found, GetParam().then) << "the write after it was made on something else";
        }
        for (int i = 0; i < 20; ++i) {
            EXPECT_EQ(get_text(*engine, "key" + std::to_string(i)), std::string(3000, 'k'));
        }
        const auto next = put(*engine, "next" + std::to_string(round), record("there"));
        ASSERT_TRUE(next) << next.error().to_string();
        EXPECT_EQ(get_text(*engine, "a"), GetParam().then);
        EXPECT_EQ(get_text(*engine, "next0"), "there");
    }
}

INSTANTIATE_TEST_SUITE_P(
    Deaths, LmdbDeadWriter,
    testing::Values(
        Death{"between_meta_page_and_lock_file", Fault::dies_after_meta, false, "perhaps"},
        Death{"between_them_while_another_has_it_open", Fault::dies_after_meta, true, "perhaps"},
        Death{"before_the_meta_page", Fault::dies_before_meta, false, "before"},
        Death{"before_it_while_another_has_it_open", Fault::dies_before_meta, true, "before"}),
    [](const auto& death) { return std::string(death.param.name); });

}  // namespace
}  // namespace lmdb_test
