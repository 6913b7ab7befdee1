// Files that are not ours, not whole, locked or not for us: a clear error, and the file as it was.

#include <sys/stat.h>
#include <unistd.h>

#include <functional>

#include "unit/kv_sqlite/files.hpp"

namespace sqlite_test {
namespace {

/// A way to make a file that must not be opened.
struct BadFile {
    const char* name;
    std::function<void(const std::string& path)> make;
    ErrorCode code;
    const char* says;
};

void PrintTo(const BadFile& bad, std::ostream* out) { *out << bad.name; }

void make_good(const std::string& path) {
    auto engine = make_engine(path);
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE(put(*engine, "key" + std::to_string(i), record(std::string(100, 'v'))));
    }
}

/// Deno's tables, changed by `sql`.
auto changed_by(const char* sql) {
    return [sql](const std::string& path) {
        make_good(path);
        RawDatabase(path).run(sql);
    };
}

auto overwritten(std::size_t at, const std::string& with) {
    return [at, with](const std::string& path) {
        make_good(path);
        std::string bytes = read_file(path);
        bytes.replace(at, with.size(), with);
        write_file(path, bytes);
    };
}

auto cut_to(double part) {
    return [part](const std::string& path) {
        make_good(path);
        std::string bytes = read_file(path);
        bytes.resize(static_cast<std::size_t>(static_cast<double>(bytes.size()) * part));
        write_file(path, bytes);
    };
}

auto filled_with(const std::string& bytes) {
    return [bytes](const std::string& path) { write_file(path, bytes); };
}

auto made_by(const char* sql) {
    return [sql](const std::string& path) { RawDatabase(path).run(sql); };
}

const BadFile bad_files[] = {
    {"text", filled_with("Dear diary, " + std::string(5000, '.')), ErrorCode::corrupt,
     "is no SQLite database"},
    {"few_bytes", filled_with("SQLite"), ErrorCode::corrupt, "is no SQLite database"},
    {"zeros", filled_with(std::string(8192, '\0')), ErrorCode::corrupt, "is no SQLite database"},
    {"only_the_magic", filled_with(std::string("SQLite format 3\0", 16)), ErrorCode::corrupt,
     "damaged file header"},
    {"magic_overwritten", overwritten(0, "garbage"), ErrorCode::corrupt, "overwritten"},
    {"page_size_overwritten", overwritten(16, "\x12\x34"), ErrorCode::corrupt,
     "damaged file header"},
    {"fractions_overwritten", overwritten(21, "xyz"), ErrorCode::corrupt, "damaged file header"},
    {"first_page_overwritten", overwritten(100, std::string(200, '\xee')), ErrorCode::corrupt,
     "damaged"},
    {"cut_in_half", cut_to(0.5), ErrorCode::corrupt, "cut short"},
    {"cut_by_a_byte", cut_to(0.99999), ErrorCode::corrupt, "cut short"},
    {"cut_to_the_header", cut_to(0.003), ErrorCode::corrupt, "cut short"},
    {"of_another_program", made_by("create table songs (title text); create table artists (n)"),
     ErrorCode::invalid_config, "artists, songs"},
    {"of_another_program_with_wal",
     made_by("pragma journal_mode = wal; create table songs (title text)"),
     ErrorCode::invalid_config, "another program"},
    {"newer", changed_by("update migration_state set version = 4"), ErrorCode::unsupported,
     "version 4"},
    {"version_is_text", changed_by("update migration_state set version = 'three'"),
     ErrorCode::corrupt, "no version"},
    {"version_is_negative", changed_by("update migration_state set version = -1"),
     ErrorCode::corrupt, "no version"},
    {"version_is_lost", changed_by("delete from migration_state"), ErrorCode::corrupt,
     "migration_state has no row"},
    {"no_migration_state", changed_by("drop table migration_state"), ErrorCode::corrupt,
     "not migration_state"},
    {"no_kv", changed_by("drop table kv"), ErrorCode::corrupt, "no table kv"},
    {"no_queue", changed_by("drop table queue"), ErrorCode::corrupt, "no table queue"},
    {"no_queue_running", changed_by("drop table queue_running"), ErrorCode::corrupt,
     "no table queue_running"},
    {"no_data_version", changed_by("drop table data_version"), ErrorCode::corrupt,
     "no table data_version"},
    {"counter_is_lost", changed_by("delete from data_version"), ErrorCode::corrupt,
     "commit counter"},
    {"counter_is_text", changed_by("update data_version set version = 'x'"), ErrorCode::corrupt,
     "where a number belongs"},
    {"another_column", changed_by("alter table kv rename column v to value"), ErrorCode::corrupt,
     "other columns"},
    {"another_type",
     changed_by("drop table queue; create table queue (ts text, id text, data blob, "
                "backoff_schedule text, keys_if_undelivered blob, primary key (ts, id))"),
     ErrorCode::corrupt, "other columns in its table queue"},
    {"half_migrated", changed_by("update migration_state set version = 2"), ErrorCode::corrupt,
     "other columns"},
};

class SqliteRefusedFile : public testing::TestWithParam<BadFile> {};
INSTANTIATE_TEST_SUITE_P(Files, SqliteRefusedFile, testing::ValuesIn(bad_files),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(SqliteRefusedFile, IsNamedAndLeftAsItWas) {
    const Folder folder;
    const std::string path = folder / "kv.db";
    GetParam().make(path);
    const std::string before = read_file(path);
    for (const bool read_only : {false, true}) {
        kv::SqliteOptions options = options_for(path);
        options.read_only = read_only;
        const auto opened = make_engine(options)->connect();
        ASSERT_FALSE(opened);
        const turntable::Error& error = opened.error();
        EXPECT_EQ(error.code(), GetParam().code) << error.to_string();
        EXPECT_NE(error.message().find(GetParam().says), std::string::npos) << error.to_string();
        EXPECT_NE(error.message().find(path), std::string::npos) << error.to_string();
        EXPECT_EQ(read_file(path), before);
        EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
        EXPECT_FALSE(std::filesystem::exists(path + "-shm"));
    }
}

TEST_P(SqliteRefusedFile, IsRefusedAgainAndFineOnceItIsReplaced) {
    const Folder folder;
    const std::string path = folder / "kv.db";
    GetParam().make(path);
    auto engine = make_engine(path);
    EXPECT_EQ(engine->get("key1").error().code(), GetParam().code);
    EXPECT_EQ(engine->begin_write().error().code(), GetParam().code);
    std::filesystem::remove(path);
    make_good(path);
    EXPECT_EQ(get_text(*engine, "key1"), std::string(100, 'v'));
}

TEST(SqliteRefused, ALogBesideARefusedFileStaysAsItIs) {
    const Folder folder;
    RawDatabase writer(folder / "made.db");
    writer.run(
        "pragma journal_mode = wal; create table songs (title text);"
        "insert into songs values ('x')");
    for (const char* suffix : {"", "-wal"}) {
        std::filesystem::copy_file(folder / ("made.db" + std::string(suffix)),
                                   folder / ("kv.db" + std::string(suffix)));
    }
    const std::string file = read_file(folder / "kv.db");
    const std::string log = read_file(folder / "kv.db-wal");
    EXPECT_EQ(make_engine(folder / "kv.db")->connect().error().code(), ErrorCode::invalid_config);
    EXPECT_EQ(read_file(folder / "kv.db"), file);
    EXPECT_EQ(read_file(folder / "kv.db-wal"), log);
}

TEST(SqliteRefused, PlacesWhereNoFileIsOrCanBe) {
    const Folder folder;
    kv::SqliteOptions absent = options_for(folder / "absent.db");
    absent.create = false;
    EXPECT_EQ(make_engine(absent)->connect().error().code(), ErrorCode::not_found);
    absent.create = true;
    absent.read_only = true;
    EXPECT_EQ(make_engine(absent)->connect().error().code(), ErrorCode::not_found);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    const auto no_folder = make_engine(folder / "no/such/kv.db")->connect();
    EXPECT_EQ(no_folder.error().code(), ErrorCode::not_found);
    EXPECT_NE(no_folder.error().message().find("no/such is not there"), std::string::npos);
    EXPECT_EQ(make_engine(folder.path())->connect().error().code(), ErrorCode::invalid_config);
    EXPECT_EQ(make_engine("/dev/null")->connect().error().code(), ErrorCode::invalid_config);
}

TEST(SqliteRefused, AFileLockedByAnotherIsBusyAndServesLater) {
    const Folder folder;
    make_good(folder / "kv.db");
    auto engine = make_engine(folder / "kv.db");
    {
        RawDatabase other(folder / "kv.db");
        other.run("pragma locking_mode = exclusive; begin exclusive");
        const auto opened = engine->connect();
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code(), ErrorCode::busy);
        EXPECT_EQ(opened.error().retry(), turntable::Retry::temporary);
        EXPECT_NE(opened.error().message().find("locked by another"), std::string::npos);
    }
    EXPECT_TRUE(engine->connect());
}

TEST(SqliteRefused, AWriterElsewhereHindersWritesAndNotReads) {
    const Folder folder;
    make_good(folder / "kv.db");
    auto engine = make_engine(folder / "kv.db");
    RawDatabase other(folder / "kv.db");
    other.run("begin immediate");
    EXPECT_EQ(get_text(*engine, "key1"), std::string(100, 'v'));
    EXPECT_EQ(put(*engine, "a", record("1")).error().code(), ErrorCode::busy);
    other.run("rollback");
    EXPECT_TRUE(put(*engine, "a", record("1")));
}

/// Rights do not bind root, so these tests become somebody else for a while.
class OrdinaryUser {
  public:
    OrdinaryUser() : was_root_(::geteuid() == 0) {
        if (was_root_) {
            EXPECT_EQ(::seteuid(65534), 0);
        }
    }
    OrdinaryUser(const OrdinaryUser&) = delete;
    OrdinaryUser& operator=(const OrdinaryUser&) = delete;
    ~OrdinaryUser() {
        if (was_root_) {
            EXPECT_EQ(::seteuid(0), 0);
        }
    }

