#include "turntable/blob/path.hpp"

#include <gtest/gtest.h>

#include <string>

namespace turntable::blob {
namespace {

std::string normal(std::string_view path) {
    Result<std::string> out = normalize_path(path);
    return out ? *out : "! " + std::string(to_string(out.error().code()));
}

TEST(BlobPath, HasOneForm) {
    EXPECT_EQ(normal(""), "");
    EXPECT_EQ(normal("/"), "");
    EXPECT_EQ(normal("a"), "a");
    EXPECT_EQ(normal("a/"), "a/");
    EXPECT_EQ(normal("/a//./b"), "a/b");
    EXPECT_EQ(normal("//a///"), "a/");
    EXPECT_EQ(normal("."), "");
    EXPECT_EQ(normal("./a/."), "a/");
    EXPECT_EQ(normal("a/.b/..c/d..."), "a/.b/..c/d...");
    EXPECT_EQ(normal("a b/\xC3\xA9\n?*%2e%2e/\\..\\x"), "a b/\xC3\xA9\n?*%2e%2e/\\..\\x");
}

TEST(BlobPath, NeverLeadsUpAndHoldsNoNul) {
    for (const std::string_view path :
         {"..", "../a", "a/..", "a/../b", "/..", "a/../", "a/./../b", "//..//a"}) {
        EXPECT_EQ(normal(path), "! invalid_argument") << path;
    }
    EXPECT_EQ(normal(std::string_view("a\0b", 3)), "! invalid_argument");
}

TEST(BlobPath, LimitsHoldOnBothSides) {
    const Limits limits;
    const std::string segment(limits.segment_bytes_max, 'x');
    EXPECT_EQ(normal(segment), segment);
    EXPECT_EQ(normal(segment + "x"), "! limit_exceeded");
    std::string path = segment + "/" + segment + "/" + segment + "/s/";
    path += std::string(limits.path_bytes_max - path.size(), 'y');
    EXPECT_EQ(normal(path), path);
    EXPECT_EQ(normal(path.substr(0, path.size() - 1) + "/y"), "! limit_exceeded");
    EXPECT_EQ(normal("/" + path), path) << "what falls away does not count";
}

TEST(BlobPath, KnowsParentAndName) {
    EXPECT_EQ(parent_path("a/b/c"), "a/b/");
    EXPECT_EQ(parent_path("a/b/"), "a/");
    EXPECT_EQ(parent_path("a"), "");
    EXPECT_EQ(parent_path(""), "");
    EXPECT_EQ(base_name("a/b/c"), "c");
    EXPECT_EQ(base_name("a/b/"), "b");
    EXPECT_EQ(base_name("a"), "a");
    EXPECT_EQ(base_name(""), "");
    EXPECT_TRUE(is_directory_path("") && is_directory_path("a/") && !is_directory_path("a"));
}

}  // namespace
}  // namespace turntable::blob
