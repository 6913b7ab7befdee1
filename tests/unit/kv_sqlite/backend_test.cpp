// The backend as a program has it: settings, opening late, closing, what is told of failures.

#include "turntable/kv/any_backend.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/kv/sqlite.hpp"
#include "unit/kv_sqlite/files.hpp"

namespace sqlite_test {
namespace {

using kv::AtomicWrite;
using kv::CommitResult;
using kv::Mutation;
using kv::MutationKind;
using kv::SqliteBackend;
using kv::SqliteOptions;
using turntable::Context;
using turntable::Health;
using turntable::Result;

Context blocking() {
    Context context;
    context.caller_waits = true;
    return context;
}

Result<CommitResult> set(SqliteBackend& backend, ByteView key, ByteView data,
                         std::int64_t expire_at_ms = kv::never_expires) {
    const Mutation mutation{MutationKind::set, key, data, kv::ValueEncoding::bytes, expire_at_ms};
    AtomicWrite write;
    write.mutations = std::span(&mutation, 1);
    return backend.atomic_write(blocking(), write).wait();
}

std::string get(SqliteBackend& backend, ByteView key) {
    auto found = backend.get(blocking(), key).wait();
    if (!found) {
        return "!" + std::string(to_string(found.error().code()));
    }
    return *found ? (*found)->value.data().to_string() : "-";
}

class SqliteBackendTest : public testing::Test {
  protected:
    SqliteBackend open(SqliteOptions options) {
        auto backend = kv::open_sqlite(std::move(options), runtime);
        EXPECT_TRUE(backend) << backend.error().to_string();
        return *std::move(backend);
    }
    SqliteBackend open() { return open(options_for(folder / "kv.db")); }

