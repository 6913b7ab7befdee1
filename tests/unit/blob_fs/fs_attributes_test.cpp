#include <fcntl.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "crash/small_disk.hpp"
#include "unit/blob_fs/fs_fixture.hpp"

namespace turntable::test {
namespace {

using User = std::vector<std::pair<std::string, std::string>>;

std::string attribute(const std::string& file, const char* name) {
    std::string value(4096, '\0');
    const ssize_t size = ::getxattr(file.c_str(), name, value.data(), value.size());
    value.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return value;
}

TEST_F(FsTest, AttributesAreThoseThatOtherProgramsRead) {
    const Store store = open();
    const User user = {{"author", "me"}, {"mime_type", "mine"}, {"turntable.x", "y"}};
    ASSERT_TRUE(store.write("a", "x", {.content_type = "text/plain", .user = user}));
    if (attribute(at("a"), "user.mime_type").empty()) {
        GTEST_SKIP() << "this file system has no extended attributes";
    }
    EXPECT_EQ(attribute(at("a"), "user.mime_type"), "text/plain");
    EXPECT_EQ(attribute(at("a"), "user.author"), "me");
    EXPECT_EQ(store.stat("a")->user, user);
    ASSERT_EQ(::setxattr(at("a").c_str(), "user.from_outside", "1", 1, 0), 0);
    ASSERT_EQ(::setxattr(at("a").c_str(), "user.Capital", "1", 1, 0), 0);
    EXPECT_EQ(store.stat("a")->user.size(), 4U) << "a name that ours cannot have is left out";
    ASSERT_TRUE(store.write("a", "without"));
    EXPECT_EQ(store.stat("a")->user, User{});
    EXPECT_EQ(store.stat("a")->content_type, "");
}

TEST_F(FsTest, AttributesThatTheFileSystemCannotHoldGoIntoAFile) {
    const Store store = open();
    // A name longer than any extended attribute may have.
    const User user = {{std::string(1000, 'n'), std::string(1000, 'v')}};
    ASSERT_TRUE(store.write("a", "x", {.content_type = "a/b", .user = user}));
    EXPECT_EQ(store.stat("a")->user, user);
    EXPECT_EQ(store.stat("a")->content_type, "a/b");
    EXPECT_EQ(store.append("a", "y")->user, user);
    ASSERT_TRUE(store.copy("a", "b"));
    ASSERT_TRUE(store.rename("a", "c"));
    EXPECT_EQ(open().stat("b")->user, user);
    EXPECT_EQ(open().stat("c")->user, user);
    const auto files = [&] {
        return std::distance(std::filesystem::directory_iterator(at(".turntable-fs/attributes")),
                             std::filesystem::directory_iterator());
    };
    EXPECT_EQ(files(), 2);
    ASSERT_TRUE(store.write("b", "plain"));
    EXPECT_EQ(store.stat("b")->user, User{});
    ASSERT_TRUE(store.remove("c"));
    EXPECT_EQ(files(), 0);
}

/// A file system without extended attributes, and one that is full.
class FsMounted : public SmallDisk {};

TEST_F(FsMounted, AttributesWithoutExtendedAttributes) {
    const std::string root = file("ramfs");
    ASSERT_EQ(::mkdir(root.c_str(), 0755), 0);
    if (::mount("ramfs", root.c_str(), "ramfs", 0, nullptr) != 0) {
        GTEST_SKIP() << "cannot mount a ramfs: " << std::strerror(errno);
    }
    ASSERT_EQ(::setxattr(root.c_str(), "user.x", "1", 1, 0), -1);
    const User user = {{"k", "v"}, {"l", ""}};
    const Store store = *open_files(root);
    ASSERT_TRUE(store.write("a", "x", {.content_type = "a/b", .user = user}));
    ASSERT_TRUE(store.rename("a", "b"));
    ASSERT_TRUE(store.append("b", "x"));
    const Store again = *open_files(root);
    EXPECT_EQ(again.stat("b")->user, user);
    EXPECT_EQ(again.stat("b")->content_type, "a/b");
    ASSERT_TRUE(again.write("b", "without"));
    EXPECT_EQ(again.stat("b")->user, User{});
    EXPECT_EQ(::umount2(root.c_str(), MNT_DETACH), 0);
}

TEST_F(FsMounted, AFullDiskIsAClearErrorAndNothingIsLost) {
    const Store store = *open_files(file("root"), blob::FsDurability::full);
    const std::string kept(100'000, 'k');
    ASSERT_TRUE(store.write("kept", kept));
    ASSERT_TRUE(store.write("log", kept));
    const std::string large(4 << 20, 'x');
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(code(store.write("kept", large)), ErrorCode::no_space);
        EXPECT_EQ(code(store.append("log", large)), ErrorCode::no_space);
        auto writer = store.writer("kept");
        Result<void> written;
        for (int pieces = 0; written && pieces < 100; ++pieces) {
            written = writer->write(kept);
        }
        EXPECT_EQ(code(written), ErrorCode::no_space);
        EXPECT_EQ(written.error().retry(), Retry::temporary);
    }
    EXPECT_EQ(store.read("kept")->text(), kept);
    EXPECT_EQ(store.read("log")->text(), kept);
    EXPECT_EQ(names(store.list()), (Names{"kept", "log"}));
    // What failed gave its space back.
    EXPECT_TRUE(store.write("more", std::string(500'000, 'm')));
    free_ballast();
    EXPECT_TRUE(store.append("log", std::string(300'000, 'l')));
}

TEST_F(FsMounted, AnotherFileSystemBelowTheRootSaysSo) {
    const Store store = *open_files(folder_.file("root"));
    ASSERT_TRUE(store.create_dir("mnt"));
    const std::string mount_point = folder_.file("root/mnt");
    ASSERT_EQ(::mount("tmpfs", mount_point.c_str(), "tmpfs", 0, "size=1m"), 0);
    const auto written = store.write("mnt/x", "1");
    EXPECT_EQ(code(written), ErrorCode::unsupported);
    EXPECT_NE(written.error().message().find("another file system"), std::string::npos);
    EXPECT_EQ(::umount2(mount_point.c_str(), MNT_DETACH), 0);
}

}  // namespace
}  // namespace turntable::test
