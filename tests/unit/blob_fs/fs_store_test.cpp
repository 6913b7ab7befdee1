#include <unistd.h>

#include "turntable/blob/registry.hpp"
#include "unit/blob_fs/fs_fixture.hpp"

namespace turntable::test {
namespace {

TEST_F(FsTest, KeepsBlobsAsPlainFiles) {
    const Store store = open();
    const auto written = store.write("/a//b.txt", "hello", {.content_type = "text/plain"});
    ASSERT_TRUE(written) << written.error().to_string();
    EXPECT_EQ(written->size_bytes, 5U);
    EXPECT_EQ(content(at("a/b.txt")), "hello");
    EXPECT_EQ(store.read("a/b.txt")->text(), "hello");
    EXPECT_EQ(store.read("a/b.txt", {.offset = 1, .length = 3})->text(), "ell");
    EXPECT_EQ(store.read("a/b.txt", ByteRange::suffix(2))->text(), "lo");
    EXPECT_EQ(code(store.read("a/b.txt", {.offset = 6})), ErrorCode::out_of_range);
    EXPECT_EQ(store.read("a/b.txt", {.offset = 5})->size(), 0U);
    const auto seen = store.stat("a/b.txt");
    EXPECT_EQ(seen->content_type, "text/plain");
    EXPECT_EQ(seen->etag, written->etag);
    EXPECT_EQ(seen->modified_ms, written->modified_ms);
    EXPECT_EQ(store.stat("a")->kind, EntryKind::directory);
    EXPECT_EQ(store.stat("a/")->kind, EntryKind::directory);
    EXPECT_EQ(store.stat("")->kind, EntryKind::directory);
    EXPECT_TRUE(store.remove("a/b.txt"));
    EXPECT_TRUE(store.remove("a/b.txt"));
    EXPECT_EQ(code(store.stat("a/b.txt")), ErrorCode::not_found);
    EXPECT_EQ(code(store.read("a/b.txt")), ErrorCode::not_found);
    EXPECT_EQ(staged(), Names{});
}

TEST_F(FsTest, AnotherOpeningFindsWhatWasWritten) {
    {
        const Store store = open();
        ASSERT_TRUE(
            store.write("deep/er/x", "1",
                        {.user = std::vector<std::pair<std::string, std::string>>{{"k", "v"}}}));
        EXPECT_TRUE(store.close());
    }
    const Store again = open();
    EXPECT_EQ(again.read("deep/er/x")->text(), "1");
    EXPECT_EQ(again.stat("deep/er/x")->user, (blob::UserMetadata{{"k", "v"}}));
}

TEST_F(FsTest, SettingsChooseRootCreationAndDurability) {
    blob::Registry registry;
    ASSERT_TRUE(register_fs(registry));
    const auto missing = registry.open("fs:" + at("none") + "?create=false");
    ASSERT_TRUE(missing) << missing.error().to_string();
    EXPECT_EQ(code(missing->read("x")), ErrorCode::not_found);
    EXPECT_FALSE(std::filesystem::exists(root())) << "nothing was to be made";
    const auto store = registry.open("fs:" + at("two/levels") + "?durability=full");
    ASSERT_TRUE(store);
    EXPECT_FALSE(std::filesystem::exists(root())) << "opening touches nothing";
    EXPECT_TRUE(store->write("x", "1"));
    EXPECT_EQ(content(at("two/levels/x")), "1");
    EXPECT_EQ(store->capabilities().durability, Durability::machine);
    EXPECT_EQ(registry.open("fs:x?durability=process")->capabilities().durability,
              Durability::process);
    EXPECT_EQ(code(registry.open("fs:")), ErrorCode::invalid_config);
    EXPECT_EQ(code(registry.open("fs:x?durabilty=full")), ErrorCode::invalid_config);
    EXPECT_EQ(code(blob::open_fs({.root = std::string("a\0b", 3)})), ErrorCode::invalid_config);
}

TEST_F(FsTest, ARelativeRootIsOfTheCurrentFolder) {
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder_.path());
    const Store store = *open_files("root");
    EXPECT_TRUE(store.write("x", "1"));
    std::filesystem::current_path(before);
    EXPECT_EQ(content(at("x")), "1");
    // The root is held, not looked up again.
    std::filesystem::rename(root(), folder_.file("moved"));
    EXPECT_TRUE(store.write("y", "2"));
    EXPECT_EQ(content(folder_.file("moved/y")), "2");
}

TEST_F(FsTest, ADirectoryIsNoFileAndAFileNoDirectory) {
    const Store store = open();
    ASSERT_TRUE(store.write("d/f", "x"));
    EXPECT_EQ(code(store.read("d")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.reader("d")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.write("d", "x")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.append("d", "x")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.write("d/f/g", "x")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.append("d/f/g", "x")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.create_dir("d/f")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.copy("d", "e")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.copy("d/f", "d")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.rename("d", "e")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.rename("d/f", "d")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.stat("d/f/g")), ErrorCode::not_found);
    EXPECT_EQ(code(store.stat("d/f/")), ErrorCode::not_found);
    EXPECT_TRUE(store.remove("d/f/g"));
    EXPECT_TRUE(store.remove("d/f/"));
    EXPECT_EQ(content(at("d/f")), "x");
    EXPECT_EQ(staged(), Names{});
}

TEST_F(FsTest, DirectoriesStayWhenTheyAreEmpty) {
    const Store store = open();
    ASSERT_TRUE(store.create_dir("a/b/c"));
    ASSERT_TRUE(store.create_dir("a/b/c/"));
    EXPECT_TRUE(*store.exists("a/b/c/"));
    ASSERT_TRUE(store.write("a/b/c/f", "x"));
    EXPECT_EQ(code(store.remove("a/b/c/")), ErrorCode::conflict);
    EXPECT_EQ(code(store.remove("a")), ErrorCode::conflict);
    EXPECT_TRUE(store.remove("a/b/c/f"));
    EXPECT_TRUE(*store.exists("a/b/c/"));
    EXPECT_TRUE(store.remove("a/b/c/"));
    EXPECT_FALSE(*store.exists("a/b/c/"));
    EXPECT_TRUE(store.remove("a/b/c/"));
    EXPECT_EQ(code(store.remove("")), ErrorCode::conflict);
    EXPECT_TRUE(store.remove_all("a"));
    EXPECT_TRUE(store.remove(""));
}

TEST_F(FsTest, ThePrivateFolderIsOutOfReach) {
    const Store store = open();
    ASSERT_TRUE(store.write("x", "1"));
    ASSERT_TRUE(std::filesystem::exists(at(".turntable-fs/staging")));
    EXPECT_EQ(names(store.list("", {.recursive = true})), Names{"x"});
    EXPECT_EQ(names(store.list(".turn")), Names{});
    for (const char* path : {".turntable-fs/lock", ".turntable-fs", "./.turntable-fs/staging/x"}) {
        EXPECT_EQ(code(store.read(path)), ErrorCode::invalid_argument) << path;
        EXPECT_EQ(code(store.stat(path)), ErrorCode::invalid_argument) << path;
        EXPECT_EQ(code(store.write(path, "x")), ErrorCode::invalid_argument) << path;
        EXPECT_EQ(code(store.append(path, "x")), ErrorCode::invalid_argument) << path;
        EXPECT_EQ(code(store.remove(path)), ErrorCode::invalid_argument) << path;
        EXPECT_EQ(code(store.remove_all(path)), ErrorCode::invalid_argument) << path;
        EXPECT_EQ(code(store.create_dir(path)), ErrorCode::invalid_argument) << path;
        EXPECT_EQ(code(store.copy("x", path)), ErrorCode::invalid_argument) << path;
        EXPECT_EQ(code(store.copy(path, "y")), ErrorCode::invalid_argument) << path;
        EXPECT_EQ(code(store.rename("x", path)), ErrorCode::invalid_argument) << path;
        EXPECT_EQ(code(store.writer(path)), ErrorCode::invalid_argument) << path;
    }
    EXPECT_NE(names(store.list(".turntable-fs/"))[0].find("reserved"), std::string::npos);
    ASSERT_TRUE(store.write("d/turntable-fs", "without the dot it is a name like any other"));
    ASSERT_TRUE(store.remove_all(""));
    EXPECT_EQ(names(store.list()), Names{});
    // Removed by hand, it is made anew.
    std::filesystem::remove_all(at(".turntable-fs"));
    EXPECT_TRUE(store.write("y", "2")) << store.write("y", "2").error().to_string();
    EXPECT_EQ(content(at("y")), "2");
}

TEST_F(FsTest, ReadersKeepTheVersionThatTheyOpened) {
    const Store store = open();
    ASSERT_TRUE(store.write("a", "old old old"));
    auto reader = store.reader("a", {.chunk_bytes = 2});
    EXPECT_EQ(reader->read(4)->text(), "old ");
    ASSERT_TRUE(store.append("a", " and more"));
    auto longer = store.reader("a");
    ASSERT_TRUE(store.write("a", "new"));
    ASSERT_TRUE(store.remove("a"));
    EXPECT_EQ(reader->read(100)->text(), "old old");
    EXPECT_EQ(longer->read(100)->text(), "old old old and more");
}

TEST_F(FsTest, AFileThatOthersCutShortIsNotReadAsIfItWereWhole) {
    const Store store = open();
    ASSERT_TRUE(store.write("a", "0123456789"));
    auto reader = store.reader("a");
    std::filesystem::resize_file(at("a"), 4);
    EXPECT_EQ(code(reader->read(10)), ErrorCode::condition_failed);
}

TEST_F(FsTest, EveryChangeGivesAnotherEtag) {
    // The clock stands still, so only what the store does can tell versions apart.
    const auto runtime = Runtime::create({.clock = std::make_shared<ManualClock>()});
    const Store store = *open_files(root(), blob::FsDurability::process, runtime);
    Names etags;
    for (int i = 0; i < 200; ++i) {
        const auto made = i % 4 == 3 ? store.append("a", "x") : store.write("a", "12345");
        ASSERT_TRUE(made);
        EXPECT_EQ(made->etag, store.stat("a")->etag);
        EXPECT_EQ(made->modified_ms / 1000, 1'700'000'000);
        etags.push_back(made->etag);
        if (i % 10 == 9) {
            ASSERT_TRUE(store.remove("a"));
        }
    }
    std::ranges::sort(etags);
    EXPECT_EQ(std::ranges::adjacent_find(etags), etags.end());
}

TEST_F(FsTest, AnEtagIsNewerThanWhatItReplacesWhateverTheClockSays) {
    const Store store = open();
    ASSERT_TRUE(store.write("a", "12345"));
    const auto future = std::filesystem::file_time_type::clock::now() + std::chrono::hours(1000);
    std::filesystem::last_write_time(at("a"), future);
    const std::int64_t before = store.stat("a")->modified_ms;
    EXPECT_GE(store.write("a", "54321")->modified_ms, before);
    EXPECT_GE(store.append("a", "")->modified_ms, before);
}

TEST_F(FsTest, ConditionsHoldOrNothingHappens) {
    const Store store = open();
    const std::string first = store.write("a", "1", {.if_not_exists = true})->etag;
    EXPECT_EQ(code(store.write("a", "2", {.if_not_exists = true})), ErrorCode::already_exists);
    const std::string second = store.write("a", "2", {.if_match = first})->etag;
    EXPECT_EQ(code(store.write("a", "3", {.if_match = first})), ErrorCode::condition_failed);
    EXPECT_EQ(code(store.write("b", "3", {.if_match = "*"})), ErrorCode::condition_failed);
    EXPECT_EQ(code(store.write("b", "3", {.if_match = first, .append = true})),
              ErrorCode::condition_failed);
    EXPECT_EQ(code(store.write("a", "3", {.if_match = first, .append = true})),
              ErrorCode::condition_failed);
    EXPECT_EQ(code(store.remove("a", {.if_match = first})), ErrorCode::condition_failed);
    EXPECT_EQ(code(store.remove("b", {.if_match = "*"})), ErrorCode::condition_failed);
    EXPECT_EQ(code(store.copy("a", "c", {.if_match = first})), ErrorCode::condition_failed);
    EXPECT_EQ(code(store.stat("a", {.if_match = first})), ErrorCode::condition_failed);
    EXPECT_EQ(code(store.read("a", {}, {.if_none_match = second})), ErrorCode::condition_failed);
    EXPECT_EQ(store.read("a", {}, {.if_match = second})->text(), "2");
    const auto longer = store.write("a", "+", {.if_match = second, .append = true});
    ASSERT_TRUE(longer);
    EXPECT_EQ(store.read("a")->text(), "2+");
    EXPECT_TRUE(store.remove("a", {.if_match = longer->etag}));
    EXPECT_EQ(names(store.list()), Names{});
    EXPECT_EQ(staged(), Names{});
}

TEST_F(FsTest, AppendsGoToTheEndAndKeepAttributes) {
    const Store store = open();
    EXPECT_EQ(store.append("new/log", "one ")->size_bytes, 4U);
    ASSERT_TRUE(store.write("log", "one ", {.content_type = "text/x-log"}));
    EXPECT_EQ(store.append("log", "two ")->content_type, "text/x-log");
    auto writer = store.writer("log", {.append = true});
    ASSERT_TRUE(writer->write("thr"));
    ASSERT_TRUE(store.append("log", "2.5 "));
    ASSERT_TRUE(writer->write("ee"));
    EXPECT_EQ(store.read("log")->text(), "one two 2.5 ") << "there when it is finished";
    EXPECT_EQ(writer->finish()->size_bytes, 17U);
    EXPECT_EQ(store.read("log")->text(), "one two 2.5 three");
    auto fresh = store.writer("other", {.append = true});
    ASSERT_TRUE(fresh->write("first"));
    ASSERT_TRUE(fresh->finish());
    EXPECT_EQ(store.read("other")->text(), "first");
    EXPECT_FALSE(store.capabilities().atomic_append);
    EXPECT_EQ(staged(), Names{});
}

TEST_F(FsTest, AnAbortedOrDroppedWriterLeavesNothing) {
    const Store store = open();
    {
        auto writer = store.writer("deep/a");
        ASSERT_TRUE(writer->write("x"));
        EXPECT_EQ(staged().size(), 1U);
        EXPECT_TRUE(writer->abort());
        EXPECT_EQ(staged(), Names{});
        auto dropped = store.writer("deep/a");
        ASSERT_TRUE(dropped->write("x"));
        auto appending = store.writer("deep/a", {.append = true});
        ASSERT_TRUE(appending->write("x"));
    }
    EXPECT_EQ(staged(), Names{});
    EXPECT_EQ(names(store.list("", {.recursive = true})), Names{});
}

TEST_F(FsTest, CopiesAndRenamesWithAttributes) {
    const Store store = open();
    const std::vector<std::pair<std::string, std::string>> user = {{"k", "v"}};
    const std::string large(3 << 20, 'x');
    ASSERT_TRUE(store.write("a", large, {.content_type = "a/b", .user = user}));
    ASSERT_TRUE(store.copy("a", "new/b"));
    EXPECT_EQ(store.read("new/b")->text(), large);
    EXPECT_EQ(store.stat("new/b")->user, user);
    EXPECT_NE(store.stat("new/b")->etag, store.stat("a")->etag);
    EXPECT_EQ(code(store.copy("a", "new/b", {.if_not_exists = true})), ErrorCode::already_exists);
    EXPECT_EQ(code(store.rename("a", "new/b", {.if_not_exists = true})), ErrorCode::already_exists);
    EXPECT_EQ(code(store.copy("none", "dir/x")), ErrorCode::not_found);
    EXPECT_EQ(code(store.rename("none", "dir/x")), ErrorCode::not_found);
    EXPECT_FALSE(*store.exists("dir")) << "a failed call left a directory";
    ASSERT_TRUE(store.rename("a", "dir/c", {.if_not_exists = true}));
    EXPECT_EQ(store.stat("dir/c")->content_type, "a/b");
    ASSERT_TRUE(store.write("d", "small"));
    ASSERT_TRUE(store.rename("d", "dir/c"));
    EXPECT_EQ(store.read("dir/c")->text(), "small");
    EXPECT_EQ(names(store.list("", {.recursive = true})),
              (Names{"dir/", "dir/c", "new/", "new/b"}));
    EXPECT_EQ(staged(), Names{});
}

TEST_F(FsTest, ARenameBetweenTwoNamesOfOneFileLeavesOne) {
    const Store store = open();
    ASSERT_TRUE(store.write("a", "x"));
    std::filesystem::create_hard_link(at("a"), at("b"));
    ASSERT_TRUE(store.rename("a", "b"));
    EXPECT_EQ(names(store.list()), Names{"b"});
    EXPECT_EQ(store.read("b")->text(), "x");
}

TEST_F(FsTest, RemovesAllOfATree) {
    const Store store = open();
    for (const char* path : {"t/a", "t/b/c", "t/b/d/e", "tt", "u"}) {
        ASSERT_TRUE(store.write(path, "x"));
    }
    ASSERT_TRUE(store.create_dir("t/empty"));
    EXPECT_TRUE(store.remove_all("u/"));
    EXPECT_TRUE(store.remove_all("t/a/b/c"));
    EXPECT_TRUE(store.remove_all("t"));
    EXPECT_EQ(names(store.list("", {.recursive = true})), (Names{"tt", "u"}));
    EXPECT_TRUE(store.remove_all("u"));
    EXPECT_TRUE(store.remove_all("none"));
    EXPECT_TRUE(store.remove_all(""));
    EXPECT_EQ(names(store.list()), Names{});
}

TEST_F(FsTest, ReadsAndCopiesBeyondFourGigabytes) {
    constexpr std::uint64_t offset = std::uint64_t{5} << 30U;
    const Store store = open();
    ASSERT_TRUE(store.write("big", "start"));
    std::filesystem::resize_file(at("big"), offset);  // a hole, which takes no space
    ASSERT_TRUE(store.append("big", "the end"));
    EXPECT_EQ(store.stat("big")->size_bytes, offset + 7);
    EXPECT_EQ(store.read("big", {.offset = offset + 4})->text(), "end");
    EXPECT_EQ(store.read("big", ByteRange::suffix(3))->text(), "end");
    auto reader = store.reader("big");
    reader->seek(offset - 1);
    EXPECT_EQ(reader->read(4)->text(), std::string("\0the", 4));
    EXPECT_EQ(store.read("big", {.offset = (std::uint64_t{1} << 32U) - 1, .length = 2})->text(),
              std::string(2, '\0'));
}

TEST_F(FsTest, WorksForCallersThatDoNotWait) {
    const Store store = open();
    blob::AnyBackend& backend = store.backend();
    const Context context;
    std::string text = "borrowed only until the call returns";
    auto write = backend.write(context, "a", text, {.content_type = "x/y"});
    std::ranges::fill(text, '?');
    ASSERT_TRUE(std::move(write).wait());
    EXPECT_EQ(backend.read(context, "a", {}, {}).wait()->text(),
              "borrowed only until the call returns");
    auto sink = backend.open_write(context, "b", {}).wait();
    text = "piece";
    auto piece = (*sink)->write(context, text);
    std::ranges::fill(text, '?');
    ASSERT_TRUE(std::move(piece).wait());
    ASSERT_TRUE((*sink)->finish(context).wait());
    auto source = backend.open_read(context, "b", {}).wait();
    EXPECT_EQ((*source)->read(context, 1, 100).wait()->text(), "iece");
    EXPECT_EQ(backend.stat(context, "a", {}).wait()->content_type, "x/y");
    auto pages = backend.list(context, "", {});
    EXPECT_EQ((*pages->next(context).wait())->size(), 2U);
    EXPECT_TRUE(backend.copy(context, "a", "c", {}).wait());
    EXPECT_TRUE(backend.rename(context, "c", "d", {}).wait());
    EXPECT_TRUE(backend.remove(context, "d", {}).wait());
    EXPECT_TRUE(backend.create_dir(context, "e/").wait());
    EXPECT_TRUE(backend.remove_all(context, "e").wait());
    EXPECT_EQ(backend.health(context).wait()->state, Health::State::healthy);
    EXPECT_TRUE(backend.close(context).wait());
    EXPECT_EQ(code(backend.stat(context, "a", {}).wait()), ErrorCode::closed);
}

TEST_F(FsTest, StopsBeforeItBegins) {
    const auto clock = std::make_shared<ManualClock>();
    const Store store =
        *open_files(root(), blob::FsDurability::process, Runtime::create({.clock = clock}));
    std::stop_source stop;
    stop.request_stop();
    for (const bool waits : {false, true}) {
        EXPECT_EQ(code(store.backend()
                           .write({.stop = stop.get_token(), .caller_waits = waits}, "a", "x", {})
                           .wait()),
                  ErrorCode::cancelled);
        EXPECT_EQ(
            code(store.backend()
                     .write({.deadline = clock->steady_now(), .caller_waits = waits}, "a", "x", {})
                     .wait()),
            ErrorCode::timeout);
    }
    EXPECT_FALSE(*store.exists("a"));
}

TEST_F(FsTest, RefusesAllAfterClose) {
    const Store store = open();
    ASSERT_TRUE(store.write("a", "x"));
    auto writer = store.writer("b");
    auto reader = store.reader("a");
    auto list = store.list();
    ASSERT_TRUE(store.close());
    EXPECT_TRUE(store.close());
    EXPECT_EQ(code(store.read("a")), ErrorCode::closed);
    EXPECT_EQ(code(writer->finish()), ErrorCode::closed);
    EXPECT_EQ(code(reader->read(1)), ErrorCode::closed);
    EXPECT_EQ(code(list.next()), ErrorCode::closed);
    EXPECT_TRUE(writer->abort());
    EXPECT_EQ(store.health()->state, Health::State::unhealthy);
    EXPECT_EQ(staged(), Names{});
}

TEST_F(FsTest, HealthTellsWhatIsWrong) {
    const Store store = open();
    EXPECT_EQ(store.health()->state, Health::State::healthy);
    std::filesystem::remove_all(root());
    EXPECT_EQ(store.health()->state, Health::State::unhealthy);
    const Store closed(blob::AnyBackend(*blob::open_fs({.root = at("none"), .create = false})));
    EXPECT_EQ(closed.health()->state, Health::State::unhealthy);
}

TEST_F(FsTest, ErrorsNamePathAndNumber) {
    const Store store = open();
    ASSERT_TRUE(store.write("d/f", "x"));
    const auto failed = store.write("d", "x");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().operation(), "write");
    EXPECT_NE(failed.error().to_string().find("path=d"), std::string::npos);
    const auto long_name = store.write(std::string(256, 'n'), "x");
    EXPECT_EQ(code(long_name), ErrorCode::limit_exceeded);
    EXPECT_TRUE(store.write(std::string(255, 'n'), "x"));
}

/// Root may do everything, so that it gives its rights away for a while.
class OrdinaryUser {
  public:
    explicit OrdinaryUser(const std::filesystem::path& folder) : was_root_(::geteuid() == 0) {
        constexpr uid_t nobody = 65534;
        if (was_root_) {
            EXPECT_EQ(::chown(folder.c_str(), nobody, nobody), 0);
            EXPECT_EQ(::seteuid(nobody), 0);
        }
    }
    OrdinaryUser(const OrdinaryUser&) = delete;
    OrdinaryUser& operator=(const OrdinaryUser&) = delete;
    ~OrdinaryUser() {
        if (was_root_) {
            EXPECT_EQ(::seteuid(0), 0);
        }
    }

  private:
    bool was_root_;
};

TEST_F(FsTest, WhatMayNotBeReadOrWrittenSaysSo) {
    const OrdinaryUser user(folder_.path());
    const Store store = open();
    ASSERT_TRUE(store.write("d/f", "x"));
    std::filesystem::permissions(at("d/f"), std::filesystem::perms::none);
    EXPECT_EQ(code(store.read("d/f")), ErrorCode::permission_denied);
    EXPECT_EQ(store.stat("d/f")->size_bytes, 1U);
    std::filesystem::permissions(at("d"), std::filesystem::perms(0555));
    EXPECT_EQ(code(store.write("d/g", "x")), ErrorCode::permission_denied);
    std::filesystem::permissions(at("d"), std::filesystem::perms(0755));
}

}  // namespace
}  // namespace turntable::test
