#include <gmock/gmock.h>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "interop/deno/peer.hpp"
#include "turntable/kv/js_value.hpp"
#include "turntable/kv/json.hpp"

// One queue, with Deno at one end and us at the other.
namespace turntable::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class DenoQueue : public DenoTest {
  protected:
    std::vector<SqliteRow> rows(const std::string& table) const {
        return sqlite_rows(file(),
                           "select data, backoff_schedule, keys_if_undelivered, "
                           "typeof(keys_if_undelivered), length(id) from " +
                               table);
    }
    void expect_queue_empty() const {
        EXPECT_THAT(rows("queue"), IsEmpty());
        EXPECT_THAT(rows("queue_running"), IsEmpty());
    }
    /// Lets Deno listen until it has got so many messages and stored what became of them, so that
    /// `waiting` are left; gives what it got.
    std::multiset<std::string> listen_in_deno(int count, std::size_t waiting = 0) const {
        const auto deno = start_deno("listen", file());
        std::multiset<std::string> seen;
        for (int i = 0; i < count; ++i) {
            seen.insert(deno->read_line().value_or("the end"));
        }
        const auto enough = std::chrono::steady_clock::now() + 30s;
        while (rows("queue_running").size() > 0 || rows("queue").size() > waiting) {
            if (std::chrono::steady_clock::now() > enough) {
                ADD_FAILURE() << "Deno does not store what became of its messages";
                break;
            }
            std::this_thread::yield();
        }
        EXPECT_EQ(deno->wait(), 0);
        return seen;
    }
    static std::string json(const kv::Value& value) { return must(kv::to_json(value)); }
    static kv::Value js(std::string_view text) { return must(kv::from_json(text)); }
};

TEST_F(DenoQueue, DenoEnqueuesAndWeTake) {
    run_deno("enqueue", file(), {R"([["plain text", {}], [{"n": 1}, {}], [[1, null], {}]])"});
    const kv::Database db = must(open_sqlite(file()));
    std::multiset<std::string> seen;
    for (int i = 0; i < 3; ++i) {
        kv::ReceivedMessage message = must(db.receive(10s));
        seen.insert(json(message.payload()));
        must(message.finish());
    }
    EXPECT_THAT(seen, ElementsAre("\"plain text\"", "[1,null]", "{\"n\":1}"));
    expect_queue_empty();
}

TEST_F(DenoQueue, WeEnqueueAndDenoListens) {
    {
        const kv::Database db = must(open_sqlite(file()));
        must(db.enqueue("text"));
        must(db.enqueue(std::string("\0\xff", 2)));
        must(db.enqueue(js(R"({"n": 1, "list": [true]})")));
        must(db.close());
    }
    EXPECT_THAT(listen_in_deno(3),
                ElementsAre("text", R"({"bytes":[0,255]})", R"({"n":1,"list":[true]})"));
    expect_queue_empty();
}

TEST_F(DenoQueue, RowsOfEitherSideHaveTheSameForm) {
    run_deno("enqueue", file("deno"), {R"([["a", {"delay": 3600000}],
        ["b", {"delay": 3600000, "backoffSchedule": []}],
        ["c", {"delay": 3600000, "backoffSchedule": [10, 20],
               "keysIfUndelivered": [["dead", 1], ["x"]]}]])"});
    const kv::Database db = must(open_sqlite(file("ours")));
    must(db.enqueue("a", {.delay = 1h}));
    must(db.enqueue("b", {.delay = 1h, .backoff = std::span<const std::chrono::milliseconds>()}));
    const std::array backoff = {10ms, 20ms};
    const std::array keys = {kv::Key{"dead", 1.0}, kv::Key("x")};
    must(db.enqueue("c", {.delay = 1h, .backoff = backoff, .keys_if_undelivered = keys}));
    const auto form = [&](const std::string& name) {
        // Past the header of V8, whose version differs.
        return sqlite_rows(file(name),
                           "select substr(data, 3), typeof(data), backoff_schedule, "
                           "typeof(backoff_schedule), keys_if_undelivered, "
                           "typeof(keys_if_undelivered), length(id), substr(id, 15, 1), "
                           "(ts - 1000 * unixepoch()) between 3500000 and 3600999 "
                           "from queue order by data");
    };
    EXPECT_EQ(form("ours"), form("deno"));
}

