#include "blob/cases/groups.hpp"
#include "blob/environment.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

void remove_file(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"dir/a", "dir/ab", "dir/b"});
    expect_ok(store->remove("dir/a"), "remove");
    store.expect_absent("dir/a");
    expect_code(store->read("dir/a"), {ErrorCode::not_found}, "read of what was removed");
    store.expect_files({"dir/ab", "dir/b"});
    store.put("dir/a", "again");
    store.expect_text("dir/a", "again");
}

void remove_empty_directory(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"dir/empty/", "dir/file"});
    expect_ok(store->remove("dir/empty/"), "remove");
    store.expect_absent("dir/empty/");
    store.expect_names("dir/", {}, {"dir/file"});
}

void remove_full_directory(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"dir/file", "made/", "made/sub/"});
    for (const char* path : {"dir/", "made/"}) {
        expect_code(store->remove(path), {ErrorCode::conflict}, "remove of what is not empty");
    }
    store.expect_files({"dir/file"});
    store.expect_directory("made/sub/");
}

void remove_absent(Environment& environment) {
    const Store& store = environment.store();
    store.put("file", "x");
    for (const char* path : {"no", "no/", "no/such/file", "no/such/", "fil"}) {
        expect_ok(store->remove(path), "remove of nothing");
    }
    expect_ok(store->remove("file"), "remove");
    expect_ok(store->remove("file"), "a second remove");
    store.expect_files({});
}

void remove_on_match(Environment& environment) {
    const Store& store = environment.store();
    const std::string first = store.put("file", "one").etag;
    const std::string second = store.put("file", "two").etag;
    expect_code(store->remove("file", {.if_match = first}), {ErrorCode::condition_failed},
                "an earlier version");
    store.expect_text("file", "two");
    expect_ok(store->remove("file", {.if_match = second}), "this version");
    store.expect_absent("file");
    expect_code(store->remove("file", {.if_match = second}), {ErrorCode::condition_failed},
                "what is gone");
    store.put("file", "three");
    expect_ok(store->remove("file", {.if_match = "*"}), "any version");
    store.expect_absent("file");
}

void remove_all_below(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"dir/a", "dir/sub/b", "dir/sub/deep/c", "dir/empty/", "dir/sub/none/", "e"});
    expect_ok(store->remove_all("dir/"), "remove_all");
    store.expect_names("", {.recursive = true}, {"e"});
    store.expect_absent("dir/");
    store.expect_absent("dir/sub/deep/c");
    store.put_all({"dir/a", "dir/sub/b"});
    expect_ok(store->remove_all("dir"), "remove_all without the slash");
    store.expect_names("", {.recursive = true}, {"e"});
}

void remove_all_siblings(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"dir/a", "dir!", "dir-b/c", "dir.txt", "dir0", "dir2/d", "di", "x/dir/e"});
    expect_ok(store->remove_all("dir/"), "remove_all");
    store.expect_files({"dir!", "dir-b/c", "dir.txt", "dir0", "dir2/d", "di", "x/dir/e"});
}

void remove_all_file(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"dir/file", "dir/file2", "dir/fil"});
    expect_ok(store->remove_all("dir/file"), "remove_all of a file");
    store.expect_files({"dir/fil", "dir/file2"});
}

void remove_all_absent(Environment& environment) {
    const Store& store = environment.store();
    store.put("file", "x");
    for (const char* path : {"no", "no/", "no/such/", "fil", "f"}) {
        expect_ok(store->remove_all(path), "remove_all of nothing");
    }
    store.expect_files({"file"});
}

void remove_all_root(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"a", "b/c/d", "e/", ".hidden/f"});
    expect_ok(store->remove_all(""), "remove_all of the root");
    store.expect_names("", {.recursive = true}, {});
    store.expect_directory("");
    store.put("b/c/d", "again");
    store.expect_text("b/c/d", "again");
}

void remove_all_many(Environment& environment) {
    const Store& store = environment.store();
    std::vector<std::string> paths;
    for (int i = 0; i < 1500; ++i) {
        paths.push_back("many/" + std::to_string(i % 10) + "/" + std::to_string(i));
    }
    store.put_all(paths);
    store.put("kept", "x");
    expect_ok(store->remove_all("many/"), "remove_all");
    store.expect_names("", {.recursive = true}, {"kept"});
}

}  // namespace

std::vector<Case> remove_cases() {
    using enum Need;
    return {
        {"remove.file", "A file that was removed is gone, and no other.", {writes}, remove_file},
        {"remove.empty_directory",
         "An empty directory can be removed.",
         {writes},
         remove_empty_directory},
        {"remove.full_directory",
         "A directory in which something lies is not removed.",
         {writes},
         remove_full_directory},
        {"remove.absent", "Removing what is not there is fine.", {writes}, remove_absent},
        {"remove.if_match",
         "if_match removes only this version, or any, but not nothing.",
         {writes, etag, remove_if_match},
         remove_on_match},
        {"remove_all.directory",
         "A directory goes with everything below it.",
         {writes},
         remove_all_below},
        {"remove_all.keeps_siblings",
         "What only begins with the same letters stays.",
         {writes},
         remove_all_siblings},
        {"remove_all.file", "A file goes by its path.", {writes}, remove_all_file},
        {"remove_all.absent", "Removing all of nothing is fine.", {writes}, remove_all_absent},
        {"remove_all.root", "The root is emptied, and stays.", {writes}, remove_all_root},
        {"remove_all.many", "More than any page holds goes.", {writes}, remove_all_many},
    };
}

}  // namespace turntable::inline v0::blob::conformance
