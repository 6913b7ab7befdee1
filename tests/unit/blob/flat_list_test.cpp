#include "turntable/blob/detail/flat_list.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace turntable::blob {
namespace {

using Names = std::vector<std::string>;

/// Lists `paths` as an engine would that has only their order.
Names list(const std::set<std::string>& paths, std::string_view prefix,
           const ListOptions& options = {}) {
    detail::FlatList list(prefix, options);
    EntryPage page;
    auto at = paths.lower_bound(list.from());
    while (!list.is_done() && at != paths.end()) {
        EXPECT_GE(*at, list.from());
        const EntryKind kind = at->ends_with('/') ? EntryKind::directory : EntryKind::file;
        const auto step = list.accept({*at, {.kind = kind}}, page);
        at = step == detail::FlatList::Step::seek ? paths.lower_bound(list.from()) : ++at;
    }
    Names out;
    for (const Entry& entry : page) {
        EXPECT_EQ(entry.metadata.kind == EntryKind::directory, entry.path.ends_with('/'));
        out.push_back(entry.path);
    }
    return out;
}

const std::set<std::string> paths = {"a",     "b-x",     "b.txt", "b/1",    "b/c/2",
                                     "b/c/3", "b/d/e/4", "b0",    "empty/", "z"};

TEST(FlatList, GivesOneLevel) {
    EXPECT_EQ(list(paths, ""), (Names{"a", "b-x", "b.txt", "b/", "b0", "empty/", "z"}));
    EXPECT_EQ(list(paths, "b/"), (Names{"b/1", "b/c/", "b/d/"}));
    EXPECT_EQ(list(paths, "b"), (Names{"b-x", "b.txt", "b/", "b0"}));
    EXPECT_EQ(list(paths, "empty/"), Names{});
    EXPECT_EQ(list(paths, "no/"), Names{});
}

TEST(FlatList, GivesEverythingBelowWithDirectoriesFirst) {
    EXPECT_EQ(list(paths, "", {.recursive = true}),
              (Names{"a", "b-x", "b.txt", "b/", "b/1", "b/c/", "b/c/2", "b/c/3", "b/d/", "b/d/e/",
                     "b/d/e/4", "b0", "empty/", "z"}));
    EXPECT_EQ(list(paths, "b/", {.recursive = true}),
              (Names{"b/1", "b/c/", "b/c/2", "b/c/3", "b/d/", "b/d/e/", "b/d/e/4"}));
    EXPECT_EQ(list(paths, "b/c", {.recursive = true}), (Names{"b/c/", "b/c/2", "b/c/3"}));
}

TEST(FlatList, EveryPlaceToGoOnGivesTheRest) {
    for (const bool recursive : {false, true}) {
        const Names all = list(paths, "", {.recursive = recursive});
        for (std::size_t i = 0; i < all.size(); ++i) {
            EXPECT_EQ(list(paths, "", {.recursive = recursive, .start_after = all[i]}),
                      Names(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end()))
                << all[i];
        }
        EXPECT_EQ(list(paths, "", {.recursive = recursive, .start_after = "zz"}), Names{});
    }
    EXPECT_EQ(list(paths, "", {.start_after = "b/c/2"}), (Names{"b0", "empty/", "z"}));
}

TEST(FlatList, EveryLimitGivesAsMany) {
    const Names all = list(paths, "", {.recursive = true});
    for (std::size_t i = 0; i <= all.size() + 1; ++i) {
        const Names some = list(paths, "", {.recursive = true, .limit = i});
        EXPECT_EQ(some, Names(all.begin(),
                              all.begin() + static_cast<std::ptrdiff_t>(std::min(i, all.size()))));
    }
}

}  // namespace
}  // namespace turntable::blob