TEST_F(DenoQueue, WeFailAMessageOfDenoUntilItIsADeadLetter) {
    run_deno("enqueue", file(), {R"([["lost", {"backoffSchedule": [1, 2],
        "keysIfUndelivered": [["dead", 1], ["dead", 2]]}]])"});
    {
        const kv::Database db = must(open_sqlite(file()));
        for (int attempt = 0; attempt < 3; ++attempt) {
            kv::ReceivedMessage message = must(db.receive(10s));
            EXPECT_EQ(json(message.payload()), "\"lost\"");
            must(message.fail());
        }
        must(db.close());
    }
    expect_queue_empty();
    for (const char* key : {R"(["dead",1])", R"(["dead",2])"}) {
        EXPECT_NE(run_deno("get", file(), {key}).find(R"({"value":"lost",)"), std::string::npos);
    }
}

TEST_F(DenoQueue, DenoFailsAMessageOfOursUntilItIsADeadLetter) {
    {
        const kv::Database db = must(open_sqlite(file()));
        const std::array backoff = {1ms, 2ms};
        const std::array keys = {kv::Key{"dead", 1}, kv::Key{"dead", 2.5}};
        must(
            db.enqueue(js(R"({"fail": true})"), {.backoff = backoff, .keys_if_undelivered = keys}));
        must(db.close());
    }
    listen_in_deno(3);
    expect_queue_empty();
    const kv::Database db = must(open_sqlite(file()));
    const auto first = must(db.get({"dead", 1}));
    const auto second = must(db.get({"dead", 2.5}));
    ASSERT_TRUE(first && second);
    EXPECT_EQ(json(first->value), R"({"fail":true})");
    EXPECT_EQ(first->versionstamp, second->versionstamp);
}

TEST_F(DenoQueue, AScheduleThatDenoBeganIsGoneOnWithByUs) {
    run_deno("enqueue", file(), {R"([[{"fail": true}, {"backoffSchedule": [3600000, 7, 9]}]])"});
    listen_in_deno(1, 1);
    ASSERT_EQ(rows("queue").size(), 1U);
    EXPECT_EQ(rows("queue")[0][1], "[7,9]");
    // It is due, without waiting for it.
    sqlite_rows(file(), "update queue set ts = 1");
    const kv::Database db = must(open_sqlite(file()));
    must(must(db.receive(10s)).fail());
    ASSERT_EQ(rows("queue").size(), 1U);
    EXPECT_EQ(rows("queue")[0][1], "[9]");
    must(must(db.receive(10s)).finish());
    expect_queue_empty();
}

TEST_F(DenoQueue, AMessageThatDenoDiedWithComesToUs) {
    run_deno("enqueue", file(), {R"([["orphan", {"backoffSchedule": [1]}]])"});
    {
        const auto deno = start_deno("hang", file());
        ASSERT_EQ(deno->read_line(), "orphan");
    }
    ASSERT_EQ(rows("queue_running").size(), 1U);
    // The lease is over, without waiting for it.
    sqlite_rows(file(), "update queue_running set deadline = 1000 * unixepoch() - 1000");
    const kv::Database db = must(open_sqlite(file()));
    kv::ReceivedMessage message = must(db.receive(30s));
    EXPECT_EQ(json(message.payload()), "\"orphan\"");
    must(message.finish());
    expect_queue_empty();
}

TEST_F(DenoQueue, AMessageThatWeDroppedComesToDeno) {
    {
        const kv::Database db = must(open_sqlite(file()));
        const std::array backoff = {1ms};
        must(db.enqueue("orphan", {.backoff = backoff}));
        const kv::ReceivedMessage dropped = must(db.receive(10s));
        must(db.close());
    }
    ASSERT_EQ(rows("queue_running").size(), 1U);
    sqlite_rows(file(), "update queue_running set deadline = 1000 * unixepoch() - 1000");
    EXPECT_THAT(listen_in_deno(1), ElementsAre("orphan"));
    expect_queue_empty();
}

TEST_F(DenoQueue, AListenerOfOursServesADenoThatGoesOnEnqueueing) {
    const kv::Database db = must(open_sqlite(file()));
    std::mutex mutex;
    std::condition_variable arrived;
    std::set<std::string> seen;
    kv::Listener listener = must(db.listen([&](const kv::Message& message) {
        const std::scoped_lock guard(mutex);
        seen.insert(json(message.payload()));
        arrived.notify_one();
    }));
    run_deno("enqueue", file(), {R"([[1, {}], [2, {"delay": 20}], [3, {"delay": 40}]])"});
    std::unique_lock lock(mutex);
    EXPECT_TRUE(arrived.wait_for(lock, 30s, [&] { return seen.size() == 3; }));
    lock.unlock();
    must(listener.stop());
    expect_queue_empty();
}

}  // namespace
}  // namespace turntable::test
