#include <fcntl.h>
#include <sys/syscall.h>

#include <atomic>
#include <thread>

#include "backends/fs/beneath.hpp"
#include "unit/blob_fs/fs_fixture.hpp"

// Nothing outside the root is ever read, written, listed or removed.
namespace turntable::test {
namespace {

using blob::fs::Descriptor;
using blob::fs::open_beneath;
using blob::fs::Resolver;

class FsEscape : public FsTest {
  protected:
    void SetUp() override {
        std::filesystem::create_directories(folder_.path() / "outside/deep");
        std::ofstream(folder_.file("outside/secret")) << "secret";
        std::ofstream(folder_.file("outside/deep/secret")) << "secret";
        put("inside/file", "inside");
        std::filesystem::create_symlink("../outside/secret", at("to_file"));
        std::filesystem::create_symlink("../outside", at("to_folder"));
        std::filesystem::create_symlink(folder_.file("outside"), at("to_folder_absolute"));
        std::filesystem::create_symlink("nowhere", at("dangling"));
        std::filesystem::create_symlink("inside/file", at("stays_inside"));
        std::filesystem::create_symlink("..", at("inside/up"));
        std::filesystem::create_symlink("loop", at("loop"));
    }
    void TearDown() override {
        EXPECT_EQ(content(folder_.file("outside/secret")), "secret");
        EXPECT_EQ(content(folder_.file("outside/deep/secret")), "secret");
        EXPECT_EQ(
            std::distance(std::filesystem::recursive_directory_iterator(folder_.path() / "outside"),
                          std::filesystem::recursive_directory_iterator()),
            3)
            << "something was made or removed outside";
    }
};

TEST_F(FsEscape, NoLinkIsFollowed) {
    const Store store = open();
    for (const char* path : {"to_file", "to_folder", "to_folder/secret", "to_folder/deep/secret",
                             "to_folder_absolute/secret", "dangling", "stays_inside",
                             "inside/up/inside/file", "loop", "loop/x"}) {
        EXPECT_EQ(code(store.read(path)), ErrorCode::permission_denied) << path;
        EXPECT_EQ(code(store.stat(path)), ErrorCode::permission_denied) << path;
        EXPECT_EQ(code(store.reader(path)), ErrorCode::permission_denied) << path;
        EXPECT_EQ(code(store.append(path, "x")), ErrorCode::permission_denied) << path;
        EXPECT_EQ(code(store.copy(path, "copy")), ErrorCode::permission_denied) << path;
        EXPECT_EQ(code(store.create_dir(std::string(path) + "/new")), ErrorCode::permission_denied)
            << path;
        EXPECT_EQ(code(store.write(std::string(path) + "/new", "x")), ErrorCode::permission_denied)
            << path;
        EXPECT_FALSE(store.remove(std::string(path) + "/secret")) << path;
        EXPECT_FALSE(store.remove_all(std::string(path) + "/deep")) << path;
        EXPECT_NE(names(store.list(std::string(path) + "/"))[0].find("symbolic links"),
                  std::string::npos)
            << path;
    }
    EXPECT_FALSE(store.rename("to_file", "inside/stolen"));
    EXPECT_FALSE(store.rename("to_folder/secret", "inside/stolen"));
    EXPECT_FALSE(store.rename("inside/file", "to_folder/file"));
    EXPECT_EQ(names(store.list("", {.recursive = true})), (Names{"inside/", "inside/file"}));
}

TEST_F(FsEscape, AWriteOrRemovalOfALinkIsOfTheLinkItself) {
    const Store store = open();
    EXPECT_EQ(code(store.write("to_file", "x", {.if_not_exists = true})),
              ErrorCode::already_exists);
    EXPECT_TRUE(store.write("to_file", "mine"));
    EXPECT_EQ(store.read("to_file")->text(), "mine");
    EXPECT_TRUE(store.write("dangling", "mine"));
    EXPECT_FALSE(std::filesystem::exists(at("nowhere")));
    EXPECT_TRUE(store.remove("to_folder"));
    EXPECT_TRUE(store.remove_all("to_folder_absolute"));
    EXPECT_TRUE(store.remove_all("inside"));
    EXPECT_TRUE(store.remove_all(""));
    EXPECT_EQ(names(store.list()), Names{});
}

TEST_F(FsEscape, APrivateFolderThatIsALinkIsRefused) {
    std::filesystem::create_symlink("../outside", at(".turntable-fs"));
    const Store store = open();
    EXPECT_EQ(code(store.write("x", "1")), ErrorCode::permission_denied);
    EXPECT_EQ(store.read("inside/file")->text(), "inside");
}

class FsResolver : public FsEscape, public testing::WithParamInterface<Resolver> {};

TEST_P(FsResolver, OpensOnlyWhatLiesBelow) {
    const Descriptor root(::open(FsTest::root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(root);
    const auto number = [&](const char* path, int flags) {
        return open_beneath(GetParam(), root.get(), path, flags) ? 0 : errno;
    };
    EXPECT_EQ(number("inside/file", O_RDONLY), 0);
    EXPECT_EQ(number("inside/", O_RDONLY), 0);
    EXPECT_EQ(number("", O_RDONLY | O_DIRECTORY), 0);
    EXPECT_EQ(number("inside/none", O_RDONLY), ENOENT);
    EXPECT_EQ(number("none/file", O_RDONLY), ENOENT);
    EXPECT_EQ(number("inside/file/x", O_RDONLY), ENOTDIR);
    EXPECT_EQ(number("inside/file/", O_RDONLY), ENOTDIR);
    for (const char* path : {"to_file", "to_folder", "to_folder/secret", "dangling", "loop",
                             "stays_inside", "inside/up/inside/file"}) {
        EXPECT_EQ(number(path, O_RDONLY), ELOOP) << path;
        EXPECT_EQ(number(path, O_RDONLY | O_DIRECTORY), ELOOP) << path;
    }
}

/// A folder that is a link for a moment, again and again, while it is looked up.
TEST_P(FsResolver, ALinkThatIsSwappedInMeanwhileLeadsNowhere) {
    const Descriptor root(::open(FsTest::root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    std::filesystem::create_directory(at("d"));
    std::ofstream(at("d/secret")) << "inside";
    std::filesystem::create_symlink("../outside", at("other"));
    std::atomic<bool> done = false;
    std::jthread swapper([&] {
        while (!done) {
            ::renameat2(root.get(), "d", root.get(), "other", RENAME_EXCHANGE);
        }
    });
    int opened = 0;
    int refused = 0;
    for (int i = 0; i < 20000 && (i < 3000 || opened == 0 || refused == 0); ++i) {
        const Descriptor file = open_beneath(GetParam(), root.get(), "d/secret", O_RDONLY);
        std::string text(8, '\0');
        if (file) {
            text.resize(static_cast<std::size_t>(::read(file.get(), text.data(), text.size())));
            EXPECT_EQ(text, "inside");
            ++opened;
        } else {
            EXPECT_TRUE(errno == ELOOP || errno == ENOENT || errno == ENOTDIR) << errno;
            ++refused;
        }
    }
    done = true;
    EXPECT_GT(opened, 0);
    EXPECT_GT(refused, 0);
}

INSTANTIATE_TEST_SUITE_P(Both, FsResolver, testing::Values(Resolver::kernel, Resolver::walk),
                         [](const auto& resolver) {
                             return std::string(resolver.param == Resolver::kernel ? "kernel"
                                                                                   : "walk");
                         });

TEST_F(FsEscape, WritesAndRemovalsStayInsideWhileFoldersAreSwapped) {
    const Store store = open();
    std::filesystem::create_directory(at("d"));
    std::filesystem::create_symlink("../outside", at("other"));
    std::atomic<bool> done = false;
    std::jthread swapper([&, root = at("d"), other = at("other")] {
        while (!done) {
            ::renameat2(AT_FDCWD, root.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
        }
    });
    int written = 0;
    for (int i = 0; i < 1500; ++i) {
        written += store.write("d/secret", "mine") ? 1 : 0;
        (void)store.append("d/deep/secret", "mine");
        (void)store.remove("d/secret");
        (void)store.remove_all("d/deep");
        (void)store.create_dir("d/made");
        (void)store.rename("inside/file", "d/secret");
        for (const std::string& path : names(store.list("d/", {.recursive = true}))) {
            EXPECT_EQ(path.find("outside"), std::string::npos);
        }
    }
    done = true;
    EXPECT_GT(written, 0);
}

}  // namespace
}  // namespace turntable::test
