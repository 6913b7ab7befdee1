#include "blob/cases/groups.hpp"
#include "blob/environment.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

void stat_file(Environment& environment) {
    const Store& store = environment.store();
    store.put("dir/file", "12345");
    const Metadata metadata = store.stat("dir/file");
    expect(metadata.kind == EntryKind::file, "it is a file");
    expect_equal(5U, metadata.size_bytes, "its size");
    expect(!store.can().etag || !metadata.etag.empty(), "an etag, if declared");
    expect(!store.can().modified || metadata.modified_ms > 0, "a time, if declared");
}

void stat_directory(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"made/", "a/b/file"});
    for (const char* path : {"made/", "made", "a/", "a", "a/b/", "a/b"}) {
        store.expect_directory(path);
    }
    store.expect_absent("a/c");
    store.expect_absent("a/b/fil");
    store.expect_absent("mad");
}

void stat_root(Environment& environment) {
    const Store& store = environment.store();
    for (const char* path : {"", "/", "."}) {
        store.expect_directory(path);
    }
}

void stat_absent(Environment& environment) {
    const Store& store = environment.store();
    for (const char* path : {"no", "no/", "no/such/file", "no/such/"}) {
        store.expect_absent(path);
        expect_equal(false, expect_ok(store->exists(path), "exists"), "exists of nothing");
    }
}

void stat_directory_path_of_a_file(Environment& environment) {
    const Store& store = environment.store();
    store.put("file", "x");
    expect_code(store->stat("file/"), {ErrorCode::not_found, ErrorCode::type_mismatch},
                "stat of a file as if it were a directory");
    expect_code(store->stat("file/below"), {ErrorCode::not_found, ErrorCode::type_mismatch},
                "stat below a file");
}

void stat_if_match(Environment& environment) {
    const Store& store = environment.store();
    const std::string old = store.put("file", "one").etag;
    const std::string etag = store.put("file", "two").etag;
    expect_ok(store->stat("file", {.if_match = etag}), "its etag");
    expect_ok(store->stat("file", {.if_match = "*"}), "any etag");
    expect_code(store->stat("file", {.if_match = old}), {ErrorCode::condition_failed},
                "an earlier etag");
    expect_code(store->stat("file", {.if_match = "\"none\""}), {ErrorCode::condition_failed},
                "an etag of nothing");
    expect_code(store->stat("no", {.if_match = "*"}),
                {ErrorCode::not_found, ErrorCode::condition_failed}, "any etag of nothing");
}

void stat_if_none_match(Environment& environment) {
    const Store& store = environment.store();
    const std::string old = store.put("file", "one").etag;
    const std::string etag = store.put("file", "two").etag;
    expect_ok(store->stat("file", {.if_none_match = old}), "an earlier etag");
    expect_code(store->stat("file", {.if_none_match = etag}), {ErrorCode::condition_failed},
                "its etag");
    expect_code(store->stat("file", {.if_none_match = "*"}), {ErrorCode::condition_failed},
                "any etag");
}

void stat_if_modified_since(Environment& environment) {
    const Store& store = environment.store();
    store.put("file", "one");
    const std::int64_t time = store.stat("file").modified_ms;
    expect_ok(store->stat("file", {.if_modified_since_ms = time - 1}), "modified after the time");
    expect_code(store->stat("file", {.if_modified_since_ms = time}), {ErrorCode::condition_failed},
                "modified at the time");
    expect_code(store->stat("file", {.if_modified_since_ms = time + 60'000}),
                {ErrorCode::condition_failed}, "modified before the time");
}

void stat_if_unmodified_since(Environment& environment) {
    const Store& store = environment.store();
    store.put("file", "one");
    const std::int64_t time = store.stat("file").modified_ms;
    expect_ok(store->stat("file", {.if_unmodified_since_ms = time}), "modified at the time");
    expect_ok(store->stat("file", {.if_unmodified_since_ms = time + 60'000}),
              "modified before the time");
    expect_code(store->stat("file", {.if_unmodified_since_ms = time - 1}),
                {ErrorCode::condition_failed}, "modified after the time");
}

void stat_etag_follows_content(Environment& environment) {
    const Store& store = environment.store();
    std::vector<std::string> seen;
    // The same size each time, as fast as it goes: neither size nor time tells them apart.
    for (int i = 0; i < 20; ++i) {
        const std::string content(8, static_cast<char>('a' + i));
        const std::string etag = store.put("file", content).etag;
        expect_equal(etag, store.stat("file").etag, "the etag of what was written");
        expect_equal(etag, store.stat("file").etag, "the etag when nothing changed");
        expect(std::find(seen.begin(), seen.end(), etag) == seen.end(),
               "another etag for each content");
        seen.push_back(etag);
    }
    if (store.can().append) {
        expect_ok(store->append("file", "more"), "append");
        expect(store.stat("file").etag != seen.back(), "another etag after an append");
    }
}

void stat_modified_follows_writes(Environment& environment) {
    const Store& store = environment.store();
    const std::int64_t first = store.put("file", "one").modified_ms;
    expect_equal(first, store.stat("file").modified_ms, "the time of what was written");
    store.put("other", "x");
    store.put("file", "two");
    expect(store.stat("file").modified_ms >= first, "time does not go back");
}

}  // namespace

std::vector<Case> stat_cases() {
    using enum Need;
    return {
        {"stat.file", "A file has a kind, a size, and what is declared.", {writes}, stat_file},
        {"stat.directory",
         "A directory is one with and without a slash, made or with something in it.",
         {writes},
         stat_directory},
        {"stat.root", "The root is always a directory.", {}, stat_root},
        {"stat.absent", "What is not there is not_found.", {}, stat_absent},
        {"stat.file_is_no_directory",
         "A file is not found as a directory, nor is anything below it.",
         {writes},
         stat_directory_path_of_a_file},
        {"stat.if_match", "if_match wants this etag, or any.", {writes, etag}, stat_if_match},
        {"stat.if_none_match",
         "if_none_match wants another etag.",
         {writes, etag},
         stat_if_none_match},
        {"stat.if_modified_since",
         "if_modified_since wants a later time.",
         {writes, modified},
         stat_if_modified_since},
        {"stat.if_unmodified_since",
         "if_unmodified_since wants no later time.",
         {writes, modified},
         stat_if_unmodified_since},
        {"stat.etag_follows_content",
         "The etag differs whenever the content does, and stays when nothing changes.",
         {writes, etag},
         stat_etag_follows_content},
        {"stat.modified_follows_writes",
         "The time of a file is that of its last write.",
         {writes, modified},
         stat_modified_follows_writes},
    };
}

}  // namespace turntable::inline v0::blob::conformance
