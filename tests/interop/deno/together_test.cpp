#include <gtest/gtest.h>
#include <chrono>
#include <thread>

#include "interop/deno/peer.hpp"
#include "turntable/kv/js_value.hpp"
#include "turntable/kv/json.hpp"

// Deno and we have one file open at the same time.
namespace turntable::test {
namespace {

using namespace std::chrono_literals;

constexpr int rounds = 150;

class DenoTogether : public DenoTest {};

/// Adds one to a JavaScript number under a check, until it holds; gives the failed attempts.
int add_checked(const kv::Database& db, const kv::Key& key, const kv::Key& also) {
    for (int conflicts = 0;; ++conflicts) {
        const auto entry = must(db.get(key));
        const double before = entry ? *must(entry->value.as_js()).number() : 0;
        auto next = db.atomic();
        next.check(key, entry).set(key, must(kv::Value::js(before + 1))).set(also, "x");
        if (must(next.commit()).committed) {
            return conflicts;
        }
    }
}

TEST_F(DenoTogether, NoUpdateIsLost) {
    const kv::Database db = must(open_sqlite(file()));
    const auto deno = start_deno("compete", file(), {std::to_string(rounds)});
    ASSERT_EQ(deno->read_line(), "ready");
    deno->write_line("go");
    constexpr int threads = 2;
    std::vector<std::jthread> writers;
    std::atomic<int> conflicts = 0;
    for (int thread = 0; thread < threads; ++thread) {
        writers.emplace_back([&, thread] {
            for (int i = 0; i < rounds; ++i) {
                must(db.sum({"together", "sum"}, 1));
                conflicts +=
                    add_checked(db, {"together", "checked"}, {"together", "us", thread, i});
            }
        });
    }
    const auto theirs = deno->read_line();
    EXPECT_TRUE(theirs);
    EXPECT_EQ(deno->wait(), 0);
    writers.clear();
    constexpr int expected = rounds * (threads + 1);
    EXPECT_EQ(must(must(db.get({"together", "sum"}))->value.as_u64()), expected);
    EXPECT_EQ(*must(must(db.get({"together", "checked"}))->value.as_js()).number(), expected);
    EXPECT_EQ(must(db.count(kv::prefix({"together", "us"}))), rounds * threads);
    EXPECT_EQ(must(db.count(kv::prefix({"together", "deno"}))), rounds);
    RecordProperty("conflicts_ours", conflicts);
    RecordProperty("conflicts_deno", theirs.value_or(""));
    // Every commit has a versionstamp of its own.
    std::set<kv::Versionstamp> stamps;
    for (auto& entry : db.list(kv::prefix("together"))) {
        stamps.insert(must(std::move(entry)).versionstamp);
    }
    EXPECT_EQ(stamps.size(), expected + 1);
}

TEST_F(DenoTogether, OurWatchSeesTheCommitsOfDeno) {
    const kv::Database db = must(open_sqlite(file()));
    kv::WatchStream watch = must(db.watch({kv::Key("watched")}));
    auto first = must(watch.next(10s));
    ASSERT_TRUE(first && first->size() == 1);
    EXPECT_FALSE((*first)[0].entry);
    const auto deno = start_deno("tell", file());
    ASSERT_EQ(deno->read_line(), "ready");
    kv::Versionstamp last;
    for (int number = 1; number <= 20; ++number) {
        deno->write_line(std::to_string(number));
        const std::string stamp = deno->read_line().value_or("");
        auto changes = must(watch.next(10s));
        ASSERT_TRUE(changes && changes->size() == 1 && (*changes)[0].entry) << number;
        const kv::Entry& entry = *(*changes)[0].entry;
        EXPECT_EQ(must(kv::to_json(entry.value)), std::to_string(number));
        EXPECT_EQ(entry.versionstamp.to_string(), stamp);
        EXPECT_GT(entry.versionstamp, last);
        last = entry.versionstamp;
    }
}

TEST_F(DenoTogether, DenoSeesAndChecksWhatWeJustWrote) {
    const auto deno = start_deno("tell", file());
    ASSERT_EQ(deno->read_line(), "ready");
    const kv::Database db = must(open_sqlite(file()));
    for (int number = 1; number <= 20; ++number) {
        const kv::Versionstamp ours = must(db.set("other", std::to_string(number)));
        deno->write_line(std::to_string(number));
        const auto theirs = kv::Versionstamp::parse(deno->read_line().value_or(""));
        ASSERT_TRUE(theirs);
        EXPECT_GT(*theirs, ours);
        EXPECT_TRUE(
            must(db.atomic().check("watched", *theirs).set("seen", "y").commit()).committed);
    }
}

}  // namespace
}  // namespace turntable::test
