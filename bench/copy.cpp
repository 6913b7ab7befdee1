// A copy of a store against a loop over the C API that does the same: reads one state in key
// order, writes as many entries a commit, keeps expiry times, the index on them and a version.
// `bench_copy FOLDER` puts its files there.

#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "harness.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/sqlite.hpp"
#include "turntable/kv/transfer.hpp"

namespace turntable_bench {
namespace {

namespace kv = turntable::kv;

constexpr std::uint64_t entries = 1'000'000;
/// What kv::copy writes at a time.
constexpr int entries_a_commit = 8192;

kv::Database open(const std::string& path, const char* settings = "") {
    kv::Registry registry;
    kv::register_sqlite(registry).value();
    return registry.open("sqlite:" + path + settings).value();
}

void remove(const std::string& path) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
        std::filesystem::remove(path + suffix);
    }
}

void fill(const std::string& path) {
    const kv::Database db = open(path, "?durability=off");
    auto write = db.atomic();
    for (std::uint64_t i = 0; i < entries; ++i) {
        write.set(key_text(i), value_text(i));
        if (i % 1000 == 999) {
            (void)write.commit().value();
            write = db.atomic();
        }
    }
}

std::uint64_t copy(const std::string& from, const std::string& to) {
    remove(to);
    return kv::copy(open(from), open(to)).value().entries;
}

void require(int code, int expected = SQLITE_OK) {
    if (code != expected) {
        std::abort();
    }
}

class Raw {
  public:
    explicit Raw(const std::string& path) {
        require(sqlite3_open(path.c_str(), &database_));
        run("pragma journal_mode = wal; pragma synchronous = full");
    }
    Raw(const Raw&) = delete;
    Raw& operator=(const Raw&) = delete;
    ~Raw() { sqlite3_close_v2(database_); }

    void run(const char* sql) { require(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr)); }
    sqlite3_stmt* prepare(const char* sql) {
        sqlite3_stmt* statement = nullptr;
        require(sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr));
        return statement;
    }

  private:
    sqlite3* database_ = nullptr;
};

std::uint64_t copy_by_hand(const std::string& from, const std::string& to) {
    remove(to);
    open(to).set("schema", "made").value();
    Raw source(from);
    Raw target(to);
    target.run("delete from kv");
    sqlite3_stmt* read =
        source.prepare("select k, v, v_encoding, expiration_ms from kv order by k");
    sqlite3_stmt* write = target.prepare(
        "insert into kv (k, v, v_encoding, version, expiration_ms) values (?1, ?2, ?3, ?4, ?5)");
    std::uint64_t copied = 0;
    target.run("begin immediate");
    while (sqlite3_step(read) == SQLITE_ROW) {
        for (const int column : {0, 1}) {
            require(sqlite3_bind_blob(write, column + 1, sqlite3_column_blob(read, column),
                                      sqlite3_column_bytes(read, column), SQLITE_STATIC));
        }
        require(sqlite3_bind_int64(write, 3, sqlite3_column_int64(read, 2)));
        require(
            sqlite3_bind_int64(write, 4, static_cast<sqlite3_int64>(copied / entries_a_commit)));
        require(sqlite3_bind_int64(write, 5, sqlite3_column_int64(read, 3)));
        require(sqlite3_step(write), SQLITE_DONE);
        require(sqlite3_reset(write));
        if (++copied % entries_a_commit == 0) {
            target.run(
                "update data_version set version = version + 1 where k = 0; commit; "
                "begin immediate");
        }
    }
    target.run("commit");
    sqlite3_finalize(read);
    sqlite3_finalize(write);
    return copied;
}

}  // namespace
}  // namespace turntable_bench

int main(int argc, char** argv) {
    using namespace turntable_bench;
    const std::string folder = argc > 1 ? argv[1] : ".";
    const std::string from = folder + "/copy_from.db";
    const std::string to = folder + "/copy_to.db";
    fill(from);
    Row row = compare_rates(
        "copy of 1 million entries, sqlite to sqlite", "a loop over the C API", 0.6, 3,
        [&] { return copy(from, to); }, [&] { return copy_by_hand(from, to); });
    row.unit = "entries/s";
    print(row);
    return 0;
}
