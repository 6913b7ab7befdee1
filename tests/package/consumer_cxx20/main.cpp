// A program of a user with the compiler of Debian 12, without coroutines: the URL picks the engine.
// consumer FOLDER: makes its files there.
#include <turntable/kv.hpp>
#include <turntable/kv/registry.hpp>
#include <turntable/kv/sqlite.hpp>
#include <turntable/version.hpp>

#include <iostream>
#include <string>

namespace kv = turntable::kv;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

Result<void> expect(bool held, const std::string& what) {
    if (!held) {
        return Error(ErrorCode::corrupt, "this did not hold: " + what);
    }
    return {};
}

Result<void> try_database(const kv::Database& db) {
    TURNTABLE_CHECK(db.set({"users", "alice"}, "Alice"));
    TURNTABLE_CHECK(db.set({"users", "bob"}, "Bob"));
    TURNTABLE_TRY(const auto alice, db.get({"users", "alice"}));
    TURNTABLE_CHECK(expect(alice.has_value(), "alice is there"));
    TURNTABLE_TRY(const std::string name, alice->value.as_text());
    TURNTABLE_CHECK(expect(name == "Alice", "alice has her name"));

    auto write = db.atomic();
    write.check({"users", "alice"}, alice).set({"users", "alice"}, "Alice B.").remove("none");
    TURNTABLE_TRY(const kv::CommitResult first, write.commit());
    TURNTABLE_TRY(const kv::CommitResult second, write.commit());
    TURNTABLE_CHECK(expect(first.committed && !second.committed, "the check holds once"));

    std::string listed;
    for (auto& entry : db.list(kv::prefix("users"))) {
        TURNTABLE_CHECK(entry);
        TURNTABLE_TRY(const std::string text, entry->value.as_text());
        listed += text + ";";
    }
    TURNTABLE_CHECK(expect(listed == "Alice B.;Bob;", "the list is in order: " + listed));
    return db.close();
}

Result<void> try_all(const std::string& folder) {
    kv::Registry registry;
    TURNTABLE_CHECK(kv::register_memory(registry));
    TURNTABLE_CHECK(kv::register_sqlite(registry));
    for (const std::string& url :
         {std::string("memory:"), "sqlite:" + folder + "/url.db", folder + "/path.db"}) {
        TURNTABLE_TRY(const kv::Database db, registry.open(url));
        TURNTABLE_CHECK(try_database(db));
    }
    const auto wrong = registry.open("sqlit:x");
    return expect(!wrong && wrong.error().code() == ErrorCode::unknown_provider,
                  "a slip in a scheme is an error");
}

}  // namespace

int main(int count, char** arguments) {
    const auto held = try_all(count > 1 ? arguments[1] : ".");
    std::cout << "turntable " << turntable::library_version() << ": "
              << (held ? "fine" : held.error().to_string()) << '\n';
    return held ? 0 : 1;
}
