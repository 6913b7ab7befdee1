// The program that collection_crash_test kills.
//   collection_writer FILE SEED
// Four threads change a collection without end. A line goes out for each book whose last change
// was acknowledged: "book id written".
//   collection_writer FILE migrate|migrate_slowly
// Waits for a line, then applies all migrations, or goes on with the one that is half-applied. A
// line says how many were applied; of migrate_slowly one each, "batch", before a batch.
#include <unistd.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "crash/collection_record.hpp"
#include "crash/migrating.hpp"
#include "support/open_sqlite.hpp"

namespace {

namespace kv = turntable::kv;
using turntable::ErrorCode;
using turntable::test::Book;
using turntable::test::Shelf;

void tell(std::int32_t id, std::int64_t written) {
    const std::string line = "book " + std::to_string(id) + " " + std::to_string(written) + "\n";
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) {
        std::_Exit(0);
    }
}

void expect(bool holds, const turntable::Error* error) {
    if (!holds) {
        std::fprintf(stderr, "collection_writer: %s\n",
                     error == nullptr ? "?" : error->to_string().c_str());
        std::_Exit(3);
    }
}

/// Each thread has books of its own and shares shelves and titles with the others.
void write_without_end(const kv::Collection<Book>& books, const kv::Collection<Shelf>& shelves,
                       std::uint64_t seed, std::int32_t thread) {
    std::mt19937_64 random(seed + static_cast<std::uint64_t>(thread));
    for (std::int64_t number = static_cast<std::int64_t>(seed) * 1'000'000;; ++number) {
        const auto shelf = static_cast<std::int32_t>(random() % 4);
        (void)shelves.insert({shelf});
        if (random() % 16 == 0) {
            const auto gone = shelves.remove(shelf);
            expect(gone.has_value(), gone ? nullptr : &gone.error());
            continue;
        }
        const Book book{thread * 100 + static_cast<std::int32_t>(random() % 20),
                        "title" + std::to_string(random() % 60), shelf, number};
        const auto done = books.put(book);
        const bool expected = done || done.error().code() == ErrorCode::already_exists ||
                              done.error().code() == ErrorCode::not_found;
        expect(expected, done ? nullptr : &done.error());
        if (done) {
            tell(book.id, number);
        }
    }
}

void say(const std::string& word) {
    std::puts(word.c_str());
    std::fflush(stdout);
}

int migrate(const kv::Database& db, bool quiet) {
    const auto tell_batch = [quiet] {
        if (!quiet) {
            say("batch");
        }
    };
    const auto migrator = kv::Migrator::make(
        db, turntable::test::test_migrations(tell_batch),
        {.lease = std::chrono::milliseconds(200), .wait = std::chrono::minutes(1)});
    expect(migrator.has_value(), migrator ? nullptr : &migrator.error());
    say("ready");
    (void)std::getchar();
    const auto resumed = migrator->resume();
    expect(resumed.has_value(), resumed ? nullptr : &resumed.error());
    const auto done = migrator->up();
    expect(done.has_value(), done ? nullptr : &done.error());
    say(std::to_string(done->size() + (*resumed ? 1 : 0)));
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        return 2;
    }
    const auto db = turntable::test::open_sqlite(arguments[1]);
    expect(db.has_value(), db ? nullptr : &db.error());
    const std::string_view verb = arguments[2];
    if (verb == "migrate" || verb == "migrate_slowly") {
        return migrate(*db, verb == "migrate");
    }
    const auto shelves = kv::Collection<Shelf>::open(*db);
    const auto books = kv::Collection<Book>::open(*db);
    expect(shelves && books, nullptr);
    const auto seed = std::strtoull(arguments[2], nullptr, 10);
    std::vector<std::jthread> threads;
    for (std::int32_t thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&, thread] { write_without_end(*books, *shelves, seed, thread); });
    }
    return 0;
}
