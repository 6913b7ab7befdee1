// A copy of a store against a loop over the C APIs that does the same: reads one state in key order
// and writes as many entries a commit, each with what the format of the target keeps of it.
// `bench_copy FOLDER` puts its files there.

#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "harness.hpp"
#include "raw_lmdb.hpp"
#include "raw_sqlite.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/lmdb.hpp"
#include "turntable/kv/sqlite.hpp"
#include "turntable/kv/transfer.hpp"

namespace turntable_bench {
namespace {

namespace kv = turntable::kv;

constexpr std::uint64_t entries = 1'000'000;
/// What kv::copy writes at a time.
constexpr int entries_a_commit = 8192;

kv::Database open(const std::string& url) {
    kv::Registry registry;
    kv::register_sqlite(registry).value();
    kv::register_lmdb(registry).value();
    return registry.open(url).value();
}

void fill(const std::string& url) {
    const kv::Database db = open(url);
    auto write = db.atomic();
    for (std::uint64_t i = 0; i < entries; ++i) {
        write.set(key_text(i), value_text(i));
        if (i % 1000 == 999) {
            (void)write.commit().value();
            write = db.atomic();
        }
    }
}

/// The rows of a file of ours in key order.
class RawRows {
  public:
    explicit RawRows(const std::string& path) {
        require(sqlite3_open(path.c_str(), &database_) == SQLITE_OK);
        require(sqlite3_prepare_v2(database_, "select k, v from kv order by k", -1, &read_,
                                   nullptr) == SQLITE_OK);
    }
    RawRows(const RawRows&) = delete;
    RawRows& operator=(const RawRows&) = delete;
    ~RawRows() {
        sqlite3_finalize(read_);
        sqlite3_close(database_);
    }
    bool next() { return sqlite3_step(read_) == SQLITE_ROW; }
    std::string_view key() const { return column(0); }
    std::string_view value() const { return column(1); }

  private:
    static void require(bool done) {
        if (!done) {
            std::abort();
        }
    }
    std::string_view column(int at) const {
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(read_, at));
        return {static_cast<const char*>(sqlite3_column_blob(read_, at)), size};
    }

    sqlite3* database_ = nullptr;
    sqlite3_stmt* read_ = nullptr;
};

template <class Target>
std::uint64_t copy_by_hand(const std::string& from, Target& target) {
    RawRows rows(from);
    std::uint64_t copied = 0;
    target.begin();
    while (rows.next()) {
        target.set(rows.key(), rows.value());
        if (++copied % entries_a_commit == 0) {
            target.commit();
            target.begin();
        }
    }
    target.commit();
    return copied;
}

/// An empty folder.
std::string fresh(const std::string& folder) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
    return folder;
}

void compare(const std::string& target, const std::string& from, const Work& by_hand,
             const std::string& to) {
    const auto ours = [&] {
        fresh(to);
        return kv::copy(open("sqlite:" + from), open(target + ":" + to + "/db")).value().entries;
    };
    Row row = compare_rates("copy of 1 million entries, sqlite to " + target,
                            "a loop over the C APIs", 0.6, 3, ours, by_hand);
    row.unit = "entries/s";
    print(row);
}

}  // namespace
}  // namespace turntable_bench

int main(int argc, char** argv) {
    using namespace turntable_bench;
    const std::string folder = argc > 1 ? argv[1] : ".";
    const std::string from = folder + "/copy_from.db";
    const std::string to = folder + "/copy_to";
    fill("sqlite:" + from + "?durability=off");
    const auto to_sqlite = [&] {
        RawSqlite target(fresh(to) + "/db");
        return copy_by_hand(from, target);
    };
    const auto to_lmdb = [&] {
        RawLmdb target(fresh(to));
        return copy_by_hand(from, target);
    };
    compare("sqlite", from, to_sqlite, to);
    compare("lmdb", from, to_lmdb, to);
    return 0;
}
