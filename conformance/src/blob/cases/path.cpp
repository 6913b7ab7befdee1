#include "turntable/blob/path.hpp"
#include "blob/cases/groups.hpp"
#include "blob/environment.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

void create_new_directory(Environment& environment) {
    const Store& store = environment.store();
    expect_ok(store->create_dir("dir/"), "create_dir");
    expect_ok(store->create_dir("other"), "create_dir without the slash");
    store.expect_directory("dir/");
    store.expect_directory("other/");
    store.expect_names("", {.recursive = true}, {"dir/", "other/"});
    store.put("dir/file", "x");
    store.expect_names("dir/", {}, {"dir/file"});
}

void create_existing_directory(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"made/", "dir/file"});
    for (const char* path : {"made/", "dir/", "", "/"}) {
        expect_ok(store->create_dir(path), "create_dir of what is there");
    }
    store.expect_names("", {.recursive = true}, {"dir/", "dir/file", "made/"});
    store.expect_text("dir/file", "x");
}

void create_nested_directory(Environment& environment) {
    const Store& store = environment.store();
    expect_ok(store->create_dir("a/b/c/"), "create_dir");
    for (const char* path : {"a/", "a/b/", "a/b/c/"}) {
        store.expect_directory(path);
    }
    store.expect_names("", {.recursive = true}, {"a/", "a/b/", "a/b/c/"});
}

void directories_stay(Environment& environment) {
    const Store& store = environment.store();
    store.put("a/b/file", "x");
    expect_ok(store->remove("a/b/file"), "remove");
    store.expect_directory("a/b/");
    store.expect_names("", {.recursive = true}, {"a/", "a/b/"});
    expect_ok(store->remove("a/b/"), "remove of the directory");
    store.expect_directory("a/");
}

void directories_go(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"a/b/file", "made/", "made/file"});
    expect_ok(store->remove("a/b/file"), "remove");
    expect_ok(store->remove("made/file"), "remove");
    store.expect_absent("a/");
    store.expect_directory("made/");
    store.expect_names("", {.recursive = true}, {"made/"});
}

void directory_over_a_file(Environment& environment) {
    const Store& store = environment.store();
    store.put("file", "x");
    for (const char* path : {"file/", "file/below/"}) {
        expect_code(store->create_dir(path), {ErrorCode::type_mismatch},
                    "a directory where a file is");
    }
    store.expect_text("file", "x");
}

/// Names that hurt somewhere: in a shell, a URL, a pattern, a query, another system, a listing.
const std::vector<std::string>& names_that_hurt() {
    static const std::vector<std::string> names = {"with space",
                                                   " lead",
                                                   "trail ",
                                                   "trail.",
                                                   "...",
                                                   "..a",
                                                   "a..",
                                                   ".hidden",
                                                   "-rf",
                                                   "~",
                                                   "$HOME",
                                                   "`id`",
                                                   "a;b",
                                                   "a&b",
                                                   "a|b",
                                                   "a'b",
                                                   "a\"b",
                                                   "a\\b",
                                                   "a*b",
                                                   "a?b",
                                                   "[a]",
                                                   "{a}",
                                                   "(a)",
                                                   "<a>",
                                                   "a:b",
                                                   "a,b",
                                                   "a=b",
                                                   "a+b",
                                                   "a@b",
                                                   "a!b",
                                                   "a^b",
                                                   "a#b",
                                                   "100%",
                                                   "%2F",
                                                   "a%20b",
                                                   "%s",
                                                   "%",
                                                   "_",
                                                   "con",
                                                   "nul.txt",
                                                   "a\tb",
                                                   "a\nb",
                                                   std::string("a\x01") + "b",
                                                   std::string("a\x7F") + "b",
                                                   ".tmp",
                                                   "file~",
                                                   "caf\xC3\xA9",
                                                   "cafe\xCC\x81",
                                                   "\xE4\xB8\xAD\xE6\x96\x87",
                                                   "\xF0\x9F\x8E\xB5",
                                                   "\xD7\xA9\xD7\x9C",
                                                   "Upper",
                                                   "upper",
                                                   "UPPER"};
    return names;
}

void special_names_round_trip(Environment& environment) {
    const Store& store = environment.store();
    std::vector<std::string> expected;
    for (const std::string& name : names_that_hurt()) {
        expected.push_back("dir/" + name);
        store.put(expected.back(), name);
    }
    for (const std::string& name : names_that_hurt()) {
        store.expect_text("dir/" + name, name);
    }
    store.expect_names("dir/", {}, expected);
    store.expect_names("dir/", {.recursive = true}, expected);
}

void special_names_in_directories(Environment& environment) {
    const Store& store = environment.store();
    std::vector<std::string> expected;
    for (const std::string& name : names_that_hurt()) {
        store.put(name + "/file", name);
        expected.push_back(name + "/");
        store.expect_names(name + "/", {}, {name + "/file"});
    }
    store.expect_names("", {}, expected);
}

