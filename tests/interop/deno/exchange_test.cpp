#include <gmock/gmock.h>
#include <chrono>
#include <map>
#include <sstream>

#include "interop/deno/key_table.hpp"
#include "interop/deno/peer.hpp"
#include "turntable/blob/registry.hpp"
#include "turntable/blob/sqlite.hpp"
#include "turntable/kv/js_value.hpp"
#include "turntable/kv/json.hpp"

// Files go back and forth between Deno and us; each side checks all that the other one wrote.
namespace turntable::test {
namespace {

using testing::ElementsAre;

class DenoExchange : public DenoTest {
  protected:
    /// Our own form of a value that Deno wrote: decoded and encoded again.
    static kv::Value rewritten(const kv::Value& value) {
        if (value.encoding() != kv::ValueEncoding::v8) {
            return value;
        }
        return must(kv::Value::js(must(value.as_js())));
    }

    static kv::Value text(const std::string& text) { return must(kv::Value::js(text)); }

    static void write_keys(const kv::Database& db, const std::string& marker) {
        for (const auto& [name, key] : key_table()) {
            must(db.set(key, text(marker + ":" + name)));
        }
    }
};

TEST_F(DenoExchange, EveryKeyKindOfDenoIsOurs) {
    run_deno("write", file());
    const kv::Database db = must(open_sqlite(file()));
    for (const auto& [name, key] : key_table()) {
        SCOPED_TRACE(name);
        const auto entry = must(db.get(key));
        ASSERT_TRUE(entry);
        EXPECT_EQ(must(entry->value.as_text()), name);
        EXPECT_EQ(must(kv::Key::from_parts(must(key.parts()))), key);
    }
}

TEST_F(DenoExchange, DenoReadsItsFileAfterWeChangedEveryEntry) {
    run_deno("write", file());
    {
        const kv::Database db = must(open_sqlite(file()));
        write_keys(db, "changed");
        for (auto& entry : db.list(kv::prefix("value"))) {
            const std::string name = *must(entry->key.parts())[1].text();
            must(db.set({"value", name}, rewritten(entry->value)));
            must(db.set({"json", name}, must(kv::from_json(must(kv::to_json(entry->value))))));
        }
        must(db.close());
    }
    run_deno("check", file(), {"changed", "value"});
    run_deno("check", file(), {"changed", "json"});
}

TEST_F(DenoExchange, DenoReadsAFileThatWeMade) {
    run_deno("write", file("deno"));
    {
        const kv::Database theirs = must(open_sqlite(file("deno")));
        const kv::Database ours = must(open_sqlite(file("ours")));
        write_keys(ours, "made");
        for (auto& entry : theirs.list(kv::prefix("value"))) {
            must(ours.set(entry->key, rewritten(entry->value)));
        }
        must(ours.close());
    }
    run_deno("check", file("ours"), {"made", "value"});
    // And once more by us, after Deno had it open.
    const kv::Database ours = must(open_sqlite(file("ours")));
    EXPECT_EQ(must(must(ours.get({"users", 42, 42.0, true, kv::BytesPart{std::string(1, '\0')}, "",
                                  -7, false, -0.0}))
                       ->value.as_text()),
              "made:mixed");
}

TEST_F(DenoExchange, DenoWorksOnAFileThatHasBlobsToo) {
    blob::Registry engines;
    ASSERT_TRUE(blob::register_sqlite(engines));
    const blob::Store blobs = must(engines.open("sqlite:" + file()));
    ASSERT_TRUE(blobs.write("before", "made by us, before any table of Deno's"));
    run_deno("write", file());
    ASSERT_TRUE(blobs.write("after", std::string(200'000, 'a')));
    write_keys(must(open_sqlite(file())), "changed");
    run_deno("check", file(), {"changed", "value"});
    EXPECT_EQ(must(blobs.read("before")).text(), "made by us, before any table of Deno's");
    EXPECT_EQ(must(blobs.read("after")).size(), 200'000U);
}

TEST_F(DenoExchange, AFileThatWeMadeHasTheSameTables) {
    run_deno("create", file("deno"));
    {
        const kv::Database ours = must(open_sqlite(file("ours")));
        must(ours.get("anything"));  // a file is made at its first use
        must(ours.close());
    }
    const auto form = [&](const std::string& name) {
        std::vector<std::vector<SqliteRow>> all;
        for (const char* sql :
             {"select type, name, tbl_name, sql from sqlite_schema order by name",
              "select * from migration_state", "select * from data_version",
              "select * from pragma_user_version", "select * from pragma_application_id",
              "select * from pragma_page_size", "select * from pragma_encoding",
              "select * from pragma_journal_mode", "select * from pragma_auto_vacuum"}) {
            all.push_back(sqlite_rows(file(name), sql));
        }
        return all;
    };
    EXPECT_EQ(form("ours"), form("deno"));
}

TEST_F(DenoExchange, VersionstampsAreTheSameOnBothSidesAndGrow) {
    run_deno("write", file());
    const kv::Database db = must(open_sqlite(file()));
    const kv::Versionstamp theirs = must(db.get({"expiry", "never"}))->versionstamp;
    const kv::Versionstamp ours = must(db.set("mine", text("v")));
    EXPECT_GT(ours, theirs);
    const std::string seen = run_deno("get", file(), {R"(["mine"])"});
    EXPECT_EQ(seen, R"({"value":"v","versionstamp":")" + ours.to_string() + "\"}\n");
    // A check with a versionstamp that Deno wrote holds.
    EXPECT_TRUE(
        must(db.atomic().check({"expiry", "never"}, theirs).set("x", "y").commit()).committed);
}

TEST_F(DenoExchange, CountersOfEitherSideAddUp) {
    run_deno("write", file());
    {
        const kv::Database db = must(open_sqlite(file()));
        must(db.sum({"count", "sum"}, 100));
        must(db.min({"count", "min"}, 4));
        must(db.max({"count", "max"}, 20));
        must(db.close());
    }
    EXPECT_EQ(run_deno("counters", file()), "115\n3\n30\n");
    const kv::Database db = must(open_sqlite(file()));
    EXPECT_EQ(must(must(db.get({"count", "sum"}))->value.as_u64()), 115U);
}

// One list, a page by us, a page by Deno, and so on: forward and back.
TEST_F(DenoExchange, CursorsGoOnOnTheOtherSide) {
    const kv::Database db = must(open_sqlite(file()));
    constexpr int last = 11;
    for (int i = 0; i <= last; ++i) {
        must(db.set({"page", i}, text("v")));
    }
    for (const bool reverse : {false, true}) {
        SCOPED_TRACE(reverse ? "reverse" : "forward");
        const auto at = [&](int i) { return std::to_string(reverse ? last - i : i); };
        auto first = db.list(kv::prefix("page"), {.limit = 3, .reverse = reverse});
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(must(first.next())->key, (kv::Key{"page", std::stoi(at(i))}));
        }
        EXPECT_FALSE(must(first.next())) << "that was the limit";
        const kv::Value theirs = must(kv::from_json(
            run_deno("page", file(), {first.cursor(), "4", reverse ? "reverse" : "forward"})));
        const kv::JsValue page = must(theirs.as_js());
        EXPECT_EQ(must(kv::js_to_json(*page.as<kv::JsObject>()->find("keys"))),
                  "[" + at(3) + "," + at(4) + "," + at(5) + "," + at(6) + "]");
        const std::string cursor = *page.as<kv::JsObject>()->find("cursor")->text();
        auto third = db.list(kv::prefix("page"), {.reverse = reverse, .cursor = cursor});
        for (int i = 7; i <= last; ++i) {
            EXPECT_EQ(must(third.next())->key, (kv::Key{"page", std::stoi(at(i))}));
        }
        EXPECT_FALSE(must(third.next()));
        EXPECT_EQ(third.cursor(), "") << "that was the end";
    }
}

TEST_F(DenoExchange, ExpiryTimesOfEitherSideAreOneColumn) {
    using namespace std::chrono_literals;
    run_deno("write", file());
    const kv::Database db = must(open_sqlite(file()));
    must(db.set({"expiry", "ours"}, text("v"), {.expire_in = 1h}));
    ASSERT_TRUE(must(db.get({"expiry", "later"})));
    const auto rows = sqlite_rows(file(),
                                  "select expiration_ms = -1, expiration_ms between "
                                  "(select 1000 * unixepoch()) + 3000000 and "
                                  "(select 1000 * unixepoch()) + 3610000 from kv "
                                  "where k > x'0265787069727900' and k < x'02657870697279FF' "
                                  "order by k");
    EXPECT_THAT(rows, ElementsAre(SqliteRow{"0", "1"}, SqliteRow{"1", "0"}, SqliteRow{"0", "1"}));
    EXPECT_NE(run_deno("get", file(), {R"(["expiry","ours"])"}).find("\"v\""), std::string::npos);
}

TEST_F(DenoExchange, DenoCollectsWhatExpiredHere) {
    const kv::Database db = must(open_sqlite(file()));
    must(db.set("gone", text("v"), {.expire_in = std::chrono::milliseconds(0)}));
    must(db.set("stays", text("v")));
    EXPECT_FALSE(must(db.get("gone")));
    must(db.close());
    run_deno("wait_until_gone", file(), {R"(["gone"])"});
    EXPECT_NE(run_deno("get", file(), {R"(["stays"])"}).find("\"v\""), std::string::npos);
}

TEST_F(DenoExchange, TheNodePackageOpensOurFile) {
    {
        const kv::Database db = must(open_sqlite(file()));
        must(db.set({"from", "us", 42},
                    must(kv::from_json(R"({"text": "grüß", "big": {"$bigint": )"
                                       R"("1180591620717411303424"}, "list": [1, 2.5, null]})"))));
        must(db.set("bytes", std::string("\0\xff", 2)));
        must(db.sum("count", 7));
        for (int i = 0; i < 10; ++i) {
            must(db.set({"page", i}, text("v")));
        }
        must(db.set({"page", 7.0}, text("v")));
        must(db.close());
    }
    auto [status, output] = run_program(
        {npm_program("node"), INTEROP_FOLDER "/deno/node_peer.mjs", file()}, environment());
    ASSERT_EQ(status, 0) << output;
    const kv::Database db = must(open_sqlite(file()));
    const auto entry = must(db.get({"from", "node"}));
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->versionstamp.to_string() + "\n", output);
    EXPECT_EQ(must(kv::to_json(entry->value)), R"({"$map":[[1,"one"]]})");
    EXPECT_EQ(must(must(db.get("count"))->value.as_u64()), 12U);
}

}  // namespace
}  // namespace turntable::test
