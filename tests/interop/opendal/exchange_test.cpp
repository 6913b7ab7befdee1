#include <filesystem>

#include "support/child_process.hpp"
#include "support/npm_program.hpp"
#include "unit/blob_fs/fs_fixture.hpp"

namespace turntable::test {
namespace {

TEST_F(FsTest, OpenDalReadsWhatWeWriteAndWeReadWhatItWrites) {
    const std::string folder = INTEROP_FOLDER;
    if (!std::filesystem::exists(folder + "/node_modules/opendal")) {
        GTEST_SKIP() << "opendal is not installed in " << folder;
    }
    // OpenDAL 0.49.2 reads no name with a backslash or a space at its end.
    const Names paths = {"plain", "deep/er/file", "-rf",      "new\nline",
                         "~",     "%2e%2e",       "*?[x]",    "...",
                         "$HOME", "日本語",       "a b",      "e\xcc\x81",
                         "'\"`",  "tab\ttab",     "\x01\x7f", std::string(255, 'n'),
                         "a:b",   "empty",        "large"};
    const auto content_of = [](const std::string& path) {
        return path == "empty"   ? std::string()
               : path == "large" ? std::string(3 << 20, 'l')
                                 : std::string("\0\xff", 2) + path;
    };
    const Store store = open();
    for (const std::string& path : paths) {
        ASSERT_TRUE(store.write("ours/" + path, content_of(path), {.content_type = "a/b"})) << path;
    }
    const auto [status, output] =
        run_program({npm_program("node"), folder + "/opendal/peer.mjs", root()});
    ASSERT_EQ(status, 0) << output;
    EXPECT_EQ(output, std::to_string(paths.size()) + "\n");
    for (const std::string& path : paths) {
        const auto read = store.read("theirs/" + path);
        ASSERT_TRUE(read) << read.error().to_string();
        EXPECT_EQ(read->text(), "read: " + content_of(path)) << path;
    }
    const Names ours = names(store.list("ours/", {.recursive = true}));
    Names theirs = names(store.list("theirs/", {.recursive = true}));
    for (std::string& path : theirs) {
        path.replace(0, 6, "ours");
    }
    EXPECT_EQ(ours, theirs);
}

}  // namespace
}  // namespace turntable::test
