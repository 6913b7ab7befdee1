#include "blob/cases/groups.hpp"
#include "blob/environment.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

void write_overwrites(Environment& environment) {
    const Store& store = environment.store();
    for (const std::size_t size : {std::size_t{100'000}, std::size_t{10}, std::size_t{200'000}}) {
        const std::string content = environment.content(size);
        store.put("file", content);
        store.expect_text("file", content);
    }
    store.expect_files({"file"});
}

void write_empty(Environment& environment) {
    const Store& store = environment.store();
    expect_equal(0U, store.put("empty", "").size_bytes, "the size that a write tells");
    store.expect_text("empty", "");
    store.put("full", "x");
    store.put("full", "");
    store.expect_text("full", "");
    store.expect_files({"empty", "full"});
}

void write_returns_metadata(Environment& environment) {
    const Store& store = environment.store();
    const Metadata written = store.put("file", "12345", store.attributes());
    const Metadata found = store.stat("file");
    expect(written.kind == EntryKind::file, "it is a file");
    expect_equal(5U, written.size_bytes, "the size");
    expect_equal(found.etag, written.etag, "the etag");
    expect_equal(found.modified_ms, written.modified_ms, "the time");
}

void write_content_type(Environment& environment) {
    const Store& store = environment.store();
    for (const std::string type : {"text/plain", "application/json; charset=\"utf-8\"", "x/y"}) {
        store.put("file", "x", {.content_type = type});
        expect_equal(type, store.stat("file").content_type, "the content type");
    }
}

void write_user_metadata(Environment& environment) {
    const Store& store = environment.store();
    const UserMetadata given = {{"z", "last"},
                                {"a.b-c_9", "k=v; \"q\" \\ %41"},
                                {"empty", ""},
                                {"who", "Zo\xC3\xAB \xE4\xB8\xAD"},
                                {"b", "two  spaces"}};
    UserMetadata ordered = given;
    std::sort(ordered.begin(), ordered.end());
    store.put("file", "x", {.user = given});
    const UserMetadata found = store.stat("file").user;
    for (std::size_t i = 0; i < ordered.size(); ++i) {
        const bool there = i < found.size();
        expect_equal(ordered[i].first, there ? found[i].first : "", "a name, in order");
        expect_equal(ordered[i].second, there ? found[i].second : "", "a value");
    }
    expect_equal(ordered.size(), found.size(), "the number of names");
}

void write_replaces_attributes(Environment& environment) {
    const Store& store = environment.store();
    store.put("file", "x", store.attributes());
    store.expect_attributes("file");
    store.put("file", "y");
    store.expect_no_attributes("file");
}

void write_if_not_exists(Environment& environment) {
    const Store& store = environment.store();
    store.put("file", "one", {.if_not_exists = true});
    expect_code(store->write("file", "two", {.if_not_exists = true}), {ErrorCode::already_exists},
                "a write over a file");
    store.expect_text("file", "one");
    expect_ok(store->remove("file"), "remove");
    store.put("file", "three", {.if_not_exists = true});
    store.expect_text("file", "three");
    store.put("new/dir/file", "four", {.if_not_exists = true});
    store.put("empty", "");
    expect_code(store->write("empty", "two", {.if_not_exists = true}), {ErrorCode::already_exists},
                "a write over an empty file");
    store.expect_text("empty", "");
}

void write_over_match(Environment& environment) {
    const Store& store = environment.store();
    const std::string first = store.put("file", "one").etag;
    const std::string second = store.put("file", "two", {.if_match = first}).etag;
    store.expect_text("file", "two");
    expect_code(store->write("file", "three", {.if_match = first}), {ErrorCode::condition_failed},
                "over an earlier version");
    expect_code(store->write("no", "three", {.if_match = first}), {ErrorCode::condition_failed},
                "over nothing");
    store.expect_text("file", "two");
    store.expect_absent("no");
    expect(!second.empty() && second != first, "another etag");
}

void write_if_match_any(Environment& environment) {
    const Store& store = environment.store();
    expect_code(store->write("file", "one", {.if_match = "*"}), {ErrorCode::condition_failed},
                "over nothing");
    store.expect_absent("file");
    store.put("file", "one");
    store.put("file", "two", {.if_match = "*"});
    store.expect_text("file", "two");
}

void write_large(Environment& environment) {
    const Store& store = environment.store();
    const std::size_t size = std::min<std::uint64_t>(environment.options().largest_bytes,
                                                     store.can().limits.blob_bytes_max);
    const std::string content = environment.content(size);
    expect_equal(size, store.put("large", content).size_bytes, "the size");
    expect(store.text("large") == content, "a large file reads as it was written");
    expect(
        store.text("large", {.offset = size / 2, .length = 1000}) == content.substr(size / 2, 1000),
        "a range in the middle of it");
}

void write_directory_path(Environment& environment) {
    const Store& store = environment.store();
    for (const char* path : {"dir/", "/", "", "a/b/"}) {
        expect_code(store->write(path, "x"), {ErrorCode::type_mismatch}, "write of a directory");
        expect_code(store->writer(path), {ErrorCode::type_mismatch}, "writer of a directory");
    }
    store.expect_files({});
}

void write_makes_directories(Environment& environment) {
    const Store& store = environment.store();
    store.put("a/b/c/file", "x");
    for (const char* path : {"a/", "a/b/", "a/b/c/"}) {
        store.expect_directory(path);
    }
    store.expect_text("a/b/c/file", "x");
}

void write_kinds_exclude(Environment& environment) {
    const Store& store = environment.store();
    store.put("dir/file", "x");
    expect_code(store->write("dir", "x"), {ErrorCode::type_mismatch}, "a file over a directory");
    expect_code(store->write("dir/file/below", "x"), {ErrorCode::type_mismatch},
                "a file below a file");
    store.expect_files({"dir/file"});
}

}  // namespace

std::vector<Case> write_cases() {
    using enum Need;
    return {
        {"write.overwrites", "A write replaces all of a file.", {writes}, write_overwrites},
        {"write.empty", "A file may be empty.", {writes}, write_empty},
        {"write.returns_metadata",
         "A write tells what stat tells afterwards.",
         {writes},
         write_returns_metadata},
        {"write.content_type",
         "A content type is kept as given.",
         {writes, content_type},
         write_content_type},
        {"write.user_metadata",
         "User metadata are kept as given, ordered by name.",
         {writes, user_metadata},
         write_user_metadata},
        {"write.replaces_attributes",
         "A write without attributes leaves none from before.",
         {writes},
         write_replaces_attributes},
        {"write.if_not_exists",
         "if_not_exists writes only where nothing is.",
         {writes, exclusive_create},
         write_if_not_exists},
        {"write.if_match",
         "if_match writes only over this version.",
         {writes, etag, write_if_match},
         write_over_match},
        {"write.if_match_any",
         "if_match `*` writes over anything, but not where nothing is.",
         {writes, write_if_match},
         write_if_match_any},
        {"write.large", "A file of 16 MiB is written and read in one call.", {writes}, write_large},
        {"write.directory_path", "A directory cannot be written.", {writes}, write_directory_path},
        {"write.makes_directories",
         "A write makes the directories above it.",
         {writes},
         write_makes_directories},
        {"write.kinds_exclude_each_other",
         "Where directories are things of their own, a name is a file or a directory.",
         {writes, directories},
         write_kinds_exclude},
    };
}

}  // namespace turntable::inline v0::blob::conformance
