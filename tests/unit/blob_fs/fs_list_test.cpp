#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <random>
#include <set>
#include <string_view>

#include "support/sanitized.hpp"
#include "turntable/blob/memory.hpp"
#include "unit/blob_fs/fs_fixture.hpp"

namespace turntable::test {
namespace {

TEST_F(FsTest, ListsInTheOrderOfPaths) {
    const Store store = open();
    for (const char* path : {"a/b", "a/c/d", "a-b", "a.b", "a0", "b"}) {
        ASSERT_TRUE(store.write(path, "x"));
    }
    EXPECT_EQ(names(store.list()), (Names{"a-b", "a.b", "a/", "a0", "b"}));
    EXPECT_EQ(names(store.list("", {.recursive = true})),
              (Names{"a-b", "a.b", "a/", "a/b", "a/c/", "a/c/d", "a0", "b"}));
    EXPECT_EQ(names(store.list("a")), (Names{"a-b", "a.b", "a/", "a0"}));
    EXPECT_EQ(names(store.list("a/")), (Names{"a/b", "a/c/"}));
    EXPECT_EQ(names(store.list("a/c", {.recursive = true})), (Names{"a/c/", "a/c/d"}));
    EXPECT_EQ(names(store.list("a/b")), Names{"a/b"});
    EXPECT_EQ(names(store.list("a/b/")), Names{});
    EXPECT_EQ(names(store.list("none/at/all")), Names{});
    EXPECT_EQ(names(store.list("", {.recursive = true, .start_after = "a/b"})),
              (Names{"a/c/", "a/c/d", "a0", "b"}));
    EXPECT_EQ(names(store.list("", {.recursive = true, .start_after = "a/c/"})),
              (Names{"a/c/d", "a0", "b"}));
    EXPECT_EQ(names(store.list("", {.start_after = "a/b"})), (Names{"a0", "b"}));
    EXPECT_EQ(names(store.list("", {.start_after = "a.b", .limit = 2})), (Names{"a/", "a0"}));
    EXPECT_EQ(names(store.list("", {.limit = 0})), Names{});
    EXPECT_EQ(names(store.list("", {.recursive = true, .limit = 4, .metadata = false})),
              (Names{"a-b", "a.b", "a/", "a/b"}));
}

TEST_F(FsTest, ListingsSayWhatStatSays) {
    const Store store = open();
    ASSERT_TRUE(store.write("d/f", "12345"));
    auto list = store.list("", {.recursive = true});
    const auto directory = *list.next();
    EXPECT_EQ(directory->metadata.kind, EntryKind::directory);
    const auto file = *list.next();
    const Metadata expected = *store.stat("d/f");
    EXPECT_EQ(file->metadata.size_bytes, 5U);
    EXPECT_EQ(file->metadata.etag, expected.etag);
    EXPECT_EQ(file->metadata.modified_ms, expected.modified_ms);
    for (auto& entry : store.list("", {.recursive = true, .metadata = false})) {
        EXPECT_EQ(entry->metadata.kind,
                  entry->path == "d/" ? EntryKind::directory : EntryKind::file);
    }
}

TEST_F(FsTest, ListingsAgreeWithMemoryForAnyPaths) {
    std::mt19937_64 random(7);
    const Store store = open();
    const Store model{blob::AnyBackend(blob::MemoryBackend())};
    const std::string_view segments[] = {"a", "b", "a-", "a!", "ab", "0"};
    for (int i = 0; i < 120; ++i) {
        std::string path;
        for (std::uint64_t depth = random() % 4; depth-- > 0;) {
            path.append(segments[random() % 6]).push_back('/');
        }
        path += "f" + std::string(segments[random() % 6]);
        ASSERT_TRUE(store.write(path, path));
        ASSERT_TRUE(model.write(path, path));
    }
    const Names all = names(model.list("", {.recursive = true}));
    EXPECT_EQ(names(store.list("", {.recursive = true})), all);
    for (int i = 0; i < 300; ++i) {
        std::string prefix = all[random() % all.size()];
        prefix.resize(random() % (prefix.size() + 1));
        const std::string after = all[random() % all.size()];
        const blob::ListOptions options{
            .recursive = random() % 2 == 0,
            .start_after = random() % 2 == 0 ? std::string_view(after) : "",
            .limit = 1 + random() % 20};
        EXPECT_EQ(names(store.list(prefix, options)), names(model.list(prefix, options)))
            << prefix << " after " << options.start_after;
    }
}

TEST_F(FsTest, ListsAHundredThousandEntriesOfOneFolder) {
#ifdef TURNTABLE_TEST_SANITIZED
    constexpr int count = 10'000;
#else
    constexpr int count = 100'000;
#endif
    put("many/first", "");
    for (int i = 0; i < count; ++i) {
        const std::string name = at("many/" + std::to_string(i));
        ASSERT_EQ(::mknod(name.c_str(), S_IFREG | 0600, 0), 0);
    }
    const Store store = open();
    std::string last;
    int seen = 0;
    for (auto& entry : store.list("many/", {.metadata = false})) {
        ASSERT_TRUE(entry);
        ASSERT_LT(last, entry->path);
        last = entry->path;
        ++seen;
    }
    EXPECT_EQ(seen, count + 1);
    EXPECT_EQ(names(store.list("many/",
                               {.start_after = "many/" + std::to_string(count - 2), .limit = 5})),
              (Names{"many/" + std::to_string(count - 1), "many/first"}));
    ASSERT_TRUE(store.remove_all("many"));
    EXPECT_EQ(names(store.list()), Names{});
}

TEST_F(FsTest, ListsWhatLiesInVeryManyDirectoriesInEachOther) {
    const Store store = open();
    std::string path;
    for (int depth = 0; depth < 400; ++depth) {
        path += "d/";
    }
    ASSERT_TRUE(store.write(path + "f", "x"));
    ASSERT_TRUE(store.write("d/d/z", "x"));
    const Names all = names(store.list("", {.recursive = true}));
    EXPECT_EQ(all.size(), 402U);
    EXPECT_EQ(all[400], path + "f");
    EXPECT_EQ(all[401], "d/d/z");
    EXPECT_TRUE(store.remove_all("d"));
    EXPECT_EQ(names(store.list()), Names{});
}

TEST_F(FsTest, LeavesOutWhatIsNoBlob) {
    put("d/file", "x");
    ASSERT_EQ(::mkfifo(at("d/pipe").c_str(), 0600), 0);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(at("d"));  // the name of a socket must be short
    std::string_view("socket").copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    std::filesystem::current_path(before);
    std::filesystem::create_symlink("file", at("d/link"));
    const Store store = open();
    EXPECT_EQ(names(store.list("d/")), Names{"d/file"});
    EXPECT_EQ(code(store.read("d/pipe")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.stat("d/pipe")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.read("d/socket")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.copy("d/pipe", "x")), ErrorCode::type_mismatch);
    EXPECT_EQ(code(store.rename("d/pipe", "x")), ErrorCode::type_mismatch);
    EXPECT_TRUE(store.remove_all("d")) << "they are in the way of a removal otherwise";
    EXPECT_FALSE(std::filesystem::exists(at("d")));
    ::close(socket);
}

TEST_F(FsTest, WhatAStoreBelowKeepsForItselfIsHiddenToo) {
    const Store outer = open();
    {
        const Store inner = *open_files(at("a/inner"));
        ASSERT_TRUE(inner.write("file", "x", {.content_type = "text/plain"}));
    }
    ASSERT_TRUE(std::filesystem::exists(at("a/inner/.turntable-fs")));
    EXPECT_EQ(names(outer.list("", {.recursive = true})),
              (Names{"a/", "a/inner/", "a/inner/file"}));
    EXPECT_EQ(code(outer.write("a/inner/.turntable-fs/staging/x", "x")),
              ErrorCode::invalid_argument);
    EXPECT_EQ(code(outer.stat("a/inner/.turntable-fs")), ErrorCode::invalid_argument);
    EXPECT_EQ(code(outer.remove("a/.turntable-fs/x")), ErrorCode::invalid_argument);
    EXPECT_TRUE(outer.write("a/.turntable-fs2", "another name"));
    ASSERT_TRUE(outer.remove_all("a/"));
    EXPECT_FALSE(std::filesystem::exists(at("a")));
}

TEST_F(FsTest, NamesThatHurt) {
    const Store store = open();
    Names paths = {"-rf",
                   "new\nline",
                   "tab\ttab",
                   "back\\slash",
                   "%2e%2e/x",
                   "%2e%2e/inner",
                   "*?[x]",
                   "~",
                   "$HOME",
                   "...",
                   "\xff\xfe",
                   "\xc3\x28",
                   "a b ",
                   "日本語",
                   "e\xcc\x81",
                   "é",
                   "\x01\x7f",
                   "'\"`",
                   std::string(255, 'n'),
                   "con",
                   "a:b",
                   "\xf0\x9f\x92\xbf"};
    for (const std::string& path : paths) {
        ASSERT_TRUE(store.write(path, path)) << path;
    }
    for (const std::string& path : paths) {
        EXPECT_EQ(store.read(path)->text(), path);
        EXPECT_EQ(content(at(path)), path);
        EXPECT_EQ(names(store.list(path, {.limit = 1})), Names{path}) << path;
    }
    const Names listed = names(store.list("", {.recursive = true}));
    EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(), paths.size());
    for (const std::string& path : paths) {
        EXPECT_EQ(std::ranges::count(listed, path), 1) << path;
        EXPECT_TRUE(store.remove(path)) << path;
    }
    EXPECT_EQ(code(store.write("..", "x")), ErrorCode::invalid_argument);
    EXPECT_EQ(code(store.write(std::string("a\0b", 3), "x")), ErrorCode::invalid_argument);
}

TEST_F(FsTest, GoesOnWhereEntriesVanishWhileItLists) {
    const Store store = open();
    for (int i = 0; i < 1500; ++i) {
        put("d" + std::to_string(1000 + i), "x");
    }
    auto list = store.list();
    ASSERT_TRUE(*list.next());
    ASSERT_TRUE(store.remove_all(""));
    const Names rest = names(std::move(list));
    EXPECT_EQ(rest.size(), 999U) << "the page that was there, and nothing that is gone";
}

}  // namespace
}  // namespace turntable::test
