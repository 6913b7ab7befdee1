#include "blob/cases/groups.hpp"
#include "blob/environment.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

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
