// Watches and the queue over connections that break.

#include <gmock/gmock.h>

#include <atomic>
#include <set>
#include <thread>

#include "kv_connect/messages.hpp"
#include "kv_connect/watch_frames.hpp"
#include "support/fault_proxy.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/js_value.hpp"
#include "unit/kv_http/scripted.hpp"
#include "unit/kv_http/served.hpp"

namespace http_test {
namespace {

using test::Fault;
using test::FaultProxy;

std::uint16_t port_behind(const Served& served) {
    return static_cast<std::uint16_t>(
        std::stoi(served.address().substr(served.address().rfind(':') + 1)));
}

kv::Database database_at(kv::HttpOptions options, const std::shared_ptr<Runtime>& runtime) {
    return kv::Database(kv::AnyBackend(kv::open_http(std::move(options), runtime).value()), runtime,
                        "http:");
}

std::string encoded(const char* name) { return kv::Key(name).encoded().to_string(); }

TEST(HttpWatch, GoesOnThroughConnectionsThatBreakAndTellsNothingOlder) {
    const auto runtime = Runtime::create();
    Served served(open_engine("memory", "", runtime).value(), runtime);
    FaultProxy proxy(port_behind(served), [](int connection) {
        return Fault{.cut_replies_after = 600 + 37 * static_cast<std::size_t>(connection)};
    });
    kv::HttpOptions options = served.options();
    options.url = proxy.url();
    kv::HttpBackend backend = kv::open_http(options, runtime).value();
    const std::string name = encoded("n");
    const kv::WatchTarget target{name};
    auto watch = backend.watch({}, {&target, 1}).value();
    ASSERT_TRUE(watch.next().wait().value());
    std::uint64_t last = 0;
    for (std::uint64_t i = 1; i <= 60; ++i) {
        ASSERT_TRUE(served.database().atomic().sum("n", 1).commit());
        while (last < i) {  // changes may be merged, and come again after a break
            const auto step = watch.next().wait();
            ASSERT_TRUE(step && *step) << step.error().to_string();
            const std::uint64_t value = (*step)->at(0).entry->value.as_u64().value();
            EXPECT_GT(value, last) << "nothing older, and nothing twice";
            last = value;
        }
    }
    EXPECT_GT(proxy.connections(), 3);
    EXPECT_TRUE(backend.close({}).wait());
}

TEST(HttpWatch, OutlivesItsServer) {
    const auto runtime = Runtime::create();
    Served served(open_engine("memory", "", runtime).value(), runtime);
    kv::HttpOptions options = served.options();
    options.retry_for = std::chrono::milliseconds(1);
    kv::HttpBackend backend = kv::open_http(options, runtime).value();
    const std::string names[] = {encoded("a"), encoded("b")};
    const kv::WatchTarget targets[] = {{names[0]}, {names[1]}};
    ASSERT_TRUE(served.database().set("b", "there"));
    auto watch = backend.watch({}, targets).value();
    ASSERT_EQ(watch.next().wait().value()->size(), 2U);
    auto next = watch.next();
    served.stop();
    ASSERT_TRUE(served.database().set("a", "meanwhile"));
    ASSERT_TRUE(served.database().remove("b"));
    served.start();
    const auto step = std::move(next).wait();
    ASSERT_TRUE(step && *step) << step.error().to_string();
    ASSERT_EQ((*step)->size(), 2U);
    EXPECT_EQ((*step)->at(0).entry->value.as_text().value(), "meanwhile");
    EXPECT_FALSE((*step)->at(1).entry);
    EXPECT_TRUE(backend.close({}).wait());
    EXPECT_FALSE(watch.next().wait().value()) << "the end";
}

TEST(HttpWatch, OfAServerThatWasNeverThereEndsWhenItMayTryNoMore) {
    const auto runtime = Runtime::create();
    kv::HttpBackend backend =
        kv::open_http({.url = "http://127.0.0.1:1", .retry_for = std::chrono::milliseconds(1)},
                      runtime)
            .value();
    const std::string name = encoded("a");
    const kv::WatchTarget target{name};
    auto watch = backend.watch({}, {&target, 1}).value();
    EXPECT_EQ(watch.next().wait().error().code(), ErrorCode::io);
    EXPECT_FALSE(watch.next().wait().value());
}

TEST(HttpWatch, ACallerWhoseTimeIsUpMayAskAgain) {
    const auto runtime = Runtime::create();
    Served served(open_engine("memory", "", runtime).value(), runtime);
    kv::HttpBackend backend = kv::open_http(served.options(), runtime).value();
    const std::string name = encoded("a");
    const kv::WatchTarget target{name};
    auto watch = backend.watch({}, {&target, 1}).value();
    ASSERT_TRUE(watch.next().wait().value());
    std::stop_source stop;
    auto next = watch.next({.stop = stop.get_token()});
    stop.request_stop();
    EXPECT_EQ(std::move(next).wait().error().code(), ErrorCode::cancelled);
    ASSERT_TRUE(served.database().set("a", "x"));
    EXPECT_EQ(watch.next().wait().value()->at(0).entry->value.as_text().value(), "x");
}

/// Frames of a server that may tell old states, and reads of the newest one.
TEST(HttpWatch, WhatAForeignServerSaysIsGoneIsLookedAt) {
    const auto runtime = Runtime::create();
    const auto entry = [](std::uint64_t version) {
        return kv::Entry{kv::Value("v" + std::to_string(version)),
                         kv::Versionstamp::from_version(version)};
    };
    const auto frame = [](std::optional<kv::Entry> state) {
        const kv::WatchOutput output = {{0, Bytes(), std::move(state)}};
        return kv::connect::watch_frame(kv::connect::encode_watch_output(output, 1));
    };
    std::atomic<int> watches = 0;
    std::atomic<int> reads = 0;
    Scripted server(runtime, [&](const net::http::Request& request) {
        net::http::Response response;
        if (request.head.target.ends_with("snapshot_read")) {
            ++reads;
            kv::ReadOutput output(1);
            output[0].append(encoded("a"), "v6", kv::ValueEncoding::bytes,
                             kv::Versionstamp::from_version(6));
            response.headers.add("content-type", "application/x-protobuf");
            response.body = Bytes::take(kv::connect::encode_read_output(output));
            return response;
        }
        response.headers.add("content-type", "application/octet-stream");
        const int which = watches++;
        // The second stream begins with a state before the first: there was nothing yet.
        std::string frames = which == 0   ? frame(entry(5))
                             : which == 1 ? frame(std::nullopt) + frame(entry(4)) + frame(entry(7))
                                          : kv::connect::keep_alive_frame() + frame(entry(8));
        response.body = Bytes::take(std::move(frames));
        return response;
    });
    kv::HttpOptions options = server.options();
    kv::HttpBackend backend = kv::open_http(options, runtime).value();
    const std::string name = encoded("a");
    const kv::WatchTarget target{name};
    auto watch = backend.watch({}, {&target, 1}).value();
    for (const char* value : {"v5", "v6", "v7", "v8"}) {
        const auto step = watch.next().wait();
        ASSERT_TRUE(step && *step);
        EXPECT_EQ((*step)->at(0).entry->value.as_text().value(), value);
    }
    EXPECT_EQ(reads, 1);
}

TEST(HttpWatch, ATokenThatIsRefusedAgainAndAgainEndsIt) {
    const auto runtime = Runtime::create();
    Scripted server(runtime, [](const net::http::Request&) {
        return net::http::Response{.status = 401, .body = Bytes::copy("no")};
    });
    kv::HttpBackend backend = kv::open_http(server.options(), runtime).value();
    const std::string name = encoded("a");
    const kv::WatchTarget target{name};
    auto watch = backend.watch({}, {&target, 1}).value();
    EXPECT_EQ(watch.next().wait().error().code(), ErrorCode::permission_denied);
    EXPECT_EQ(server.asked().size(), 4U) << "two exchanges, and a watch after each";
}

TEST(HttpWatch, GoesOnAfterAServerThatTakesNoReads) {
    const auto runtime = Runtime::create();
    std::atomic<int> watches = 0;
    Scripted server(runtime, [&](const net::http::Request&) {
        const kv::WatchOutput there = {
            {0, Bytes(),
             kv::Entry{kv::Value(std::string("v")), kv::Versionstamp::from_version(5)}}};
        const std::string disabled = "\x08\x02";  // a status, and no keys
        return net::http::Response{
            .headers = {{"content-type", "application/octet-stream"}},
            .body = Bytes::take(kv::connect::watch_frame(
                ++watches == 1 ? disabled : kv::connect::encode_watch_output(there, 1)))};
    });
    kv::HttpOptions options = server.options();
    options.retry_for = std::chrono::minutes(1);
    kv::HttpBackend backend = kv::open_http(options, runtime).value();
    const std::string name = encoded("a");
    const kv::WatchTarget target{name};
    auto watch = backend.watch({}, {&target, 1}).value();
    const auto step = watch.next().wait();
    ASSERT_TRUE(step && *step) << step.error().to_string();
    EXPECT_TRUE((*step)->at(0).entry);
}

TEST(HttpQueue, DeliversEachMessageThoughConnectionsBreak) {
    const auto runtime = Runtime::create();
    kv::MemoryOptions engine;
    engine.runtime = runtime;
    engine.lease = std::chrono::milliseconds(200);  // for those whose delivery is lost
    Served served(kv::AnyBackend(kv::MemoryBackend(engine)), runtime);
    FaultProxy proxy(port_behind(served), [](int connection) {
        return connection % 2 == 1
                   ? Fault()
                   : Fault{.cut_replies_after = 700 + 53 * static_cast<std::size_t>(connection)};
    });
    kv::HttpOptions options = served.options();
    options.url = proxy.url();
    const kv::Database database = database_at(options, runtime);
    constexpr int messages = 20;
    for (int i = 0; i < messages; ++i) {
        ASSERT_TRUE(database.enqueue(kv::Value::js(kv::JsValue(static_cast<double>(i))).value()));
    }
    std::set<double> seen;
    kv::HttpBackend taker = kv::open_http(options, runtime).value();
    while (seen.size() < messages) {
        const auto message = taker.queue_take({}).wait();
        ASSERT_TRUE(message) << message.error().to_string();
        seen.insert(*kv::Value::v8(message->payload).as_js()->number());
        const auto finished = taker.queue_finish({}, message->id, kv::Delivery::done).wait();
        EXPECT_TRUE(finished) << finished.error().to_string();
    }
    EXPECT_EQ(*seen.rbegin(), messages - 1);
    EXPECT_EQ(taker.queue_finish({}, "no-such", kv::Delivery::done).wait().error().code(),
              ErrorCode::not_found);
    EXPECT_EQ(taker.queue_extend({}, "no-such").wait().error().code(), ErrorCode::not_found);
}

TEST(HttpQueue, ATakeEndsWhenItsTimeIsUp) {
    const auto clock = std::make_shared<ManualClock>();
    const auto runtime = Runtime::create({.clock = clock});
    Served served(open_engine("memory", "", runtime).value(), runtime);
    kv::HttpBackend backend = kv::open_http(served.options(), runtime).value();
    ASSERT_TRUE(backend.connect().wait());
    auto take = backend.queue_take({.deadline = clock->steady_now() + std::chrono::seconds(30)});
    while (!take.is_ready()) {
        clock->advance(std::chrono::milliseconds(500));
        // A clock that leaves the sockets behind looks like ends that are slow and silent.
        (void)backend.health({}).wait();
    }
    EXPECT_EQ(std::move(take).wait().error().code(), ErrorCode::timeout);
}

}  // namespace
}  // namespace http_test
