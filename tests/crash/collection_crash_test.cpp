// Kills a process that changes a collection, again and again, and looks at what it left.
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "crash/collection_record.hpp"
#include "crash/migrating.hpp"
#include "crash/rounds.hpp"
#include "support/child_process.hpp"
#include "support/collection_check.hpp"
#include "support/open_sqlite.hpp"
#include "support/temp_folder.hpp"

namespace turntable::test {
namespace {

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
    for (int round = 1; round <= rounds_asked(8) && !HasFailure(); ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        run_writer(file, round, acknowledged);
        check_file(file, acknowledged);
    }
}

/// Opens a file with notes that no migration has touched.
kv::Database with_notes(const std::string& file) {
    const auto db = open_sqlite(file, "?durability=off").value();
    const auto notes_made = kv::Collection<Note>::open(db).value();
    auto state = db.atomic();
    for (std::int64_t id = 0; id < notes; ++id) {
        // As the collection would, in one commit.
        state.set({"notes", "record", id},
                  kv::Value::js(kv::JsObject{{{"id", kv::BigInteger(id)},
                                              {"text", "note " + std::to_string(id * 7 % 100)}}})
                      .value());
    }
    EXPECT_TRUE(state.commit()->committed);
    return db;
}

void expect_all_applied_once(const kv::Database& db) {
    for (std::uint64_t version = 1; version <= counting_migrations; ++version) {
        const auto entry = *db.get({"applied", version});
        ASSERT_TRUE(entry) << version;
        EXPECT_EQ(*entry->value.as_u64(), 1U) << version;
    }
    const auto store = kv::detail::RecordStore::open_stored(db, "notes", {}, {});
    ASSERT_TRUE(store) << store.error().to_string();
    const auto* index = (*store)->known()->find_index("by_text");
    ASSERT_NE(index, nullptr);
    EXPECT_TRUE(index->ready);
    expect_indexes_agree(**store);
}

// SQLx: two processes migrate at once, each migration is applied exactly once.
TEST(CollectionCrash, ProcessesThatMigrateAtOnceApplyEachMigrationOnce) {
    const TempFolder folder;
    const std::string file = folder.file("kv.sqlite3");
    const auto db = with_notes(file);
    std::vector<std::unique_ptr<ChildProcess>> children;
    for (int i = 0; i < 3; ++i) {
        children.push_back(std::make_unique<ChildProcess>(
            std::vector<std::string>{COLLECTION_WRITER, file, "migrate"}));
        EXPECT_EQ(children.back()->read_line(), "ready");
    }
    for (const auto& child : children) {
        child->write_line("go");
    }
    std::size_t applied = 0;
    for (const auto& child : children) {
        const auto line = child->read_line();
        ASSERT_TRUE(line);
        applied += std::stoul(*line);
        EXPECT_EQ(child->wait(), 0);
    }
    EXPECT_EQ(applied, counting_migrations + 1);
    expect_all_applied_once(db);
}

TEST(CollectionCrash, AMigrationThatIsKilledIsRefusedUntilItGoesOnFromItsLastBatch) {
    const TempFolder folder;
    const std::string file = folder.file("kv.sqlite3");
    const auto db = with_notes(file);
    const auto migrator =
        kv::Migrator::make(db, test_migrations(), {.wait = std::chrono::seconds(30)}).value();
    for (int kills = 0; kills < 2; ++kills) {
        ChildProcess child({COLLECTION_WRITER, file, "migrate_slowly"});
        ASSERT_EQ(child.read_line(), "ready");
        child.write_line("go");
        for (int batch = 0; batch < 3; ++batch) {
            ASSERT_EQ(child.read_line(), "batch");
        }
        child.kill();
        ASSERT_EQ(child.wait(), -SIGKILL);
        EXPECT_EQ(migrator.status()->back().state, kv::MigrationState::half_applied);
        EXPECT_EQ(migrator.up().error().code(), ErrorCode::conflict);
    }
    EXPECT_EQ(*migrator.resume(), counting_migrations + 1);
    EXPECT_EQ(migrator.status()->back().state, kv::MigrationState::applied);
    expect_all_applied_once(db);
}

}  // namespace
}  // namespace turntable::test
