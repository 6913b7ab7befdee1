// What the engine promises OrderedStore: reads, writes, snapshots, growth, others.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "unit/kv_lmdb/files.hpp"

namespace lmdb_test {
namespace {

using kv::Record;

class LmdbEngine : public testing::Test {
  protected:
    void set(ByteView key, const std::string& data) {
        const auto done = put(*engine, key, record(data));
        ASSERT_TRUE(done) << done.error().to_string();
    }

    TempFolder folder;
    const std::string path = folder.file("kv");
    std::unique_ptr<kv::lmdb::Engine> engine = make_engine(path);
};

TEST_F(LmdbEngine, TouchesNothingUntilUsed) {
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    ASSERT_TRUE(engine->connect());
    EXPECT_TRUE(std::filesystem::exists(path + "/data.mdb"));
}

TEST_F(LmdbEngine, GivesBackWhatWasPut) {
    const Record stored{Bytes::take("v"), kv::ValueEncoding::v8, 77, 12345};
    ASSERT_TRUE(put(*engine, "k", stored));
    const auto found = engine->get("k");
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->data.text(), "v");
    EXPECT_EQ((*found)->encoding, kv::ValueEncoding::v8);
    EXPECT_EQ((*found)->version, 77U);
    EXPECT_EQ((*found)->expire_at_ms, 12345);
    EXPECT_EQ(get_text(*engine, "other"), "-");
}

TEST_F(LmdbEngine, KeepsKeysAndValuesOfAnyBytes) {
    const std::string all("\x00\x01\xff\x00", 4);
    set(ByteView(all), all);
    set(ByteView("\x00", 1), "zero");
    set("empty", "");
    set("large", std::string(3'000'000, 'x'));
    EXPECT_EQ(get_text(*engine, ByteView(all)), all);
    EXPECT_EQ(get_text(*engine, ByteView("\x00", 1)), "zero");
    EXPECT_EQ(get_text(*engine, "empty"), "");
    EXPECT_EQ(get_text(*engine, "large"), std::string(3'000'000, 'x'));
    EXPECT_EQ(get_text(*engine, ""), "-");
    EXPECT_EQ(put(*engine, "", record("x")).error().code(), ErrorCode::invalid_argument);
}

TEST_F(LmdbEngine, ScansInByteOrderBothWays) {
    for (const char* key : {"b", "a", "\xfe", "c", "ab"}) {
        set(key, "1");
    }
    auto read = engine->begin_read();
    ASSERT_TRUE(read);
    EXPECT_EQ(scan_text(*read, "a", "c"), "a=1 ab=1 b=1");
    EXPECT_EQ(scan_text(*read, "a", "c", true), "b=1 ab=1 a=1");
    EXPECT_EQ(scan_text(*read, "", "\xfe"), "a=1 ab=1 b=1 c=1");
    EXPECT_EQ(scan_text(*read, "", "\xfe", true), "c=1 b=1 ab=1 a=1");
    EXPECT_EQ(scan_text(*read, "c", "a"), "");
    EXPECT_EQ(scan_text(*read, "", ""), "");
}

TEST_F(LmdbEngine, AScanEndsWhenTheVisitorSaysSo) {
    set("a", "1");
    set("b", "2");
    auto read = engine->begin_read();
    int seen = 0;
    auto once = [&](ByteView, const Record&) {
        ++seen;
        return false;
    };
    ASSERT_TRUE(read->scan("a", "z", false, once));
    EXPECT_EQ(seen, 1);
    EXPECT_EQ(scan_text(*read, "a", "z"), "a=1 b=2");
}

TEST_F(LmdbEngine, AScanInsideAScanIsRefusedAndAGetIsNot) {
    set("a", "1");
    auto read = engine->begin_read();
    std::string inner;
    auto visit = [&](ByteView, const Record&) {
        inner = scan_text(*read, "a", "z") + " " + (*read->get("a"))->data.to_string();
        return true;
    };
    ASSERT_TRUE(read->scan("a", "z", false, visit));
    EXPECT_EQ(inner, "!invalid_argument 1");
}

TEST_F(LmdbEngine, ATransactionSeesWhatItWrote) {
    set("a", "old");
    auto write = engine->begin_write();
    ASSERT_TRUE(write);
    ASSERT_TRUE(write->put("a", record("new")));
    ASSERT_TRUE(write->put("b", record("2")));
    EXPECT_EQ(scan_text(*write, "a", "z"), "a=new b=2");
    ASSERT_TRUE(write->remove("a"));
    ASSERT_TRUE(write->remove("absent"));
    EXPECT_FALSE(*write->get("a"));
    EXPECT_EQ(get_text(*engine, "a"), "old");
    ASSERT_TRUE(write->commit());
    EXPECT_EQ(get_text(*engine, "a"), "-");
}

TEST_F(LmdbEngine, ATransactionThatIsNotCommittedLeavesNothing) {
    {
        auto write = engine->begin_write();
        ASSERT_TRUE(write->put("a", record("1")));
    }
    EXPECT_EQ(get_text(*engine, "a"), "-");
    set("a", "2");
    EXPECT_EQ(get_text(*engine, "a"), "2");
}

TEST_F(LmdbEngine, AReadTransactionKeepsTheStateOfItsBeginning) {
    set("a", "1");
    auto snapshot = engine->begin_read();
    ASSERT_TRUE(snapshot);
    set("a", "2");
    set("b", "1");
    EXPECT_EQ(scan_text(*snapshot, "a", "z"), "a=1");
    EXPECT_EQ((*snapshot->get("a"))->data.text(), "1");
    EXPECT_EQ(get_text(*engine, "a"), "2");
}

TEST_F(LmdbEngine, ALargeValueOfASnapshotIsNotCopiedAndOutlivesEverything) {
    const std::string large(100'000, 'v');
    engine = make_engine(small_map(path));
    set("large", large);
    set("small", "s");
    Bytes kept;
    Bytes again;
    {
        auto snapshot = engine->begin_read();
        kept = (*snapshot->get("large"))->data;
        again = (*snapshot->get("large"))->data;
        EXPECT_EQ(kept.data(), again.data()) << "it was copied";
        EXPECT_NE((*snapshot->get("small"))->data.data(), (*snapshot->get("small"))->data.data());
    }
    // Overwritten, and the map moved: the pages stay for as long as somebody has them.
    for (int i = 0; i < 5; ++i) {
        set("large", std::string(100'000, static_cast<char>('a' + i)));
    }
    auto write = engine->begin_write();
    const auto full = write->put("huge", record(std::string(2'000'000, 'h')));
    ASSERT_FALSE(full);
    {
        const auto ended = std::move(*write);
    }
    ASSERT_TRUE(*engine->recover(full.error()));
    EXPECT_EQ(kept.text(), large);
    engine.reset();
    EXPECT_EQ(kept.text(), large);
}

TEST_F(LmdbEngine, AFullMapIsDoubledUpToTheBoundAndWhatWasReadStaysGood) {
    kv::LmdbOptions options = small_map(path);
    options.max_size = {4U << 20U};
    engine = make_engine(options);
    set("a", "1");
    EXPECT_EQ(engine->map_bytes(), 1U << 20U);
    auto snapshot = engine->begin_read();
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(scan_text(*snapshot, "a", "b"), "a=1");
    set("a", "2");
    const auto fill = [&] {
        auto write = engine->begin_write();
        return write->put("large", record(std::string(6'000'000, 'x'))).error();
    };
    turntable::Error failure = fill();
    EXPECT_EQ(failure.code(), ErrorCode::no_space);
    EXPECT_TRUE(*engine->recover(failure));
    EXPECT_EQ(engine->map_bytes(), 2U << 20U);
    failure = fill();
    EXPECT_TRUE(*engine->recover(failure));
    EXPECT_EQ(engine->map_bytes(), 4U << 20U);
    failure = fill();
    EXPECT_FALSE(*engine->recover(failure));
    EXPECT_EQ(failure.backend_code(), MDB_MAP_FULL);
    EXPECT_EQ(scan_text(*snapshot, "a", "b", true), "a=1");
    EXPECT_EQ((*snapshot->get("a"))->data.text(), "1");
    EXPECT_EQ(get_text(*engine, "a"), "2");
    EXPECT_EQ(get_text(*engine, "large"), "-");
    EXPECT_FALSE(*engine->recover(turntable::Error(ErrorCode::io, "something else")));
}

TEST_F(LmdbEngine, TheFileIsAsLongAsTheMapAndTakesNoSpaceForIt) {
    set("a", "1");
    EXPECT_EQ(std::filesystem::file_size(path + "/data.mdb"), 64U << 20U);
    struct stat status{};
    ASSERT_EQ(::stat((path + "/data.mdb").c_str(), &status), 0);
    EXPECT_LT(status.st_blocks * 512, 1 << 20);
}

TEST_F(LmdbEngine, SeesThatOthersCommittedAndNotItself) {
    ASSERT_TRUE(engine->connect());
    auto other = make_engine(path);
    set("a", "1");
    EXPECT_EQ(*engine->changed_by_others(), false);
    ASSERT_TRUE(put(*other, "b", record("1")));
    EXPECT_EQ(*engine->changed_by_others(), true);
    EXPECT_EQ(*engine->changed_by_others(), false);
    set("a", "2");
    EXPECT_EQ(*engine->changed_by_others(), false);
    EXPECT_EQ(*other->changed_by_others(), true);
}

TEST_F(LmdbEngine, DoesNotForgetOthersOverACommitOfItsOwn) {
    ASSERT_TRUE(engine->connect());
    auto other = make_engine(path);
    ASSERT_TRUE(put(*other, "b", record("1")));
    set("a", "1");
    EXPECT_EQ(*engine->changed_by_others(), true);
}

TEST_F(LmdbEngine, AskingForOthersDoesNotWaitForAnOpenTransaction) {
    ASSERT_TRUE(engine->connect());
    auto other = make_engine(path);
    ASSERT_TRUE(put(*other, "b", record("1")));
    auto write = engine->begin_write();
    EXPECT_EQ(*engine->changed_by_others(), true);
    EXPECT_EQ(*engine->changed_by_others(), false);
}

TEST_F(LmdbEngine, OneFolderUnderTwoNamesIsOneEnvironment) {
    set("a", "1");
    std::filesystem::create_directory_symlink(path, folder.file("link"));
    auto other = make_engine(folder.file("link"));
    EXPECT_EQ(get_text(*other, "a"), "1");
    engine.reset();
    ASSERT_TRUE(put(*other, "a", record("2")));
    other.reset();
    EXPECT_EQ(get_text(*make_engine(path), "a"), "2");
}

TEST_F(LmdbEngine, ManySnapshotsAreOpenAtOnceUpToTheSetting) {
    kv::LmdbOptions options = options_for(path);
    options.readers = 10;
    engine = make_engine(options);
    set("a", "1");
    std::vector<kv::lmdb::ReadTransaction> open;
    while (true) {
        auto one = engine->begin_read();
        if (!one) {
            EXPECT_EQ(one.error().code(), ErrorCode::busy) << one.error().to_string();
            EXPECT_EQ(one.error().retry(), turntable::Retry::temporary);
            break;
        }
        open.push_back(*std::move(one));
        ASSERT_LE(open.size(), 10U);
    }
    EXPECT_GE(open.size(), 8U);
    open.pop_back();
    EXPECT_EQ(get_text(*engine, "a"), "1");
}

/// Runs in a child, which ends without saying goodbye.
template <class F>
int in_dead_child(const F& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(work());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

TEST_F(LmdbEngine, ReadersOfDeadProcessesAreClearedWhenThePlacesRunOut) {
    kv::LmdbOptions options = options_for(path);
    options.readers = 4;
    // Before this process opens the folder, so that the child has nothing of ours.
    const auto open_readers = [&] {
        auto theirs = make_engine(options);
        auto* kept = new std::vector<kv::lmdb::ReadTransaction>;
        while (kept->size() < 3) {
            auto one = theirs->begin_read();
            if (!one) {
                return 1;
            }
            kept->push_back(*std::move(one));
        }
        theirs.release();
        return 0;
    };
    ASSERT_TRUE(put(*make_engine(options), "a", record("1")));
    ASSERT_EQ(in_dead_child(open_readers), 0);
    engine = make_engine(options);
    std::vector<kv::lmdb::ReadTransaction> open;
    for (int i = 0; i < 4; ++i) {
        auto one = engine->begin_read();
        ASSERT_TRUE(one) << i << " " << one.error().to_string();
        open.push_back(*std::move(one));
    }
}

TEST_F(LmdbEngine, AnotherProcessThatMadeTheFileLargerIsFollowed) {
    ASSERT_TRUE(put(*make_engine(small_map(path)), "a", record("1")));
    int to_child[2];
    int to_parent[2];
    ASSERT_EQ(::pipe(to_child) + ::pipe(to_parent), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        // Opens with the small map, waits, then must see what lies beyond it.
        auto theirs = make_engine(small_map(path));
        char byte = get_text(*theirs, "a") == "1" ? 'y' : 'n';
        if (::write(to_parent[1], &byte, 1) != 1 || ::read(to_child[0], &byte, 1) != 1) {
            ::_exit(9);
        }
        const bool read = get_text(*theirs, "last") == "99";
        const bool wrote = put(*theirs, "more", record("m")).has_value();
        ::_exit(read && wrote && theirs->map_bytes() > (1U << 20U) ? 0 : 1);
    }
    char byte = 0;
    ASSERT_EQ(::read(to_parent[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'y');
    kv::LmdbOptions larger = options_for(path);
    larger.map_size = {16U << 20U};
    engine = make_engine(larger);
    for (int i = 0; i < 100; ++i) {
        set("k" + std::to_string(i), std::string(50'000, 'x'));
        set("last", std::to_string(i));
    }
    ASSERT_EQ(::write(to_child[1], &byte, 1), 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_EQ(get_text(*engine, "more"), "m");
    for (const int end : {to_child[0], to_child[1], to_parent[0], to_parent[1]}) {
        ::close(end);
    }
}

TEST_F(LmdbEngine, ThreadsReadWholeStatesWhileOneWritesAndTheMapMoves) {
    engine = make_engine(small_map(path));
    set("a", "0");
    set("b", "0");
    std::atomic<bool> stop{false};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            while (!stop.load()) {
                auto read = engine->begin_read();
                ASSERT_TRUE(read) << read.error().to_string();
                ASSERT_EQ((*read->get("a"))->data, (*read->get("b"))->data);
                ASSERT_FALSE(scan_text(*read, "a", "c").starts_with("!"));
                ASSERT_FALSE(get_text(*engine, "a").starts_with("!"));
            }
        });
    }
    for (int i = 1; i <= 200; ++i) {
        const std::string data(static_cast<std::size_t>(i) * 200, static_cast<char>('a' + i % 26));
        for (bool done = false; !done;) {
            turntable::Result<void> result;
            {
                auto write = engine->begin_write();
                for (const char* key : {"a", "b"}) {
                    result = result ? write->put(key, record(data)) : std::move(result);
                }
                result =
                    result ? write->put("n" + std::to_string(i), record(data)) : std::move(result);
                result = result ? write->commit() : std::move(result);
            }
            done = result.has_value();
            ASSERT_TRUE(done || *engine->recover(result.error())) << result.error().to_string();
        }
    }
    stop.store(true);
    for (std::thread& reader : readers) {
        reader.join();
    }
    EXPECT_GT(engine->map_bytes(), 1U << 20U);
}

TEST_F(LmdbEngine, ReadOnlyReadsAndRefusesToWrite) {
    set("a", "1");
    kv::LmdbOptions options = options_for(path);
    options.read_only = true;
    auto shared = make_engine(options);
    EXPECT_EQ(get_text(*shared, "a"), "1");
    EXPECT_EQ(shared->begin_write().error().code(), ErrorCode::permission_denied);
    engine.reset();
    shared.reset();
    auto alone = make_engine(options);
    EXPECT_EQ(get_text(*alone, "a"), "1");
    EXPECT_EQ(alone->begin_write().error().code(), ErrorCode::permission_denied);
}

}  // namespace
}  // namespace lmdb_test