void special_names_move(Environment& environment) {
    const Store& store = environment.store();
    for (const std::string& name : names_that_hurt()) {
        store.put("from", name);
        expect_ok(store->copy("from", "copy/" + name), "copy");
        expect_ok(store->rename("copy/" + name, "renamed/" + name), "rename");
        store.expect_text("renamed/" + name, name);
        store.expect_absent("copy/" + name);
    }
    for (const std::string& name : names_that_hurt()) {
        expect_ok(store->remove("renamed/" + name), "remove");
        store.expect_absent("renamed/" + name);
    }
    store.expect_files({"from"});
}

void special_names_of_bytes(Environment& environment) {
    const Store& store = environment.store();
    for (const char* name : {"\xFF", "a\x80z", "\xC3\x28", "\xED\xA0\x80"}) {
        const auto written = store->write(name, "x");
        if (!written) {
            expect_code(written, {ErrorCode::invalid_argument}, "a name that is no UTF-8");
            store.expect_files({});
            continue;
        }
        store.expect_text(name, "x");
        store.expect_files({name});
        expect_ok(store->remove(name), "remove");
    }
}

void paths_have_spellings(Environment& environment) {
    const Store& store = environment.store();
    store.put("//a/./b///c", "x");
    for (const char* path : {"a/b/c", "/a/b/c", "a//b/c", "./a/b/./c", "a/b/c"}) {
        store.expect_text(path, "x");
    }
    expect_ok(store->copy("/a/b/c", "a//d"), "copy");
    expect_ok(store->rename("a/./d", "/e"), "rename");
    store.expect_files({"a/b/c", "e"});
    expect_ok(store->remove("//e"), "remove");
    expect_ok(store->create_dir("a//f/."), "create_dir");
    store.expect_names("/a//", {}, {"a/b/", "a/f/"});
    expect_ok(store->remove_all("./a/"), "remove_all");
    store.expect_names("", {.recursive = true}, {});
}

void paths_stay_inside(Environment& environment) {
    const Store& store = environment.store();
    using namespace std::string_view_literals;
    for (const std::string_view path :
         {".."sv, "../a"sv, "a/../b"sv, "a/.."sv, "/.."sv, "a\0b"sv}) {
        const auto expect_refused = [&](const auto& result) {
            expect_code(result, {ErrorCode::invalid_argument}, "a bad path");
        };
        expect_refused(store->stat(path));
        expect_refused(store->read(path));
        expect_refused(store->reader(path));
        expect_refused(store->write(path, "x"));
        expect_refused(store->writer(path));
        expect_refused(store->remove(path));
        expect_refused(store->remove_all(path));
        expect_refused(store->create_dir(path));
        expect_refused(store->copy(path, "b"));
        expect_refused(store->copy("b", path));
        expect_refused(store->rename(path, "b"));
        expect_refused(store->rename("b", path));
    }
    store.expect_files({});
}

}  // namespace

std::vector<Case> directory_cases() {
    using enum Need;
    return {
        {"create_dir.new",
         "A directory that was made is there, and empty.",
         {writes},
         create_new_directory},
        {"create_dir.existing",
         "Making what is there is fine and changes nothing.",
         {writes},
         create_existing_directory},
        {"create_dir.nested",
         "The directories above are made too.",
         {writes},
         create_nested_directory},
        {"create_dir.where_a_file_is",
         "Where directories are things of their own, a name is a file or a directory.",
         {writes, directories},
         directory_over_a_file},
        {"directories.stay_when_empty",
         "Directories that are things of their own stay when the last file goes.",
         {writes, directories},
         directories_stay},
        {"directories.go_when_empty",
         "Directories that are not go with the last file, unless they were made.",
         {writes, no_directories},
         directories_go},
    };
}

std::vector<Case> path_cases() {
    using enum Need;
    return {
        {"path.names_that_hurt",
         "Any bytes but NUL and the slash make a name.",
         {writes},
         special_names_round_trip},
        {"path.directories_that_hurt",
         "The same holds for directories.",
         {writes},
         special_names_in_directories},
        {"path.names_that_hurt_move",
         "Such names can be copied, renamed and removed.",
         {writes},
         special_names_move},
        {"path.not_utf8",
         "A name that is no UTF-8 works as any other, or is refused.",
         {writes},
         special_names_of_bytes},
        {"path.spellings",
         "All spellings of a path are one, and the backend sees only the normalised one.",
         {writes},
         paths_have_spellings},
        {"path.stays_inside",
         "`..` and NUL are refused by each call.",
         {writes},
         paths_stay_inside},
    };
}

}  // namespace turntable::inline v0::blob::conformance
