#include "blob/cases/groups.hpp"
#include "blob/environment.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

constexpr std::size_t odd_size = 100'003;

void read_whole(Environment& environment) {
    const Store& store = environment.store();
    for (const std::size_t size : {std::size_t{1}, std::size_t{4096}, odd_size}) {
        const std::string content = environment.content(size);
        store.put("file", content);
        store.expect_text("file", content);
    }
}

void read_ranges(Environment& environment) {
    const Store& store = environment.store();
    const std::string content = environment.content(odd_size);
    store.put("file", content);
    for (const std::size_t offset : {std::size_t{0}, std::size_t{1}, std::size_t{4095},
                                     std::size_t{65'536}, odd_size - 1, odd_size}) {
        expect_equal(content.substr(offset), store.text("file", {.offset = offset}),
                     "from " + show(offset) + " to the end");
        for (const std::size_t length :
             {std::size_t{0}, std::size_t{1}, std::size_t{4096}, odd_size, std::size_t{1} << 40U}) {
            expect_equal(content.substr(offset, length),
                         store.text("file", {.offset = offset, .length = length}),
                         show(length) + " bytes from " + show(offset));
        }
    }
    for (std::size_t length = 1; length <= 70; ++length) {
        expect_equal(content.substr(3, length), store.text("file", {.offset = 3, .length = length}),
                     show(length) + " bytes from 3");
    }
}

void read_suffix(Environment& environment) {
    const Store& store = environment.store();
    const std::string content = environment.content(odd_size);
    store.put("file", content);
    for (const std::size_t length : {std::size_t{1}, std::size_t{4096}, odd_size - 1, odd_size}) {
        expect_equal(content.substr(odd_size - length),
                     store.text("file", ByteRange::suffix(length)),
                     "the last " + show(length) + " bytes");
    }
}

void read_suffix_larger(Environment& environment) {
    const Store& store = environment.store();
    store.put("file", "short");
    expect_equal("short", store.text("file", ByteRange::suffix(6)), "one more than there is");
    expect_equal("short", store.text("file", ByteRange::suffix(UINT64_MAX)), "far more");
    store.put("empty", "");
    expect_equal("", store.text("empty", ByteRange::suffix(6)), "more than nothing");
}

void read_suffix_zero(Environment& environment) {
    const Store& store = environment.store();
    store.put("file", "short");
    expect_equal("", store.text("file", ByteRange::suffix(0)), "the last 0 bytes");
}

void read_beyond_the_end(Environment& environment) {
    const Store& store = environment.store();
    store.put("file", "12345");
    expect_equal("", store.text("file", {.offset = 5}), "at the end");
    expect_code(store->read("file", {.offset = 6}), {ErrorCode::out_of_range}, "one beyond");
    expect_code(store->read("file", {.offset = UINT64_MAX}), {ErrorCode::out_of_range},
                "far beyond");
    expect_code(store->read("file", {.offset = 6, .length = 0}), {ErrorCode::out_of_range},
                "nothing, but beyond");
}

void read_absent(Environment& environment) {
    const Store& store = environment.store();
    for (const char* path : {"no", "no/such/file"}) {
        expect_code(store->read(path), {ErrorCode::not_found}, "read of nothing");
    }
}

void read_directory(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"made/", "a/file"});
    for (const char* path : {"made", "made/", "a", "a/", "/"}) {
        expect_code(store->read(path), {ErrorCode::type_mismatch}, "read of a directory");
    }
    expect_code(store->read("a/file/"), {ErrorCode::type_mismatch}, "read of a directory path");
}

void read_if_match(Environment& environment) {
    const Store& store = environment.store();
    const std::string old = store.put("file", "one").etag;
    const std::string etag = store.put("file", "two").etag;
    const auto read = [&](std::string_view wanted) {
        return store->read("file", {}, {.if_match = wanted});
    };
    expect_equal("two", expect_ok(read(etag), "its etag").to_string(), "the content");
    expect_equal("two", expect_ok(read("*"), "any etag").to_string(), "the content");
    expect_code(read(old), {ErrorCode::condition_failed}, "an earlier etag");
}

void read_if_none_match(Environment& environment) {
    const Store& store = environment.store();
    const std::string old = store.put("file", "one").etag;
    const std::string etag = store.put("file", "two").etag;
    const auto read = [&](std::string_view unwanted) {
        return store->read("file", {}, {.if_none_match = unwanted});
    };
    expect_equal("two", expect_ok(read(old), "an earlier etag").to_string(), "the content");
    expect_code(read(etag), {ErrorCode::condition_failed}, "its etag");
    expect_code(read("*"), {ErrorCode::condition_failed}, "any etag");
}

