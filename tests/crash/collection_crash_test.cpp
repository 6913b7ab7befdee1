// Kills a process that changes a collection, again and again, and looks at what it left.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <sstream>

#include "crash/collection_record.hpp"
#include "support/child_process.hpp"
#include "support/collection_check.hpp"
#include "support/open_sqlite.hpp"
#include "support/temp_folder.hpp"

namespace turntable::test {
namespace {

int rounds_asked() {
    const char* text = std::getenv("TURNTABLE_CRASH_ROUNDS");
    return text == nullptr ? 8 : static_cast<int>(std::strtol(text, nullptr, 10));
}

/// The number of the last change of each book that was acknowledged.
using Acknowledged = std::map<std::int32_t, std::int64_t>;

void run_writer(const std::string& file, int seed, Acknowledged& acknowledged) {
    ChildProcess child({COLLECTION_WRITER, file, std::to_string(seed)});
    const int enough = 10 + seed * 37 % 90;
    int told = 0;
    while (const auto line = child.read_line()) {
        std::istringstream words(*line);
        std::string word;
        std::int32_t id = 0;
        std::int64_t written = 0;
        words >> word >> id >> written;
        acknowledged[id] = written;
        if (++told == enough) {
            child.kill();
        }
    }
    EXPECT_EQ(child.wait(), -SIGKILL);
}

void check_file(const std::string& file, const Acknowledged& acknowledged) {
    const auto db = open_sqlite(file);
    ASSERT_TRUE(db) << db.error().to_string();
    const auto shelves = kv::Collection<Shelf>::open(*db).value();
    const auto books = kv::Collection<Book>::open(*db).value();
    expect_indexes_agree(*books.store());
    for (auto& entry : db->list(kv::prefix({"books", "record"}))) {
        const auto id = static_cast<std::int32_t>(*(*entry->key.parts())[2].integer()->to_int64());
        const Book book = (*books.get(id))->value;
        EXPECT_TRUE(*shelves.get(book.shelf)) << "book " << id << " stands on no shelf";
        const auto last = acknowledged.find(id);
        EXPECT_TRUE(last == acknowledged.end() || book.written >= last->second)
            << "an acknowledged change of book " << id << " is lost";
    }
}

TEST(CollectionCrash, IndexesAndReferencesAgreeWithTheRecordsAfterEachKill) {
    const TempFolder folder;
    const std::string file = folder.file("kv.sqlite3");
    Acknowledged acknowledged;
    for (int round = 1; round <= rounds_asked() && !HasFailure(); ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        run_writer(file, round, acknowledged);
        check_file(file, acknowledged);
    }
}

}  // namespace
}  // namespace turntable::test
