#include "cli/blob_location.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/blob_output.hpp"
#include "support/temp_folder.hpp"

namespace turntable_cli {
namespace {

struct Meaning {
    std::string_view text;
    std::string_view default_store;
    std::string_view url;
    std::string_view path;
    bool is_directory;
};

TEST(BlobLocation, TellsStoresFromPaths) {
    const Meaning meanings[] = {
        {"fs:/srv/files::photos/a.jpg", "", "fs:/srv/files", "photos/a.jpg", false},
        {"@media::a/b", "memory:", "@media", "a/b", false},
        {"@media::a/", "", "@media", "a/", true},
        {"@media", "", "@media", "", true},
        {"@media::", "", "@media", "", true},
        {"memory:x::a", "", "memory:x", "a", false},
        {"memory:x", "", "memory:x", "", true},
        {"memory:x::a::b", "", "memory:x", "a::b", false},
        {"s3://[::1]:9000/b?x=y::k", "", "s3://[::1]:9000/b?x=y", "k", false},
        {"a/b", "memory:x", "memory:x", "a/b", false},
        {"a::b", "memory:x", "memory:x", "a::b", false},
        {"::a/b", "@media", "@media", "a/b", false},
        {"::", "@media", "@media", "", true},
    };
    for (const Meaning& meaning : meanings) {
        const auto got = parse_location(meaning.text, meaning.default_store);
        ASSERT_TRUE(got.has_value()) << meaning.text;
        EXPECT_EQ(got->url, meaning.url) << meaning.text;
        EXPECT_EQ(got->path, meaning.path) << meaning.text;
        EXPECT_EQ(got->is_directory, meaning.is_directory) << meaning.text;
    }
}

TEST(BlobLocation, PathsInTheDefaultStoreNeedOne) {
    EXPECT_EQ(parse_location("::a", "").error().code(), turntable::ErrorCode::invalid_argument);
    EXPECT_EQ(parse_location("", "").error().code(), turntable::ErrorCode::invalid_argument);
}

class LocalLocation : public testing::Test {
  protected:
    LocalLocation() {
        std::filesystem::create_directories(root / "dir/sub");
        std::ofstream(root / "dir/file") << "x";
        std::filesystem::create_symlink("dir", root / "link");
        std::filesystem::create_symlink("dir/file", root / "file link");
    }
    std::string url(const std::string& below = {}) const {
        return "fs:" + turntable::percent_encode((root / below).string(), "/");
    }
    BlobLocation at(const std::string& below, LocalFolder folder = LocalFolder::store) const {
        return parse_location((root / below).string(), "memory:", folder).value();
    }

    turntable::test::TempFolder folder_;
    std::filesystem::path root = std::filesystem::canonical(folder_.path());
};

TEST_F(LocalLocation, AFileIsInItsFolder) {
    EXPECT_EQ(at("dir/file").url, url("dir"));
    EXPECT_EQ(at("dir/file").path, "file");
    EXPECT_EQ(at("dir/new/deep").url, url("dir"));
    EXPECT_EQ(at("dir/new/deep").path, "new/deep");
    EXPECT_EQ(at("dir/new/").path, "new/");
    EXPECT_TRUE(at("dir/new/").is_directory);
    EXPECT_EQ(at("dir/new/").name, "new");
}

TEST_F(LocalLocation, AFolderIsAStoreUnlessItIsToBeAnEntry) {
    EXPECT_EQ(at("dir").url, url("dir"));
    EXPECT_EQ(at("dir").path, "");
    EXPECT_EQ(at("dir").name, "dir");
    EXPECT_FALSE(at("dir").is_directory);
    EXPECT_TRUE(at("dir/").is_directory);
    EXPECT_TRUE(at("dir/.").is_directory);
    EXPECT_EQ(at("dir/sub/..").url, url("dir"));
    EXPECT_EQ(at("dir", LocalFolder::entry).path, "dir");
    EXPECT_EQ(at("dir/", LocalFolder::entry).path, "dir/");
    EXPECT_EQ(at("dir/sub", LocalFolder::entry).url, url("dir"));
}

TEST_F(LocalLocation, LinksAreFollowedToReadAndStayLinksToRemove) {
    EXPECT_EQ(at("link/file").url, url("dir"));
    EXPECT_EQ(at("link").url, url("dir"));
    EXPECT_EQ(at("file link").path, "file");
    EXPECT_EQ(at("file link", LocalFolder::entry).path, "file link");
    EXPECT_EQ(at("link/file", LocalFolder::entry).url, url("dir"));
}

TEST(ShownName, CannotFoolATerminal) {
    EXPECT_EQ(shown_name("plain ä 漢 😀.txt"), "plain ä 漢 😀.txt");
    EXPECT_EQ(shown_name("a\nb\x1b[2Jc\x7f"), "a\\x0ab\\x1b[2Jc\\x7f");
    EXPECT_EQ(shown_name("back\\slash"), "back\\\\slash");
    EXPECT_EQ(shown_name("\xc2\x9b"
                         "31m"),
              "\\u009b31m");  // CSI in one character
    EXPECT_EQ(shown_name("gpj.\xe2\x80\xae"
                         "exe"),
              "gpj.\\u202eexe");  // turns the direction
    EXPECT_EQ(shown_name("\xf3\xa0\x80\xa1"), "\\U000e0021");
    EXPECT_EQ(shown_name("\xff\xc3(\xed\xa0\x80"), "\\xff\\xc3(\\xed\\xa0\\x80");
    EXPECT_EQ(shown_name("cut \xe2\x82"), "cut \\xe2\\x82");
}

TEST(ShownText, LeavesWhatAnErrorEscapedAlready) {
    EXPECT_EQ(shown_text("path=a\\x1b \xc2\x9b"), "path=a\\x1b \\u009b");
}

TEST(JsonPath, HasThePathExactly) {
    EXPECT_EQ(json_path_member("path", "a\n\"ä"), "\"path\":\"a\\n\\\"ä\"");
    EXPECT_EQ(json_path_member("path", "a\xff"),
              "\"path\":\"a\xef\xbf\xbd\",\"path_hex\":\"61ff\"");
}

TEST(PrintMoment, IsUtc) {
    EXPECT_EQ(print_moment(0), "-");
    EXPECT_EQ(print_moment(1'767'225'600'999), "2026-01-01T00:00:00Z");
    EXPECT_EQ(print_moment(-1), "1969-12-31T23:59:59Z");
}

}  // namespace
}  // namespace turntable_cli
