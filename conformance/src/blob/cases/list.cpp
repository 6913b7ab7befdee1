#include "blob/cases/groups.hpp"
#include "blob/environment.hpp"
#include "turntable/blob/path.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

using Names = std::vector<std::string>;

void list_directory(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"dir/a", "dir/b.txt", "dir/sub/c", "other", "dir2/d", "dirt"});
    for (const char* path : {"dir/", "/dir//", "./dir/."}) {
        store.expect_names(path, {}, {"dir/a", "dir/b.txt", "dir/sub/"});
    }
}

void list_prefix(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"dir/ab", "dir/abc", "dir/abd/e", "dir/b", "ab", "dir2/ab"});
    store.expect_names("dir/ab", {}, {"dir/ab", "dir/abc", "dir/abd/"});
    store.expect_names("dir/abc", {}, {"dir/abc"});
    store.expect_names("dir/x", {}, {});
    store.expect_names("d", {}, {"dir/", "dir2/"});
    store.expect_names("dir", {}, {"dir/", "dir2/"});
}

void list_rich_directory(Environment& environment) {
    const Store& store = environment.store();
    constexpr std::size_t count = 100;
    Names expected;
    for (std::size_t i = 0; i < count; ++i) {
        expected.push_back("dir/file " + std::to_string(i));
        store.put(expected.back(), std::string(i, 'x'));
    }
    store.expect_names("dir/", {}, expected);
    for (const Entry& entry : store.entries("dir/")) {
        const std::string number = entry.path.substr(std::string_view("dir/file ").size());
        expect_equal(number, std::to_string(entry.metadata.size_bytes), "size of " + entry.path);
    }
}

void list_pages(Environment& environment) {
    const Store& store = environment.store();
    Names expected;
    for (int i = 0; i < 1500; ++i) {
        expected.push_back("many/" + std::to_string(i));
    }
    store.put_all(expected);
    store.expect_names("many/", {}, expected);
    store.expect_names("many/", {.recursive = true, .metadata = false}, expected);
    std::sort(expected.begin(), expected.end());
    store.expect_names("many/", {.start_after = expected[1204]},
                       Names(expected.begin() + 1205, expected.end()));
    expect_equal(1201U, store.names("many/", {.limit = 1201}).size(), "a limit over a page");
    store.expect_names("", {}, {"many/"});
}

void list_empty_directory(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"dir/empty/", "dir/empty2/file"});
    store.expect_names("dir/empty/", {}, {});
    store.expect_names("dir/empty/", {.recursive = true}, {});
    store.expect_names("dir/", {}, {"dir/empty/", "dir/empty2/"});
}

void list_absent(Environment& environment) {
    const Store& store = environment.store();
    store.put("there", "x");
    for (const bool recursive : {false, true}) {
        for (const char* path : {"no/", "no", "no/such/", "there/", "there/below/", "there/b"}) {
            store.expect_names(path, {.recursive = recursive}, {});
        }
    }
}

void list_nested(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"a/b/c/d/file", "a/b/file", "a/b/empty/"});
    store.expect_names("a/", {}, {"a/b/"});
    store.expect_names("a/b/", {}, {"a/b/c/", "a/b/empty/", "a/b/file"});
    store.expect_names("a/b/c/", {}, {"a/b/c/d/"});
    store.expect_names("a/b/c/d/", {}, {"a/b/c/d/file"});
}

void list_file_path(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"dir/file", "dir/file2"});
    store.expect_names("dir/file2", {}, {"dir/file2"});
    store.expect_names("dir/file2", {.recursive = true}, {"dir/file2"});
    store.expect_names("dir/file", {}, {"dir/file", "dir/file2"});
}