void read_if_modified_since(Environment& environment) {
    const Store& store = environment.store();
    const std::int64_t time = store.put("file", "one").modified_ms;
    const auto read = [&](std::int64_t since) {
        return store->read("file", {}, {.if_modified_since_ms = since});
    };
    expect_equal("one", expect_ok(read(time - 1), "since before").to_string(), "the content");
    expect_code(read(time), {ErrorCode::condition_failed}, "since then");
}

void read_if_unmodified_since(Environment& environment) {
    const Store& store = environment.store();
    const std::int64_t time = store.put("file", "one").modified_ms;
    const auto read = [&](std::int64_t since) {
        return store->read("file", {}, {.if_unmodified_since_ms = since});
    };
    expect_equal("one", expect_ok(read(time), "since then").to_string(), "the content");
    expect_code(read(time - 1), {ErrorCode::condition_failed}, "since before");
}

std::string read_all(Reader& reader, std::size_t piece) {
    std::string all;
    while (true) {
        const Bytes bytes = expect_ok(reader.read(piece), "read of a piece");
        expect(bytes.size() <= piece, "a piece is no longer than asked for");
        all += bytes.text();
        if (bytes.size() < piece) {
            return all;
        }
    }
}

void reader_pieces(Environment& environment) {
    const Store& store = environment.store();
    const std::string content = environment.content(odd_size);
    store.put("file", content);
    for (const std::size_t chunk : {4096U, 65'521U, 1U << 20U}) {
        for (const std::size_t piece : {777U, 4096U, 100'000U}) {
            for (const bool ahead : {false, true}) {
                Reader reader = expect_ok(
                    store->reader("file", {.chunk_bytes = chunk, .read_ahead = ahead}), "reader");
                expect_equal(content, read_all(reader, piece),
                             "pieces of " + show(piece) + " in chunks of " + show(chunk));
                expect_equal("", expect_ok(reader.read(1), "at the end").to_string(), "the end");
            }
        }
    }
    store.put("small", content.substr(0, 301));
    for (const std::size_t chunk : {1U, 7U}) {
        Reader reader = expect_ok(store->reader("small", {.chunk_bytes = chunk}), "reader");
        expect_equal(content.substr(0, 301), read_all(reader, 3), "small chunks");
    }
    store.put("empty", "");
    Reader reader = expect_ok(store->reader("empty"), "reader of an empty file");
    expect_equal("", read_all(reader, 10), "an empty file");
}

void reader_seeks(Environment& environment) {
    const Store& store = environment.store();
    const std::string content = environment.content(odd_size);
    store.put("file", content);
    Reader reader = expect_ok(store->reader("file", {.chunk_bytes = 1000}), "reader");
    for (const std::size_t offset :
         {std::size_t{50'000}, std::size_t{3}, odd_size - 1, odd_size, std::size_t{999}}) {
        reader.seek(offset);
        expect_equal(content.substr(offset, 2000), expect_ok(reader.read(2000), "read").to_string(),
                     "at " + show(offset));
        expect_equal(content.substr(offset, 10),
                     expect_ok(reader.read_at(offset, 10), "read_at").to_string(),
                     "at " + show(offset));
    }
    reader.seek(odd_size + 100);
    expect_equal("", expect_ok(reader.read(1), "read").to_string(), "beyond the end");
}

void reader_metadata(Environment& environment) {
    const Store& store = environment.store();
    const Metadata written = store.put("file", "12345", store.attributes());
    const Reader reader = expect_ok(store->reader("file"), "reader");
    expect_equal(5U, reader.size_bytes(), "the size");
    expect_equal(written.etag, reader.metadata().etag, "the etag");
    expect_equal(store.stat("file").content_type, reader.metadata().content_type,
                 "the content type");
    expect(store.stat("file").user == reader.metadata().user, "user metadata as stat has it");
}

void reader_conditions(Environment& environment) {
    const Store& store = environment.store();
    const std::string old = store.put("file", "one").etag;
    const std::string etag = store.put("file", "two").etag;
    const auto open = [&](const Conditions& conditions) {
        return store->reader("file", {.conditions = conditions});
    };
    (void)expect_ok(open({.if_match = etag}), "if_match its etag");
    (void)expect_ok(open({.if_none_match = old}), "if_none_match an earlier etag");
    expect_code(open({.if_match = old}), {ErrorCode::condition_failed}, "if_match an earlier etag");
    expect_code(open({.if_none_match = etag}), {ErrorCode::condition_failed},
                "if_none_match its etag");
    if (store.can().modified) {
        const std::int64_t time = store.stat("file").modified_ms;
        (void)expect_ok(open({.if_unmodified_since_ms = time}), "if_unmodified_since then");
        expect_code(open({.if_unmodified_since_ms = time - 1}), {ErrorCode::condition_failed},
                    "if_unmodified_since before");
        (void)expect_ok(open({.if_modified_since_ms = time - 1}), "if_modified_since before");
        expect_code(open({.if_modified_since_ms = time}), {ErrorCode::condition_failed},
                    "if_modified_since then");
    }
}

void reader_of_no_file(Environment& environment) {
    const Store& store = environment.store();
    store.put("a/file", "x");
    expect_code(store->reader("no"), {ErrorCode::not_found}, "reader of nothing");
    expect_code(store->reader("a"), {ErrorCode::type_mismatch}, "reader of a directory");
    expect_code(store->reader("a/"), {ErrorCode::type_mismatch}, "reader of a directory path");
}

void reader_keeps_its_version(Environment& environment) {
    const Store& store = environment.store();
    const std::string old = environment.content(odd_size);
    const auto begin = [&] {
        store.put("file", old);
        Reader reader = expect_ok(store->reader("file", {.chunk_bytes = 4096}), "reader");
        expect_equal(old.substr(0, 10), expect_ok(reader.read(10), "read").to_string(),
                     "the beginning");
        return reader;
    };
    const auto expect_rest = [&](Reader& reader, std::string_view after) {
        expect_equal(old.substr(10), read_all(reader, 5000),
                     "the rest of what was opened, after " + std::string(after));
    };
    Reader overwritten = begin();
    store.put("file", environment.content(odd_size / 2));
    expect_rest(overwritten, "an overwrite");
    Reader removed = begin();
    expect_ok(store->remove("file"), "remove");
    expect_rest(removed, "a removal");
    Reader renamed = begin();
    expect_ok(store->rename("file", "other"), "rename");
    expect_rest(renamed, "a rename");
    if (store.can().append) {
        Reader appended = begin();
        expect_ok(store->append("file", "more"), "append");
        expect_rest(appended, "an append");
    }
}

}  // namespace

std::vector<Case> read_cases() {
    using enum Need;
    return {
        {"read.whole", "A file reads as it was written.", {writes}, read_whole},
        {"read.ranges",
         "A range gives its bytes, and ends where the file ends.",
         {writes},
         read_ranges},
        {"read.suffix", "A suffix gives the last bytes.", {writes}, read_suffix},
        {"read.suffix_larger_than_the_file",
         "A suffix longer than the file gives all of it.",
         {writes},
         read_suffix_larger},
        {"read.suffix_of_zero", "A suffix of no bytes gives none.", {writes}, read_suffix_zero},
        {"read.beyond_the_end",
         "An offset at the end gives nothing, one beyond is out_of_range.",
         {writes},
         read_beyond_the_end},
        {"read.absent", "What is not there is not_found.", {}, read_absent},
        {"read.directory", "A directory cannot be read.", {writes}, read_directory},
        {"read.if_match", "if_match wants this etag, or any.", {writes, etag}, read_if_match},
        {"read.if_none_match",
         "if_none_match wants another etag.",
         {writes, etag},
         read_if_none_match},
        {"read.if_modified_since",
         "if_modified_since wants a later time.",
         {writes, modified},
         read_if_modified_since},
        {"read.if_unmodified_since",
         "if_unmodified_since wants no later time.",
         {writes, modified},
         read_if_unmodified_since},
    };
}

std::vector<Case> reader_cases() {
    using enum Need;
    return {
        {"reader.pieces",
         "A reader gives the file in pieces of any size, with and without reading ahead.",
         {writes},
         reader_pieces},
        {"reader.seeks", "A reader goes to any position.", {writes}, reader_seeks},
        {"reader.metadata", "A reader knows what stat knows.", {writes}, reader_metadata},
        {"reader.conditions",
         "A reader opens under the conditions of a read.",
         {writes, etag},
         reader_conditions},
        {"reader.of_no_file", "Only files have readers.", {writes}, reader_of_no_file},
        {"reader.keeps_its_version",
         "A reader goes on with the version it opened, whatever is written meanwhile.",
         {writes, read_one_version},
         reader_keeps_its_version},
    };
}

}  // namespace turntable::inline v0::blob::conformance
