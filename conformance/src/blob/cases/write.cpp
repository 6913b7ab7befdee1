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

Writer begin(const Store& store, std::string_view path, const WriteOptions& options = {},
             const Location& where = Location::current()) {
    return expect_ok(store->writer(path, options), "writer of " + std::string(path), where);
}

void writer_pieces(Environment& environment) {
    const Store& store = environment.store();
    const std::string content = environment.content(300'000);
    for (const std::size_t piece : {std::size_t{999}, std::size_t{65'536}, std::size_t{300'000}}) {
        Writer writer = begin(store, "dir/file");
        for (std::size_t at = 0; at < content.size(); at += piece) {
            // Its own memory, gone after the call: a sink may not go on borrowing.
            const std::string own = content.substr(at, piece);
            expect_ok(writer.write(own), "write of a piece");
        }
        expect_equal(content.size(), expect_ok(writer.finish(), "finish").size_bytes, "the size");
        expect(store.text("dir/file") == content, "pieces read as one");
    }
    Writer writer = begin(store, "gaps");
    for (const char* piece : {"", "a", "", "b", ""}) {
        expect_ok(writer.write(piece), "write of a piece");
    }
    expect_ok(writer.finish(), "finish");
    store.expect_text("gaps", "ab");
}

void writer_appears_at_finish(Environment& environment) {
    const Store& store = environment.store();
    store.put("old", "old");
    Writer fresh = begin(store, "dir/new");
    Writer over = begin(store, "old");
    const std::string content = environment.content(200'000);
    for (Writer* writer : {&fresh, &over}) {
        expect_ok(writer->write(content), "write");
    }
    store.expect_absent("dir/new");
    store.expect_text("old", "old");
    store.expect_files({"old"});
    expect_ok(fresh.finish(), "finish");
    expect_ok(over.finish(), "finish");
    expect(store.text("dir/new") == content, "the new file");
    expect(store.text("old") == content, "the file that was replaced");
    store.expect_files({"dir/new", "old"});
}

void writer_of_nothing(Environment& environment) {
    const Store& store = environment.store();
    Writer writer = begin(store, "empty");
    expect_equal(0U, expect_ok(writer.finish(), "finish").size_bytes, "the size");
    store.expect_text("empty", "");
}

void writer_abort(Environment& environment) {
    const Store& store = environment.store();
    store.put("dir/old", "old");
    const std::string content = environment.content(200'000);
    for (const char* path : {"dir/old", "dir/new", "other/new"}) {
        Writer writer = begin(store, path);
        expect_ok(writer.write(content), "write");
        expect_ok(writer.abort(), "abort");
        expect_code(writer.write("x"), {ErrorCode::closed}, "write after an abort");
    }
    store.expect_text("dir/old", "old");
    store.expect_files({"dir/old"});
}

void writer_dropped(Environment& environment) {
    const Store& store = environment.store();
    store.put("dir/old", "old");
    for (const char* path : {"dir/old", "dir/new", "other/new"}) {
        Writer writer = begin(store, path);
        expect_ok(writer.write(environment.content(200'000)), "write");
    }
    {
        const Writer untouched = begin(store, "dir/untouched");
    }
    store.expect_text("dir/old", "old");
    store.expect_files({"dir/old"});
    store.put("dir/new", "now");
    store.expect_text("dir/new", "now");
}

void writer_ended(Environment& environment) {
    const Store& store = environment.store();
    Writer writer = begin(store, "file");
    expect_ok(writer.write("x"), "write");
    expect_ok(writer.finish(), "finish");
    expect_code(writer.write("y"), {ErrorCode::closed}, "write after finish");
    expect_code(writer.finish(), {ErrorCode::closed}, "a second finish");
    expect_ok(writer.abort(), "abort after finish");
    store.expect_text("file", "x");
}

void writer_attributes(Environment& environment) {
    const Store& store = environment.store();
    Writer writer = [&] {
        // Options are borrowed for the call that opens, and no longer.
        const std::string type(store.attributes().content_type);
        const UserMetadata user(store.attributes().user.begin(), store.attributes().user.end());
        return begin(store, "file", {.content_type = type, .user = user});
    }();
    expect_ok(writer.write("x"), "write");
    expect_ok(writer.finish(), "finish");
    store.expect_attributes("file");
}

// The contract lets a condition fail at opening or at the end.
void expect_refused(Result<Writer> writer, ErrorCode code, std::string_view what) {
    if (writer) {
        expect_ok(writer->write("late"), "write");
        expect_code(writer->finish(), {code}, what);
    } else {
        expect_code(writer, {code}, what);
    }
}

void writer_if_not_exists(Environment& environment) {
    const Store& store = environment.store();
    Writer first = begin(store, "file", {.if_not_exists = true});
    expect_ok(first.write("one"), "write");
    expect_ok(first.finish(), "finish");
    expect_refused(store->writer("file", {.if_not_exists = true}), ErrorCode::already_exists,
                   "a writer over a file");
    store.expect_text("file", "one");
    Writer late = begin(store, "late", {.if_not_exists = true});
    expect_ok(late.write("late"), "write");
    if (store.can().atomic_write) {
        store.put("late", "early");
        expect_code(late.finish(), {ErrorCode::already_exists}, "finish after another was faster");
        store.expect_text("late", "early");
    } else {
        expect_ok(late.finish(), "finish");
    }
    store.expect_files({"file", "late"});
}

void writer_if_match(Environment& environment) {
    const Store& store = environment.store();
    const std::string first = store.put("file", "one").etag;
    Writer writer = begin(store, "file", {.if_match = first});
    expect_ok(writer.write("two"), "write");
    expect_ok(writer.finish(), "finish");
    store.expect_text("file", "two");
    expect_refused(store->writer("file", {.if_match = first}), ErrorCode::condition_failed,
                   "over an earlier version");
    expect_refused(store->writer("no", {.if_match = first}), ErrorCode::condition_failed,
                   "over nothing");
    if (store.can().atomic_write) {
        const std::string etag = store.stat("file").etag;
        Writer late = begin(store, "file", {.if_match = etag});
        expect_ok(late.write("late"), "write");
        store.put("file", "early");
        expect_code(late.finish(), {ErrorCode::condition_failed},
                    "finish after another was faster");
        store.expect_text("file", "early");
    }
    store.expect_files({"file"});
}

void writer_last_finish_wins(Environment& environment) {
    const Store& store = environment.store();
    Writer first = begin(store, "file");
    Writer second = begin(store, "file");
    for (int i = 0; i < 3; ++i) {
        expect_ok(first.write("1111"), "write");
        expect_ok(second.write("22"), "write");
    }
    expect_ok(second.finish(), "finish");
    store.expect_text("file", "222222");
    expect_ok(first.finish(), "finish");
    store.expect_text("file", "111111111111");
}

void append_to_nothing(Environment& environment) {
    const Store& store = environment.store();
    expect_equal(3U, expect_ok(store->append("dir/log", "one"), "append").size_bytes, "the size");
    store.expect_text("dir/log", "one");
    expect_ok(store->append("empty", ""), "append of nothing to nothing");
    store.expect_text("empty", "");
}

void append_to_something(Environment& environment) {
    const Store& store = environment.store();
    store.put("log", "one");
    std::string all = "one";
    for (const std::size_t size : {std::size_t{1}, std::size_t{0}, std::size_t{100'000}}) {
        const std::string more = environment.content(size);
        all += more;
        const Metadata made = expect_ok(store->append("log", more), "append");
        expect_equal(all.size(), made.size_bytes, "the size of the whole");
        expect_equal(store.stat("log").etag, made.etag, "the etag");
        store.expect_text("log", all);
    }
    store.put("log", "new");
    store.expect_text("log", "new");
}

void append_keeps_attributes(Environment& environment) {
    const Store& store = environment.store();
    store.put("log", "one", store.attributes());
    expect_ok(store->append("log", "two"), "append");
    store.expect_text("log", "onetwo");
    store.expect_attributes("log");
}

void append_in_pieces(Environment& environment) {
    const Store& store = environment.store();
    store.put("log", "one");
    Writer writer = begin(store, "log", {.append = true});
    expect_ok(writer.write("two"), "write");
    expect_ok(writer.write("three"), "write");
    if (store.can().atomic_append) {
        store.expect_text("log", "one");
    }
    expect_equal(11U, expect_ok(writer.finish(), "finish").size_bytes, "the size of the whole");
    store.expect_text("log", "onetwothree");
}

void append_aborted(Environment& environment) {
    const Store& store = environment.store();
    store.put("log", "one");
    for (const char* path : {"log", "new"}) {
        Writer aborted = begin(store, path, {.append = true});
        expect_ok(aborted.write(environment.content(100'000)), "write");
        expect_ok(aborted.abort(), "abort");
        Writer dropped = begin(store, path, {.append = true});
        expect_ok(dropped.write("two"), "write");
    }
    store.expect_text("log", "one");
    store.expect_files({"log"});
}

void append_if_match(Environment& environment) {
    const Store& store = environment.store();
    const std::string first = store.put("log", "one").etag;
    const std::string second = store.put("log", "two", {.if_match = first, .append = true}).etag;
    store.expect_text("log", "onetwo");
    expect_code(store->write("log", "three", {.if_match = first, .append = true}),
                {ErrorCode::condition_failed}, "to an earlier version");
    expect_code(store->write("no", "three", {.if_match = "*", .append = true}),
                {ErrorCode::condition_failed}, "to nothing");
    store.expect_text("log", "onetwo");
    expect_equal(second, store.stat("log").etag, "the etag after appends that were refused");
    store.expect_files({"log"});
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

std::vector<Case> writer_cases() {
    using enum Need;
    return {
        {"writer.pieces", "Pieces become one file.", {writes}, writer_pieces},
        {"writer.appears_at_finish",
         "Until a writer finishes, the old is there, and nothing of the new.",
         {writes, atomic_write},
         writer_appears_at_finish},
        {"writer.of_nothing",
         "A writer without a write makes an empty file.",
         {writes},
         writer_of_nothing},
        {"writer.abort_leaves_nothing",
         "An abort leaves what was there before.",
         {writes, atomic_write},
         writer_abort},
        {"writer.dropping_leaves_nothing",
         "A writer that is dropped leaves what was there before.",
         {writes, atomic_write},
         writer_dropped},
        {"writer.ends_once", "After its end a writer is closed.", {writes}, writer_ended},
        {"writer.attributes", "A writer keeps attributes.", {writes}, writer_attributes},
        {"writer.if_not_exists",
         "if_not_exists holds at the end, not only at the beginning.",
         {writes, exclusive_create},
         writer_if_not_exists},
        {"writer.if_match",
         "if_match holds at the end, not only at the beginning.",
         {writes, etag, write_if_match},
         writer_if_match},
        {"writer.last_finish_wins",
         "Of two writers of one name, each makes the whole file when it finishes.",
         {writes, atomic_write},
         writer_last_finish_wins},
    };
}

std::vector<Case> append_cases() {
    using enum Need;
    return {
        {"append.to_nothing",
         "An append makes the file if there is none.",
         {writes, append},
         append_to_nothing},
        {"append.to_something",
         "An append goes to the end, and tells the whole.",
         {writes, append},
         append_to_something},
        {"append.keeps_attributes",
         "An append keeps the attributes.",
         {writes, append},
         append_keeps_attributes},
        {"append.in_pieces",
         "A writer appends its pieces together.",
         {writes, append},
         append_in_pieces},
        {"append.aborted_leaves_nothing",
         "An append that is aborted or dropped leaves nothing.",
         {writes, atomic_append},
         append_aborted},
        {"append.if_match",
         "if_match appends only to this version.",
         {writes, append, etag, write_if_match},
         append_if_match},
    };
}

}  // namespace turntable::inline v0::blob::conformance