void list_recursive(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"dir/a", "dir/sub/b", "dir/sub/deep/c", "dir/empty/", "dir2/d", "e"});
    const Names below = {"dir/a",     "dir/empty/",    "dir/sub/",
                         "dir/sub/b", "dir/sub/deep/", "dir/sub/deep/c"};
    store.expect_names("dir/", {.recursive = true}, below);
    store.expect_names("dir/sub/", {.recursive = true},
                       {"dir/sub/b", "dir/sub/deep/", "dir/sub/deep/c"});
    // Without the slash at the end it is a prefix, and the directory itself begins with it.
    Names with_prefix = below;
    with_prefix.insert(with_prefix.end(), {"dir/", "dir2/", "dir2/d"});
    store.expect_names("dir", {.recursive = true}, with_prefix);
    store.expect_names("dir/s", {.recursive = true},
                       {"dir/sub/", "dir/sub/b", "dir/sub/deep/", "dir/sub/deep/c"});
}

void list_root(Environment& environment) {
    const Store& store = environment.store();
    store.expect_names("", {}, {});
    store.expect_names("/", {.recursive = true}, {});
    store.put_all({"a", "b/c", "d/"});
    for (const char* root : {"", "/", "."}) {
        store.expect_names(root, {}, {"a", "b/", "d/"});
        store.expect_names(root, {.recursive = true}, {"a", "b/", "b/c", "d/"});
    }
}

/// Names that are next to each other in one order and not in another.
const Names& tricky_names() {
    static const Names names = {"a",           "a!",  "a-b",   "a.txt", "a0",
                                "aa",          "b/a", "b/c/d", "b.c",   "b0/e",
                                "b\xC3\xA9/f", "B",   "c/",    "c!/g",  "~tilde"};
    return names;
}

void list_start_after(Environment& environment) {
    const Store& store = environment.store();
    store.put_all(tricky_names());
    for (const bool recursive : {false, true}) {
        for (const char* prefix : {"", "b/", "b", "a"}) {
            const Names all = store.names(prefix, {.recursive = recursive});
            Names places = {"a", "b/", "b/c", "b/zzz", "0", "\xFF", "b/c/", "b/c/d", "aa0"};
            places.insert(places.end(), all.begin(), all.end());
            for (const std::string& place : places) {
                Names expected = all;
                std::erase_if(expected, [&](const std::string& name) { return name <= place; });
                store.expect_names(prefix, {.recursive = recursive, .start_after = place},
                                   expected);
            }
        }
    }
}

void list_limit(Environment& environment) {
    const Store& store = environment.store();
    store.put_all(tricky_names());
    for (const bool recursive : {false, true}) {
        const Names all = store.names("", {.recursive = recursive});
        for (std::size_t limit = 0; limit <= all.size() + 1; ++limit) {
            const std::vector<Entry> some =
                store.entries("", {.recursive = recursive, .limit = limit});
            expect_equal(std::min(limit, all.size()), some.size(),
                         "entries with a limit of " + show(limit));
            for (const Entry& entry : some) {
                expect(std::binary_search(all.begin(), all.end(), entry.path),
                       entry.path + " is also there without a limit");
            }
        }
    }
}

void list_in_order(Environment& environment) {
    const Store& store = environment.store();
    store.put_all(tricky_names());
    for (const bool recursive : {false, true}) {
        Names listed;
        for (const Entry& entry : store.entries("", {.recursive = recursive})) {
            listed.push_back(entry.path);
        }
        Names sorted = listed;
        std::sort(sorted.begin(), sorted.end());
        expect_equal(sorted, listed, "entries in the order of their bytes");
        // Which makes pages of a listing: the next goes on after the last of the one before.
        Names paged;
        for (std::string last;;) {
            const std::vector<Entry> page =
                store.entries("", {.recursive = recursive, .start_after = last, .limit = 3});
            if (page.empty()) {
                break;
            }
            for (const Entry& entry : page) {
                paged.push_back(entry.path);
            }
            last = paged.back();
        }
        expect_equal(sorted, paged, "pages of three");
    }
}

void list_directory_first(Environment& environment) {
    const Store& store = environment.store();
    store.put_all(tricky_names());
    Names seen;
    for (const Entry& entry : store.entries("", {.recursive = true})) {
        const std::string above(parent_path(entry.path));
        expect(above.empty() || std::find(seen.begin(), seen.end(), above) != seen.end(),
               above + " comes before " + entry.path);
        seen.push_back(entry.path);
    }
}