  private:
    bool was_root_;
};

TEST(SqliteRefused, AFileWithoutTheRightToWriteIsPermissionDenied) {
    const Folder folder;
    make_good(folder / "kv.db");
    ASSERT_EQ(::chmod((folder / "kv.db").c_str(), 0444), 0);
    ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
    const OrdinaryUser user;
    const auto opened = make_engine(folder / "kv.db")->connect();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), ErrorCode::permission_denied);
    EXPECT_NE(opened.error().message().find("read_only=true"), std::string::npos);
    kv::SqliteOptions options = options_for(folder / "kv.db");
    options.read_only = true;
    EXPECT_EQ(get_text(*make_engine(options), "key1"), std::string(100, 'v'));
}

TEST(SqliteRefused, AFolderWithoutTheRightToWriteIsPermissionDenied) {
    const Folder folder;
    make_good(folder / "kv.db");
    ASSERT_EQ(::chmod((folder / "kv.db").c_str(), 0666), 0);
    ASSERT_EQ(::chmod(folder.path().c_str(), 0555), 0);
    {
        const OrdinaryUser user;
        for (const char* name : {"kv.db", "new.db"}) {
            const auto opened = make_engine(folder / name)->connect();
            ASSERT_FALSE(opened) << name;
            EXPECT_EQ(opened.error().code(), ErrorCode::permission_denied)
                << opened.error().to_string();
        }
    }
    ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
}

TEST(SqliteRefused, AFileWithoutTheRightToReadIsPermissionDenied) {
    const Folder folder;
    make_good(folder / "kv.db");
    ASSERT_EQ(::chmod((folder / "kv.db").c_str(), 0), 0);
    ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
    const OrdinaryUser user;
    EXPECT_EQ(make_engine(folder / "kv.db")->connect().error().code(),
              ErrorCode::permission_denied);
}

}  // namespace
}  // namespace sqlite_test