    Folder folder;
    std::shared_ptr<turntable::Runtime> runtime = turntable::Runtime::create();
};

TEST_F(SqliteBackendTest, BuildingTouchesNothingAndTheFirstCallOpens) {
    SqliteBackend backend = open();
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    EXPECT_EQ(get(backend, "a"), "-");
    EXPECT_TRUE(std::filesystem::exists(folder / "kv.db"));
}

TEST_F(SqliteBackendTest, ConnectingSaysWhatIsWrong) {
    write_file(folder / "kv.db", "no database");
    SqliteBackend backend = open();
    EXPECT_EQ(backend.connect().error().code(), ErrorCode::corrupt);
    const auto health = backend.health(blocking()).wait();
    ASSERT_TRUE(health);
    EXPECT_EQ(health->state, Health::State::unhealthy);
    EXPECT_NE(health->reason.find("kv.db"), std::string::npos);
    std::filesystem::remove(folder / "kv.db");
    EXPECT_TRUE(backend.connect());
    EXPECT_EQ(backend.health(blocking()).wait()->state, Health::State::healthy);
}

TEST_F(SqliteBackendTest, KeepsEntriesOverAReopening) {
    {
        SqliteBackend backend = open();
        const auto done = set(backend, "a", "1");
        ASSERT_TRUE(done && done->committed);
        EXPECT_EQ(done->versionstamp, backend.get(blocking(), "a").wait().value()->versionstamp);
        ASSERT_TRUE(backend.close(blocking()).wait());
        EXPECT_EQ(get(backend, "a"), "!closed");
        EXPECT_FALSE(std::filesystem::exists(folder / "kv.db-wal"));
    }
    SqliteBackend backend = open();
    EXPECT_EQ(get(backend, "a"), "1");
}

TEST_F(SqliteBackendTest, DestroyingWithoutCloseReleasesEverything) {
    {
        SqliteBackend backend = open();
        ASSERT_TRUE(set(backend, "a", "1"));
    }
    EXPECT_FALSE(std::filesystem::exists(folder / "kv.db-wal"));
    EXPECT_FALSE(std::filesystem::exists(folder / "kv.db-shm"));
}

TEST_F(SqliteBackendTest, VersionsGoOnFromWhatTheFileHolds) {
    ASSERT_TRUE(set(*std::make_unique<SqliteBackend>(open()), "a", "1"));
    RawDatabase(folder / "kv.db").run("update data_version set version = 1000");
    SqliteBackend backend = open();
    const auto done = set(backend, "b", "1");
    ASSERT_TRUE(done);
    EXPECT_GT(done->versionstamp.version(), 1000U);
    EXPECT_EQ(RawDatabase(folder / "kv.db").query("select version from data_version"),
              std::to_string(done->versionstamp.version()) + "\n");
}

TEST_F(SqliteBackendTest, AnEnqueuedMessageIsARowOfQueue) {
    SqliteBackend backend = open();
    const std::uint32_t backoff[] = {7, 8};
    const ByteView keys[] = {"\2dl"};
    kv::Enqueue message;
    message.payload = "\xff\x0f\x30";
    message.backoff_ms = backoff;
    message.keys_if_undelivered = keys;
    AtomicWrite write;
    write.enqueues = std::span(&message, 1);
    ASSERT_TRUE(backend.atomic_write(blocking(), write).wait());
    RawDatabase raw(folder / "kv.db");
    EXPECT_EQ(raw.query("select length(id), quote(data), backoff_schedule, keys_if_undelivered "
                        "from queue"),
              "36|X'FF0F30'|[7,8]|[[2,100,108]]\n");
    const auto taken = backend.queue_take(blocking()).wait();
    ASSERT_TRUE(taken);
    EXPECT_EQ(raw.query("select count(*) from queue"), "0\n");
    EXPECT_EQ(raw.query("select id from queue_running"), taken->id + "\n");
    ASSERT_TRUE(backend.queue_finish(blocking(), taken->id, kv::Delivery::done).wait());
    EXPECT_EQ(raw.query("select count(*) from queue_running"), "0\n");
}

TEST_F(SqliteBackendTest, CapabilitiesFollowTheSettings) {
    const kv::Capabilities full = open(SqliteOptions{.path = folder / "kv.db"}).capabilities();
    EXPECT_EQ(full.durability, kv::Durability::machine);
    EXPECT_TRUE(full.reopen && full.snapshots && full.queue && full.delete_range);
    EXPECT_FALSE(full.read_only);
    EXPECT_GT(full.watch_others_within.count(), 0);
    EXPECT_EQ(full.limits, kv::Limits());

    SqliteOptions options = options_for(":memory:");
    options.profile = kv::SqliteProfile::deno;
    const kv::Capabilities memory = open(options).capabilities();
    EXPECT_EQ(memory.durability, kv::Durability::none);
    EXPECT_FALSE(memory.reopen);
    EXPECT_EQ(memory.limits, kv::deno_limits());
}

TEST_F(SqliteBackendTest, AReplicaIsKnownToBeReadOnlyOnceConnected) {
    RawDatabase(folder / "kv.db")
        .run(
            "create view migration_state as select 0 as k, 3 as version;"
            "create table data_version (k integer primary key, version integer not null);"
            "insert into data_version values (0, 12);"
            "create table kv_snapshot (k blob primary key, v blob, v_encoding integer,"
            "  version integer, seq integer, expiration_ms integer) without rowid;"
            "create view kv as select * from kv_snapshot;"
            "insert into kv_snapshot values (x'61', x'31', 3, 5, 0, -1);");
    SqliteBackend backend = open();
    EXPECT_FALSE(backend.capabilities().read_only);
    ASSERT_TRUE(backend.connect());
    EXPECT_TRUE(backend.capabilities().read_only);
    EXPECT_EQ(get(backend, "a"), "1");
    EXPECT_EQ(set(backend, "a", "2").error().code(), ErrorCode::permission_denied);
}

TEST_F(SqliteBackendTest, ReadOnlyHidesWhatExpiredAndKeepsIt) {
    {
        SqliteBackend backend = open();
        ASSERT_TRUE(set(backend, "a", "1"));
    }
    RawDatabase(folder / "kv.db").run("update kv set expiration_ms = 1");
    SqliteOptions options = options_for(folder / "kv.db");
    options.read_only = true;
    SqliteBackend backend = open(options);
    EXPECT_EQ(get(backend, "a"), "-");
    EXPECT_EQ(RawDatabase(folder / "kv.db").query("select count(*) from kv"), "1\n");
}

TEST_F(SqliteBackendTest, ASnapshotOutlivesWritesAndTheBackend) {
    std::optional<SqliteBackend> backend = open();
    ASSERT_TRUE(set(*backend, "a", "1"));
    auto snapshot = backend->open_snapshot(blocking()).wait();
    ASSERT_TRUE(snapshot) << snapshot.error().to_string();
    ASSERT_TRUE(set(*backend, "a", "2"));
    backend.reset();
    const kv::ReadRange range{"a", "b", 10, false};
    const auto read = (*snapshot)->read(blocking(), std::span(&range, 1)).wait();
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ((*read)[0][0].data.text(), "1");
}

TEST_F(SqliteBackendTest, GoesIntoAnyBackend) {
    kv::AnyBackend any = open();
    EXPECT_NE(any.get_if<SqliteBackend>(), nullptr);
    EXPECT_TRUE(any.get(blocking(), "a").wait());
}

TEST_F(SqliteBackendTest, IsServedByARegistryForItsSchemeAndForPlainPaths) {
    kv::Registry registry;
    ASSERT_TRUE(kv::register_sqlite(registry));
    for (const std::string& url :
         {"sqlite:" + (folder / "kv.db"), folder / "kv.db", "sqlite:" + (folder / "other.db")}) {
        auto database = registry.open(url, {.runtime = runtime});
        ASSERT_TRUE(database) << database.error().to_string();
        const auto before = database->get("a");
        ASSERT_TRUE(before) << before.error().to_string();
        EXPECT_EQ(before->has_value(), url == folder / "kv.db") << url;
        EXPECT_TRUE(database->set("a", "1"));
    }
    EXPECT_TRUE(registry.open("sqlite::memory:")->set("a", "1"));
    EXPECT_EQ(registry.open("sqlit:x").error().code(), ErrorCode::unknown_provider);
    EXPECT_EQ(registry.open("sqlite:x?readers=none").error().code(), ErrorCode::invalid_config);
    EXPECT_EQ(kv::register_sqlite(registry).error().code(), ErrorCode::already_exists);
}

struct BadSetting {
    const char* url;
    const char* says;
};

class SqliteSettings : public testing::TestWithParam<BadSetting> {};
INSTANTIATE_TEST_SUITE_P(Urls, SqliteSettings,
                         testing::Values(BadSetting{"sqlite:", "path"},
                                         BadSetting{"sqlite:a.db?durabilty=full", "durability"},
                                         BadSetting{"sqlite:a.db?durability=maximal", "maximal"},
                                         BadSetting{"sqlite:a.db?busy_timeout=2h", "busy_timeout"},
                                         BadSetting{"sqlite:a.db?readers=0", "readers"},
                                         BadSetting{"sqlite:a.db?readers=65", "readers"},
                                         BadSetting{"sqlite:a.db?cache=1KiB", "cache"},
                                         BadSetting{"sqlite:a.db?verify=maybe", "verify"},
                                         BadSetting{"sqlite::memory:?read_only=true",
                                                    "read_only"}));

TEST_P(SqliteSettings, ThatAreWrongAreNamed) {
    const auto options = kv::sqlite_settings().from_url(GetParam().url);
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().code(), ErrorCode::invalid_config);
    EXPECT_NE(options.error().message().find(GetParam().says), std::string::npos)
        << options.error().to_string();
}

TEST(SqliteSettingsOf, AreReadFromAUrl) {
    const auto options = kv::sqlite_settings().from_url(
        "sqlite:data/app.db?durability=normal&busy_timeout=2s&readers=64&create=false&"
        "read_only=true&verify=never&cache=64KiB&reads=pool&poll_interval=1ms&profile=deno&lease="
        "10ms");
    ASSERT_TRUE(options) << options.error().to_string();
    EXPECT_EQ(options->path, "data/app.db");
    EXPECT_EQ(options->durability, kv::SqliteDurability::normal);
    EXPECT_EQ(options->busy_timeout, std::chrono::seconds(2));
    EXPECT_EQ(options->readers, 64U);
    EXPECT_FALSE(options->create);
    EXPECT_TRUE(options->read_only);
    EXPECT_EQ(options->verify, kv::SqliteVerify::never);
    EXPECT_EQ(options->cache.bytes, 65536U);
    EXPECT_EQ(options->reads, kv::ReadMode::on_pool);
    EXPECT_EQ(options->poll_interval, std::chrono::milliseconds(1));
    EXPECT_EQ(options->lease, std::chrono::milliseconds(10));
    EXPECT_EQ(options->profile, kv::SqliteProfile::deno);
    EXPECT_EQ(kv::sqlite_settings().from_url("sqlite::memory:")->path, ":memory:");
    EXPECT_EQ(kv::sqlite_settings().from_url("sqlite:/var/a.db")->path, "/var/a.db");
}

TEST(SqliteSettingsOf, AreCheckedWhenTheyAreTyped) {
    const auto refused = kv::open_sqlite({});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_config);
}

}  // namespace
}  // namespace sqlite_test
