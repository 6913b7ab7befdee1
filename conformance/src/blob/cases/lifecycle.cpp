#include "blob/cases/groups.hpp"
#include "blob/environment.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

/// A path of so many bytes, in segments about half as long as they may be.
std::string path_of(std::size_t bytes, const Limits& limits) {
    std::string path(bytes, 'p');
    const std::size_t segment = limits.segment_bytes_max / 2;
    for (std::size_t at = segment; at + 1 < bytes; at += segment + 1) {
        path[at] = '/';
    }
    return path;
}

void limit_path(Environment& environment) {
    const Store& store = environment.store();
    const Limits limits = store.can().limits;
    const std::size_t most = limits.path_bytes_max;
    for (const std::size_t bytes : {most - 1, most}) {
        const std::string path = path_of(bytes, limits);
        store.put(path, "x");
        store.expect_text(path, "x");
        store.expect_files({path});
        expect_ok(store->copy(path, "b"), "copy");
        expect_ok(store->remove(path), "remove");
        expect_ok(store->rename("b", path), "rename");
        expect_ok(store->remove_all(""), "remove_all");
    }
    const std::string path = path_of(most + 1, limits);
    expect_code(store->write(path, "x"), {ErrorCode::limit_exceeded}, "one byte too long");
    expect_code(store->stat(path), {ErrorCode::limit_exceeded}, "one byte too long");
    expect_code(store->list(path).next(), {ErrorCode::limit_exceeded}, "one byte too long");
    store.expect_files({});
}

void limit_segment(Environment& environment) {
    const Store& store = environment.store();
    const std::size_t most = store.can().limits.segment_bytes_max;
    for (const std::size_t bytes : {most - 1, most}) {
        const std::string name(bytes, 's');
        store.put("dir/" + name, "x");
        store.expect_text("dir/" + name, "x");
        store.expect_files({"dir/" + name});
        Writer writer = expect_ok(store->writer("dir/" + name), "writer");
        expect_ok(writer.write("y"), "write");
        expect_ok(writer.finish(), "finish");
        if (store.can().append) {
            expect_ok(store->append("dir/" + name, "z"), "append");
        }
        store.put(name + "/file", "x");
        expect_ok(store->remove_all(""), "remove_all");
    }
    const std::string name(most + 1, 's');
    for (const std::string& path : {name, "dir/" + name, name + "/file"}) {
        expect_code(store->write(path, "x"), {ErrorCode::limit_exceeded}, "one byte too long");
    }
    expect_code(store->create_dir(name), {ErrorCode::limit_exceeded}, "one byte too long");
    store.expect_names("", {.recursive = true}, {});
}

void limit_user_metadata(Environment& environment) {
    const Store& store = environment.store();
    const std::size_t most = store.can().limits.user_metadata_bytes_max;
    const auto user_of = [](std::size_t bytes) {
        const std::size_t half = bytes / 2;
        return UserMetadata{{"a", std::string(half - 1, 'v')},
                            {"b", std::string(bytes - half - 1, 'w')}};
    };
    for (const std::size_t bytes : {most - 1, most}) {
        store.put("file", "x", {.user = user_of(bytes)});
        expect(store.stat("file").user == user_of(bytes), "user metadata as long as they may be");
    }
    expect_code(store->write("file", "y", {.user = user_of(most + 1)}), {ErrorCode::limit_exceeded},
                "one byte too many");
    store.expect_text("file", "x");
}

void limit_blob(Environment& environment) {
    const Store& store = environment.store();
    const std::uint64_t most = store.can().limits.blob_bytes_max;
    if (most > environment.options().largest_bytes) {
        throw NotApplicable{"blob_bytes_max is larger than Options::largest_bytes"};
    }
    const std::string fits = environment.content(most);
    store.put("file", fits);
    expect(store.text("file") == fits, "a blob as large as it may be");
    expect_code(store->write("file", fits + "x"), {ErrorCode::limit_exceeded}, "one byte too many");
    Writer writer = expect_ok(store->writer("file"), "writer");
    Result<void> written = writer.write(fits);
    if (written) {
        written = writer.write("x");
    }
    if (written) {
        expect_code(writer.finish(), {ErrorCode::limit_exceeded}, "pieces of one byte too many");
    } else {
        expect_code(written, {ErrorCode::limit_exceeded}, "pieces of one byte too many");
    }
    expect_ok(writer.abort(), "abort");
    if (store.can().append) {
        expect_code(store->append("file", "x"), {ErrorCode::limit_exceeded}, "an append too many");
    }
    expect(store.text("file") == fits, "what was there stays");
}

