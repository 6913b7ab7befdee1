// Copying and renaming keep the same promises but one: what becomes of the source.
#include "blob/cases/groups.hpp"
#include "blob/environment.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

enum class Verb : std::uint8_t { copy, rename };

Result<void> transfer(const Store& store, Verb verb, std::string_view from, std::string_view to,
                      bool if_not_exists = false) {
    return verb == Verb::copy ? store->copy(from, to, {.if_not_exists = if_not_exists})
                              : store->rename(from, to, {.if_not_exists = if_not_exists});
}

void expect_source(const Store& store, Verb verb, std::string_view from, std::string_view text,
                   const Location& where = Location::current()) {
    if (verb == Verb::copy) {
        store.expect_text(from, text, where);
    } else {
        store.expect_absent(from, where);
        expect_code(store->read(from), {ErrorCode::not_found}, "read of the old name", where);
    }
}

template <Verb verb>
void to_a_new_name(Environment& environment) {
    const Store& store = environment.store();
    const std::string content = environment.content(100'003);
    for (const std::string& text : {content, std::string()}) {
        store.put("dir/from", text);
        expect_ok(transfer(store, verb, "dir/from", "dir/to"), "to a new name");
        expect(store.text("dir/to") == text, "the content goes along");
        expect_source(store, verb, "dir/from", text);
        expect_ok(store->remove_all("dir/"), "remove_all");
    }
}

template <Verb verb>
void over_a_file(Environment& environment) {
    const Store& store = environment.store();
    store.put("from", "new");
    store.put("to", "old and longer");
    expect_ok(transfer(store, verb, "from", "to"), "over a file");
    store.expect_text("to", "new");
    expect_source(store, verb, "from", "new");
    if (verb == Verb::copy) {
        store.put("from", "changed");
        store.expect_text("to", "new");
    }
}

template <Verb verb>
void from_nothing(Environment& environment) {
    const Store& store = environment.store();
    store.put("to", "old");
    expect_code(transfer(store, verb, "no", "to"), {ErrorCode::not_found}, "from nothing");
    expect_code(transfer(store, verb, "no/such", "new"), {ErrorCode::not_found}, "from nothing");
    store.expect_text("to", "old");
    store.expect_files({"to"});
}

template <Verb verb>
void of_directories(Environment& environment) {
    const Store& store = environment.store();
    store.put_all({"dir/file", "file", "made/"});
    for (const char* directory : {"dir", "dir/", "made/"}) {
        expect_code(transfer(store, verb, directory, "to"), {ErrorCode::type_mismatch},
                    "from a directory");
    }
    expect_code(transfer(store, verb, "file", "to/"), {ErrorCode::type_mismatch},
                "to a directory path");
    if (store.can().directories) {
        expect_code(transfer(store, verb, "file", "dir"), {ErrorCode::type_mismatch},
                    "over a directory");
        expect_code(transfer(store, verb, "file", "dir/file/below"), {ErrorCode::type_mismatch},
                    "below a file");
    }
    store.expect_files({"dir/file", "file"});
}

template <Verb verb>
void to_itself(Environment& environment) {
    const Store& store = environment.store();
    store.put("dir/file", "x");
    for (const char* same : {"dir/file", "/dir/./file"}) {
        expect_code(transfer(store, verb, "dir/file", same), {ErrorCode::invalid_argument},
                    "to itself");
    }
    store.expect_text("dir/file", "x");
}

template <Verb verb>
void to_a_nested_name(Environment& environment) {
    const Store& store = environment.store();
    store.put("from", "x");
    expect_ok(transfer(store, verb, "from", "a/b/c/to"), "to a nested name");
    store.expect_text("a/b/c/to", "x");
    store.expect_directory("a/b/");
    expect_source(store, verb, "from", "x");
}

template <Verb verb>
void only_where_nothing_is(Environment& environment) {
    const Store& store = environment.store();
    store.put("from", "new");
    store.put("there/to", "old");
    expect_code(transfer(store, verb, "from", "there/to", true), {ErrorCode::already_exists},
                "if_not_exists over a file");
    store.expect_text("there/to", "old");
    store.expect_text("from", "new");
    expect_ok(transfer(store, verb, "from", "new/dir/to", true), "if_not_exists to nothing");
    store.expect_text("new/dir/to", "new");
    expect_source(store, verb, "from", "new");
    expect_code(transfer(store, verb, "no", "there/to", true),
                {ErrorCode::not_found, ErrorCode::already_exists}, "from nothing to something");
    expect_code(transfer(store, verb, "no", "other", true), {ErrorCode::not_found},
                "from nothing to nothing");
}

template <Verb verb>
void with_attributes(Environment& environment) {
    const Store& store = environment.store();
    store.put("from", "x", store.attributes());
    store.put("plain", "y");
    store.put("to", "z", store.attributes());
    expect_ok(transfer(store, verb, "from", "a/to"), "to a new name");
    store.expect_attributes("a/to");
    expect_ok(transfer(store, verb, "plain", "to"), "over attributes");
    store.expect_no_attributes("to");
    store.expect_text("to", "y");
}

void copy_if_match(Environment& environment) {
    const Store& store = environment.store();
    const std::string first = store.put("from", "one").etag;
    const std::string second = store.put("from", "two").etag;
    expect_code(store->copy("from", "to", {.if_match = first}), {ErrorCode::condition_failed},
                "an earlier version of the source");
    store.expect_absent("to");
    expect_ok(store->copy("from", "to", {.if_match = second}), "this version of the source");
    store.expect_text("to", "two");
    expect_ok(store->copy("from", "any", {.if_match = "*"}), "any version of the source");
    store.expect_text("any", "two");
}

void copy_large(Environment& environment) {
    const Store& store = environment.store();
    const std::size_t size = std::min<std::uint64_t>(environment.options().largest_bytes / 4 + 1,
                                                     store.can().limits.blob_bytes_max);
    const std::string content = environment.content(size);
    store.put("from", content);
    expect_ok(store->copy("from", "to"), "copy");
    expect(store.text("to") == content, "a large copy is whole");
}

template <Verb verb>
std::vector<Case> common_cases() {
    using enum Need;
    constexpr bool copies = verb == Verb::copy;
    return {
        {copies ? "copy.file" : "rename.file",
         "A file gets to a new name, whole.",
         {writes},
         to_a_new_name<verb>},
        {copies ? "copy.over_a_file" : "rename.over_a_file",
         "What is there is replaced.",
         {writes},
         over_a_file<verb>},
        {copies ? "copy.from_nothing" : "rename.from_nothing",
         "A source that is not there is not_found, and nothing is changed.",
         {writes},
         from_nothing<verb>},
        {copies ? "copy.directories" : "rename.directories",
         "Only files are taken, and only to names of files.",
         {writes},
         of_directories<verb>},
        {copies ? "copy.to_itself" : "rename.to_itself",
         "To itself is an invalid argument, and changes nothing.",
         {writes},
         to_itself<verb>},
        {copies ? "copy.to_a_nested_name" : "rename.to_a_nested_name",
         "The directories above the target are made.",
         {writes},
         to_a_nested_name<verb>},
        {copies ? "copy.if_not_exists" : "rename.if_not_exists",
         "if_not_exists goes only where nothing is.",
         {writes, exclusive_copy},
         only_where_nothing_is<verb>},
        {copies ? "copy.attributes" : "rename.attributes",
         "Attributes go along, and those of the target go.",
         {writes},
         with_attributes<verb>},
    };
}

}  // namespace

std::vector<Case> copy_cases() {
    using enum Need;
    std::vector<Case> all = common_cases<Verb::copy>();
    all.push_back({"copy.if_match",
                   "if_match copies only this version of the source.",
                   {writes, etag},
                   copy_if_match});
    all.push_back({"copy.large", "A copy of many pieces is whole.", {writes}, copy_large});
    const std::vector<Case> renames = common_cases<Verb::rename>();
    all.insert(all.end(), renames.begin(), renames.end());
    return all;
}

}  // namespace turntable::inline v0::blob::conformance