void list_metadata(Environment& environment) {
    const Store& store = environment.store();
    store.put("dir/empty", "");
    store.put("dir/five", "12345");
    store.put("dir/sub/large", environment.content(100'000));
    for (const bool recursive : {false, true}) {
        for (const Entry& entry : store.entries("dir/", {.recursive = recursive})) {
            const Metadata known = store.stat(entry.path);
            expect(entry.metadata.kind == known.kind, "the kind of " + entry.path);
            if (known.kind == EntryKind::file) {
                expect_equal(known.size_bytes, entry.metadata.size_bytes, "size of " + entry.path);
                expect_equal(known.etag, entry.metadata.etag, "etag of " + entry.path);
                expect_equal(known.modified_ms, entry.metadata.modified_ms,
                             "time of " + entry.path);
            }
        }
    }
}

void list_without_metadata(Environment& environment) {
    const Store& store = environment.store();
    store.put_all(tricky_names());
    for (const bool recursive : {false, true}) {
        store.expect_names("", {.recursive = recursive, .metadata = false},
                           store.names("", {.recursive = recursive}));
    }
}

void list_bad_path(Environment& environment) {
    const Store& store = environment.store();
    for (const char* path : {"../", "a/../b"}) {
        expect_code(store->list(path).next(), {ErrorCode::invalid_argument}, "list of a bad path");
    }
}

void list_in_part(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"dir/a", "dir/b", "dir/c"});
    {
        List begun = store->list("dir/");
        const auto first = expect_ok(begun.next(), "the first entry");
        expect(first.has_value(), "there is a first entry");
    }
    List ended = store->list("dir/");
    while (expect_ok(ended.next(), "an entry")) {
    }
    expect(!expect_ok(ended.next(), "after the end"), "the end stays the end");
    store.expect_names("dir/", {}, {"dir/a", "dir/b", "dir/c"});
}

}  // namespace

std::vector<Case> list_cases() {
    using enum Need;
    return {
        {"list.directory", "A listing gives what lies in a directory.", {writes}, list_directory},
        {"list.prefix", "A path without a slash at the end is a prefix.", {writes}, list_prefix},
        {"list.rich_directory",
         "A hundred files are listed once each, with their sizes.",
         {writes},
         list_rich_directory},
        {"list.many",
         "More entries than any page holds are listed once each.",
         {writes},
         list_pages},
        {"list.empty_directory",
         "A directory that is empty is listed, and nothing in it.",
         {writes},
         list_empty_directory},
        {"list.absent", "Nothing lies in what is not there.", {writes}, list_absent},
        {"list.nested", "Each level is listed by itself.", {writes}, list_nested},
        {"list.file_path", "A file begins with its own path.", {writes}, list_file_path},
        {"list.recursive",
         "A recursive listing gives everything below, directories as well.",
         {writes},
         list_recursive},
        {"list.root", "The root is listed by any of its names.", {writes}, list_root},
        {"list.start_after",
         "start_after gives what comes after a path, there or not, and all of it.",
         {writes},
         list_start_after},
        {"list.limit", "A limit gives so many entries, none of them twice.", {writes}, list_limit},
        {"list.order",
         "Entries come in the order of the bytes of their paths.",
         {writes, list_order},
         list_in_order},
        {"list.directory_before_content",
         "A directory comes before what lies in it.",
         {writes},
         list_directory_first},
        {"list.metadata", "A listing knows what stat knows.", {writes}, list_metadata},
        {"list.without_metadata",
         "Without metadata the same entries come, with their kinds.",
         {writes},
         list_without_metadata},
        {"list.bad_path", "A bad path is an error of the listing.", {}, list_bad_path},
        {"list.in_part", "A listing may be dropped, and its end stays.", {writes}, list_in_part},
    };
}

}  // namespace turntable::inline v0::blob::conformance