void close_refuses(Environment& environment) {
    const Store& store = environment.store();
    store.put("file", "x");
    expect_ok(store->close(), "close");
    const auto expect_closed = [](const auto& result, std::string_view what) {
        expect_code(result, {ErrorCode::closed}, what);
    };
    expect_closed(store->stat("file"), "stat");
    expect_closed(store->read("file"), "read");
    expect_closed(store->reader("file"), "reader");
    expect_closed(store->list().next(), "list");
    expect_closed(store->write("file", "y"), "write");
    expect_closed(store->writer("file"), "writer");
    expect_closed(store->remove("file"), "remove");
    expect_closed(store->remove_all("file"), "remove_all");
    expect_closed(store->copy("file", "b"), "copy");
    expect_closed(store->rename("file", "b"), "rename");
    expect_closed(store->create_dir("dir"), "create_dir");
    if (store.can().append) {
        expect_closed(store->append("file", "y"), "append");
    }
}

void close_twice(Environment& environment) {
    const Store& store = environment.store();
    expect_ok(store->close(), "close");
    expect_ok(store->close(), "a second close");
    const auto health = store->health();
    expect(!health || health->state == Health::State::unhealthy, "a closed store is not healthy");
}

// What is open may go on or be told that it is closed; it must not hang, nor lie.
void close_with_open_ones(Environment& environment) {
    const Store& store = environment.store();
    const std::string content = environment.content(100'000);
    store.put("file", content);
    Reader reader = expect_ok(store->reader("file", {.chunk_bytes = 1000}), "reader");
    (void)expect_ok(reader.read(10), "read");
    Writer finished = expect_ok(store->writer("finished"), "writer");
    Writer aborted = expect_ok(store->writer("aborted"), "writer");
    Writer dropped = expect_ok(store->writer("dropped"), "writer");
    for (Writer* writer : {&finished, &aborted, &dropped}) {
        expect_ok(writer->write(content), "write");
    }
    List list = store->list();
    expect_ok(store->close(), "close");
    if (const auto rest = reader.read(content.size())) {
        expect(rest->text() == std::string_view(content).substr(10), "the rest is right");
    } else {
        expect_code(rest, {ErrorCode::closed}, "read after the close");
    }
    if (const auto made = finished.finish(); !made) {
        expect_code(made, {ErrorCode::closed}, "finish after the close");
    }
    if (const auto gone = aborted.abort(); !gone) {
        expect_code(gone, {ErrorCode::closed}, "abort after the close");
    }
    if (const auto entry = list.next(); !entry) {
        expect_code(entry, {ErrorCode::closed}, "next after the close");
    }
}

void health_when_open(Environment& environment) {
    const Health health = expect_ok(environment.store()->health(), "health");
    expect(health.state != Health::State::unhealthy, "an open store is not unhealthy");
}

void capabilities_stay(Environment& environment) {
    const Store& store = environment.store();
    const Capabilities now = store->backend().capabilities();
    expect(capability_facts(now) == capability_facts(store.can()),
           "capabilities after opening stay what they are");
    expect(!now.atomic_append || now.append, "atomic_append goes with append");
    expect(!now.write_if_match || now.etag, "write_if_match goes with etag");
    expect(!now.remove_if_match || now.etag, "remove_if_match goes with etag");
}

void reopen_keeps_content(Environment& environment) {
    const Store& store = environment.store();
    const std::string content = environment.content(100'003);
    store.put("dir/file", content, store.attributes());
    store.put_all({"gone", "made/"});
    expect_ok(store->remove("gone"), "remove");
    const Metadata before = store.stat("dir/file");
    Writer unfinished = expect_ok(store->writer("unfinished"), "writer");
    expect_ok(unfinished.write(content), "write");
    expect_ok(unfinished.abort(), "abort");
    expect_ok(store->close(), "close");
    const Store& again = environment.reopen();
    again.expect_text("dir/file", content);
    again.expect_attributes("dir/file");
    expect_equal(before.etag, again.stat("dir/file").etag, "the etag");
    expect_equal(before.modified_ms, again.stat("dir/file").modified_ms, "the time");
    again.expect_names("", {.recursive = true}, {"dir/", "dir/file", "made/"});
    again.put("dir/file", "new");
    expect(!store.can().etag || again.stat("dir/file").etag != before.etag, "another etag");
}

void second_sees(Environment& environment) {
    const Store& store = environment.store();
    const Store& second = environment.second();
    const std::string etag = store.put("file", "one", store.attributes()).etag;
    second.expect_text("file", "one");
    second.expect_attributes("file");
    expect_equal(etag, second.stat("file").etag, "the etag");
    second.put("file", "two");
    second.put("dir/other", "x");
    store.expect_text("file", "two");
    store.expect_files({"dir/other", "file"});
    if (store.can().write_if_match) {
        expect_code(store->write("file", "three", {.if_match = etag}),
                    {ErrorCode::condition_failed}, "over what the other handle wrote");
    }
    expect_ok(store->remove("file"), "remove");
    second.expect_absent("file");
    expect_ok(second->close(), "close");
    store.expect_files({"dir/other"});
}

void read_only_refuses(Environment& environment) {
    const Store& store = environment.store();
    const auto expect_refused = [](const auto& result, std::string_view what) {
        expect_code(result, {ErrorCode::permission_denied}, what);
    };
    expect_refused(store->write("file", "x"), "write");
    expect_refused(store->writer("file"), "writer");
    expect_refused(store->append("file", "x"), "append");
    expect_refused(store->remove("file"), "remove");
    expect_refused(store->remove_all("file"), "remove_all");
    expect_refused(store->copy("file", "b"), "copy");
    expect_refused(store->rename("file", "b"), "rename");
    expect_refused(store->create_dir("dir"), "create_dir");
    expect_ok(store->stat(""), "stat of the root");
}

void undeclared_is_refused(Environment& environment) {
    const Store& store = environment.store();
    const Capabilities& can = store.can();
    store.put("file", "x");
    const auto expect_as_declared = [](bool declared, const auto& result, std::string_view what) {
        if (!declared) {
            expect_code(result, {ErrorCode::unsupported}, what);
        } else if (!result) {
            expect(result.error().code() != ErrorCode::unsupported, what);
        }
    };
    const UserMetadata user = {{"a", "b"}};
    expect_as_declared(can.exclusive_create, store->write("a", "x", {.if_not_exists = true}),
                       "if_not_exists in a write");
    expect_as_declared(can.write_if_match, store->write("file", "x", {.if_match = "*"}),
                       "if_match in a write");
    expect_as_declared(can.append, store->append("file", "x"), "append");
    expect_as_declared(can.content_type, store->write("b", "x", {.content_type = "text/plain"}),
                       "content_type");
    expect_as_declared(can.user_metadata, store->write("c", "x", {.user = user}), "user metadata");
    expect_as_declared(can.etag, store->stat("file", {.if_match = "*"}), "if_match in a stat");
    expect_as_declared(can.modified, store->stat("file", {.if_modified_since_ms = 1}),
                       "if_modified_since in a stat");
    expect_as_declared(can.exclusive_copy, store->copy("file", "d", {.if_not_exists = true}),
                       "if_not_exists in a copy");
    expect_as_declared(can.exclusive_copy, store->rename("d", "e", {.if_not_exists = true}),
                       "if_not_exists in a rename");
    expect_as_declared(can.remove_if_match, store->remove("file", {.if_match = "*"}),
                       "if_match in a removal");
}

}  // namespace

std::vector<Case> limit_cases() {
    using enum Need;
    return {
        {"limit.path",
         "A path may be as long as declared, and not a byte longer.",
         {writes},
         limit_path},
        {"limit.segment",
         "A name may be as long as declared, and not a byte longer.",
         {writes},
         limit_segment},
        {"limit.user_metadata",
         "User metadata may be as long as declared, and not a byte longer.",
         {writes, user_metadata},
         limit_user_metadata},
        {"limit.blob_size",
         "A blob may be as large as declared, and not a byte larger.",
         {writes},
         limit_blob},
    };
}

std::vector<Case> lifecycle_cases() {
    using enum Need;
    return {
        {"capabilities.stay",
         "Capabilities do not change, and do not contradict each other.",
         {},
         capabilities_stay},
        {"undeclared.is_refused",
         "What is not declared is unsupported, and what is is not.",
         {writes},
         undeclared_is_refused},
        {"read_only.is_refused",
         "A store that is read-only refuses every change.",
         {read_only},
         read_only_refuses},
        {"health.when_open", "An open store is not unhealthy.", {}, health_when_open},
        {"close.refuses_new_calls",
         "After close, every call gives closed.",
         {writes},
         close_refuses},
        {"close.twice", "A second close is fine.", {}, close_twice},
        {"close.with_open_ones",
         "Readers, writers and listings that are open end, with an answer or closed.",
         {writes},
         close_with_open_ones},
        {"reopen.keeps_content",
         "What was written is there when the store is opened again.",
         {writes, reopen},
         reopen_keeps_content},
        {"second.sees",
         "Two handles on one store see each other's writes.",
         {writes, second_handle},
         second_sees},
    };
}

}  // namespace turntable::inline v0::blob::conformance
