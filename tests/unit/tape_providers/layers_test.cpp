// Layers around providers: what each promises.
#include "turntable/tape/layers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "turntable/blob/memory.hpp"
#include "turntable/tape/stock.hpp"
#include "unit/prometheus_text.hpp"
#include "unit/tape_providers/layer_world.hpp"

namespace turntable::tape {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct TapeLayers : testing::Test, test::TapeWorld {
    template <class T>
    static ErrorCode code_of(Async<T> answer) {
        const Result<T> result = std::move(answer).wait();
        EXPECT_FALSE(result);
        return result ? ErrorCode::backend : result.error().code();
    }
    /// Ends then, and not before, with this error.
    template <class T>
    ErrorCode code_after(std::chrono::milliseconds time, Async<T> answer) const {
        clock->advance(time - 1ms);
        EXPECT_FALSE(answer.is_ready());
        clock->advance(1ms);
        return code_of(std::move(answer));
    }
};

TEST_F(TapeLayers, ReadOnlyRefusesWhatChangesAndReadsTheRest) {
    ReadOnlyLayer layer(scripted());
    ASSERT_TRUE(layer.inner().save_tape(waiting, request_of("t1")).wait());
    for (const auto refused : {code_of(layer.save_tape(waiting, request_of("t2"))),
                               code_of(layer.append(waiting, "t2", 0, text_of("t2"))),
                               code_of(layer.delete_tape(waiting, "t1")),
                               code_of(layer.update_metadata(waiting, "t1", {.pinned = true}))}) {
        EXPECT_EQ(refused, ErrorCode::permission_denied);
    }
    const auto batch = layer.save_tapes(waiting, {request_of("t2"), request_of("t3")}).wait();
    ASSERT_EQ(batch->size(), 2U);
    EXPECT_EQ(batch->at(1).error().code(), ErrorCode::permission_denied);
    EXPECT_EQ(code_of(layer.delete_tape(waiting, "../x")), ErrorCode::invalid_argument);
    EXPECT_EQ(layer.load_tape(waiting, "t1").wait()->content.view(), ByteView(text_of("t1")));
    EXPECT_EQ(layer.finish_tape(waiting, "t1").wait()->id, "t1");
    EXPECT_EQ(layer.list_tapes(waiting, {}).wait()->tapes.size(), 1U);
    EXPECT_EQ(layer.inspect(waiting, {.contents = true, .repair = true}).wait()->tapes, 1U);
    EXPECT_EQ(script->count("append") + script->count("delete_tape"), 0U);
    EXPECT_EQ(script->count("finish_tape"), 0U) << "that would write";
}

TEST_F(TapeLayers, RetryRepeatsWhatFailedForAPassingReason) {
    RetryLayer layer(scripted(), {}, runtime);
    script->fail_next("save_tape", busy(), 2);
    EXPECT_TRUE(answer_of(layer.save_tape(waiting, request_of("t1"))));
    EXPECT_EQ(script->count("save_tape"), 3U);
    script->fail_next("get_metadata", busy());
    EXPECT_TRUE(answer_of(layer.get_metadata(waiting, "t1")));
    script->fail_next("update_metadata", busy());
    const auto labelled = answer_of(layer.update_metadata(waiting, "t1", {.add_notes = {"n"}}));
    EXPECT_EQ(labelled->labels.notes.size(), 1U);
    script->fail_next("list_tapes", busy());
    EXPECT_EQ(answer_of(layer.list_tapes(waiting, {}))->tapes.size(), 1U);
    script->fail_next("delete_tape", busy());
    EXPECT_TRUE(answer_of(layer.delete_tape(waiting, "t1")));
}

TEST_F(TapeLayers, RetryNeverDoublesARecord) {
    RetryLayer layer(scripted(), {}, runtime);
    const std::string text = text_of("t1");
    script->fail_next("append", busy());
    std::optional<Async<std::uint64_t>> answer;
    {
        std::string gone = text;
        answer = layer.append(waiting, "t1", 0, gone);
        gone.assign(gone.size(), 'x');  // views live until the call returns, and no longer
    }
    EXPECT_EQ(answer_of(*std::move(answer)).value(), text.size());
    script->lose_next("append", busy());  // it was made, whatever it says
    const std::string more = "{\"kind\":\"x\"}\n";
    EXPECT_EQ(answer_of(layer.append(waiting, "t1", text.size(), more)).value(),
              text.size() + more.size());
    EXPECT_EQ(script->count("append"), 4U);
    EXPECT_EQ(layer.load_tape(waiting, "t1").wait()->content.view(), ByteView(text + more));
}

TEST_F(TapeLayers, RetryNeverRepeatsAChangeWhoseFateIsUnknown) {
    RetryLayer layer(scripted(), {}, runtime);
    const Error unknown = Error(ErrorCode::commit_unknown, "no reply").with_retry(Retry::temporary);
    script->lose_next("save_tape", unknown);
    EXPECT_EQ(code_of(layer.save_tape(waiting, request_of("t1"))), ErrorCode::commit_unknown);
    script->fail_next("append", unknown);
    EXPECT_EQ(code_of(layer.append(waiting, "t2", 0, "x")), ErrorCode::commit_unknown);
    script->lose_next("delete_tape", unknown);
    EXPECT_EQ(code_of(layer.delete_tape(waiting, "t1")), ErrorCode::commit_unknown);
    EXPECT_EQ(script->count("save_tape") + script->count("append") + script->count("delete_tape"),
              3U);
}

TEST_F(TapeLayers, RetryTakesNoChangeThatWasKeptForOneThatFailed) {
    // The blobs are written before the index: a failure of that leaves a tape.
    const auto refuse_index = [this] {
        fake.fail_next(kv::FakeCall::atomic_write, Error(ErrorCode::busy, "locked"), 99);
    };
    RetryLayer layer(StockProvider::create(blob::Store(blob::MemoryBackend()), kv::Database(fake),
                                           {.runtime = runtime}),
                     {}, runtime);
    ASSERT_TRUE(layer.save_tape(waiting, request_of("t0")).wait());
    refuse_index();
    EXPECT_EQ(code_of(layer.save_tape(waiting, request_of("t1"))), ErrorCode::commit_unknown);
    EXPECT_EQ(code_of(layer.update_metadata(waiting, "t0", {.add_notes = {"once"}})),
              ErrorCode::commit_unknown);
    fake.reset();
    EXPECT_EQ(layer.inspect(waiting, {.contents = true, .repair = true}).wait()->repaired, 2U);
    EXPECT_EQ(layer.get_metadata(waiting, "t0").wait()->labels.notes.size(), 1U);
    EXPECT_TRUE(layer.load_tape(waiting, "t1").wait());
}

TEST_F(TapeLayers, RetryGivesUpAndLeavesTheRestAlone) {
    RetryLayer layer(scripted(), {.max_attempts = 3}, runtime);
    script->fail_next("load_tape", busy(), 9);
    const auto tired = answer_of(layer.load_tape(waiting, "t1"));
    EXPECT_EQ(tired.error().retry(), Retry::exhausted);
    EXPECT_EQ(script->count("load_tape"), 3U);
    script->fail_next("get_metadata", Error(ErrorCode::corrupt, "damaged"));
    EXPECT_EQ(code_of(layer.get_metadata(waiting, "t1")), ErrorCode::corrupt);
    script->fail_next("health_check", busy());
    EXPECT_EQ(code_of(layer.health_check(waiting)), ErrorCode::busy);
}

TEST_F(TapeLayers, RetryOpensAStreamAgainUntilItHasGivenSomething) {
    RetryLayer layer(scripted(), {.max_attempts = 4}, runtime);
    ASSERT_TRUE(layer.save_tape(waiting, request_of("t1")).wait());
    script->fail_next("stream", busy());
    script->fail_next("next", busy(), 2);
    auto stream = layer.stream(waiting, "t1", {3, 7}).value();
    EXPECT_EQ((*answer_of(stream.next(waiting)))->view(), ByteView(text_of("t1")).substr(3, 7));
    script->fail_next("next", busy());
    EXPECT_EQ(code_of(stream.next(waiting)), ErrorCode::busy)
        << "what follows could be of another tape";
    EXPECT_FALSE(*stream.next(waiting).wait());
    EXPECT_EQ(layer.stream(waiting, "../x", {}).error().code(), ErrorCode::invalid_argument);
    auto absent = layer.stream(waiting, "t2", {}).value();
    EXPECT_EQ(answer_of(absent.next(waiting)).error().code(), ErrorCode::not_found);
}

TEST_F(TapeLayers, RetrySavesOfManyThoseAgainThatFailed) {
    // In memory they are saved one by one, in SQLite by one call.
    const test::TempFolder folder;
    for (const std::string& url : {std::string("memory:"), "tape+sqlite:" + folder.file("t.db")}) {
        RetryLayer layer(scripted(url), {}, runtime);
        const bool at_once = layer.saves_in_batches();
        EXPECT_EQ(at_once, url != "memory:");
        script->fail_next(at_once ? "save_tapes" : "save_tape", busy());
        ASSERT_TRUE(layer.inner().save_tape(waiting, request_of("t2")).wait() || !at_once);
        auto answer =
            layer.save_tapes(waiting, {request_of("t1"), request_of("t2"), request_of("t3")});
        const auto saved = answer_of(std::move(answer));
        ASSERT_EQ(saved->size(), 3U);
        EXPECT_TRUE(saved->at(0));
        EXPECT_EQ(saved->at(1) ? ErrorCode::backend : saved->at(1).error().code(),
                  at_once ? ErrorCode::already_exists : ErrorCode::backend);
        EXPECT_TRUE(saved->at(2));
    }
}

TEST_F(TapeLayers, TimeoutEndsWhatDoesNotEnd) {
    TimeoutLayer layer(scripted(), {.read = 100ms, .write = 200ms, .grace = 10ms}, runtime);
    script->hold_next("get_metadata");
    EXPECT_EQ(code_after(110ms, layer.get_metadata(waiting, "t1")), ErrorCode::timeout);
    script->hold_next("save_tape");
    EXPECT_EQ(code_after(210ms, layer.save_tape(waiting, request_of("t1"))),
              ErrorCode::commit_unknown);
    EXPECT_TRUE(layer.get_metadata(waiting, "t1").wait()) << "this one was made";
    script->hold_next("inspect");
    auto inspection = layer.inspect(waiting, {});
    clock->advance(1h);
    EXPECT_FALSE(inspection.is_ready()) << "as long as it takes";
    script->release();
    EXPECT_TRUE(inspection.is_ready());
}

TEST_F(TapeLayers, TimeoutGivesManyTapesAsLongAsOneByOne) {
    const test::TempFolder folder;
    TimeoutLayer layer(scripted("tape+sqlite:" + folder.file("t.db")),
                       {.write = 200ms, .grace = 10ms}, runtime);
    script->hold_next("save_tapes");
    auto many = layer.save_tapes(waiting, {request_of("t1"), request_of("t2"), request_of("t3")});
    EXPECT_EQ(code_after(610ms, std::move(many)), ErrorCode::commit_unknown);
}

TEST_F(TapeLayers, TimeoutHoldsForEachStepOfAStream) {
    TimeoutLayer layer(scripted(), {.read = 100ms, .grace = 10ms}, runtime);
    ASSERT_TRUE(layer.save_tape(waiting, request_of("t1")).wait());
    auto stream = layer.stream(waiting, "t1", {}).value();
    script->hold_next("next");
    EXPECT_EQ(code_after(110ms, stream.next(waiting)), ErrorCode::timeout);
    EXPECT_FALSE(*stream.next(waiting).wait()) << "behind an error is the end";
}

TEST_F(TapeLayers, MetricsCountCallsErrorsAndBytes) {
    MetricsLayer layer(scripted(), {.backend = "shelf"}, runtime);
    const auto bytes = static_cast<double>(text_of("t1").size());
    ASSERT_TRUE(layer.save_tape(waiting, request_of("t1")).wait());
    ASSERT_TRUE(layer.load_tape(waiting, "t1").wait());
    ASSERT_TRUE(layer.stream(waiting, "t1", {}));
    EXPECT_FALSE(layer.get_metadata(waiting, "t2").wait());
    script->hold_next("append");
    const auto pending = layer.append(waiting, "t2", 0, text_of("t2"));
    test::Samples now = test::parse_prometheus(runtime->metrics()->prometheus_text());
    const auto value = [&now](const std::string& series, const std::string& operation,
                              const std::string& more = {}) {
        return now["turntable_tape_" + series + "{backend=\"shelf\"," + more + "operation=\"" +
                   operation + "\"}"];
    };
    EXPECT_EQ(value("request_bytes_total", "save_tape"), bytes);
    EXPECT_EQ(value("answer_bytes_total", "load_tape"), bytes);
    EXPECT_EQ(value("operations_total", "stream"), 1);
    EXPECT_EQ(value("operations_total", "get_metadata"), 1);
    EXPECT_EQ(value("errors_total", "get_metadata", "code=\"not_found\","), 1);
    EXPECT_EQ(value("in_flight", "append"), 1);
    script->release();
    EXPECT_TRUE(pending.is_ready());
}

TEST(TapeLogging, TellsOfCallsAndNotWhatTheyAreAbout) {
    std::vector<std::string> lines;
    RuntimeOptions options;
    options.log =
        std::make_shared<UniqueFunction<void(const LogRecord&)>>([&lines](const LogRecord& record) {
            std::string line = std::string(record.component) + ":";
            for (const LogField& field : record.fields) {
                if (const auto* text = std::get_if<std::string_view>(&field.value)) {
                    line += " " + std::string(*text);
                }
            }
            lines.push_back(line);
        });
    const test::TapeWorld world(std::move(options));
    const Library tapes = test::provider_registry()
                              .open("memory:", {.runtime = world.runtime, .layers = {"logging"}})
                              .value();
    ASSERT_TRUE(tapes.save(std::make_unique<MemorySource>(Bytes::copy(world.text_of("private")))));
    EXPECT_FALSE(tapes.load("secret"));
    EXPECT_THAT(lines,
                ElementsAre("tape: save_tape memory: ok", "tape: load_tape memory: not_found"));
}

TEST_F(TapeLayers, ConcurrencyLetsInAsManyAsItSays) {
    ConcurrencyLayer layer(scripted(), {.limit = 1, .queue = 1}, runtime);
    ASSERT_TRUE(layer.save_tape(waiting, request_of("t1")).wait());
    auto stream = layer.stream(waiting, "t1", {}).value();
    script->hold_next("get_metadata");
    const auto first = layer.get_metadata(waiting, "t1");
    auto second = stream.next(waiting);
    EXPECT_EQ(code_of(layer.load_tape(waiting, "t1")), ErrorCode::busy);
    EXPECT_TRUE(layer.health_check(waiting).wait());
    EXPECT_FALSE(second.is_ready()) << "a step of a stream takes a place too";
    script->release();
    EXPECT_EQ((*std::move(second).wait())->view(), ByteView(text_of("t1")));
    EXPECT_TRUE(first.is_ready());
}

TEST_F(TapeLayers, ThrottleCountsTheBytesOfContents) {
    const std::size_t bytes = text_of("t1").size();
    ThrottleLayer layer(scripted(), {.bytes = {bytes}, .bytes_burst = {bytes}}, runtime);
    ASSERT_TRUE(layer.save_tape(waiting, request_of("t1")).wait());
    auto stream = layer.stream(waiting, "t1", {}).value();
    clock->advance(1s);
    ASSERT_TRUE(stream.next(waiting).wait()) << "paid for by what follows";
    auto late = layer.append(waiting, "t2", 0, text_of("t2"));
    EXPECT_FALSE(late.is_ready());
    EXPECT_GE(advance_until_ready(late), 900ms);
    EXPECT_TRUE(late.peek());
}

TEST_F(TapeLayers, WhatWaitsEndsWhenTheLayerGoes) {
    std::optional layer(RetryLayer(scripted(), {}, runtime));
    script->fail_next("load_tape", busy(), 9);
    auto answer = layer->load_tape(waiting, "t1");
    script->fail_next("next", busy(), 9);
    auto stream = layer->stream(waiting, "t1", {}).value();
    auto step = stream.next(waiting);
    layer.reset();
    EXPECT_EQ(code_of(std::move(answer)), ErrorCode::closed);
    EXPECT_EQ(code_of(std::move(step)), ErrorCode::closed);
}

TEST_F(TapeLayers, ChaosRepeatsItselfForOneSeed) {
    const auto row = [this](std::uint64_t seed) {
        ChaosLayer layer(scripted(), {.seed = seed, .read_errors = 0.5}, runtime);
        std::string text;
        for (int i = 0; i < 64; ++i) {
            text += layer.list_tapes(waiting, {}).wait() ? '.' : 'x';
        }
        return text;
    };
    EXPECT_EQ(row(1), row(1));
    EXPECT_NE(row(1), row(2));
    EXPECT_THAT(row(1), testing::AllOf(HasSubstr("x"), HasSubstr(".")));
}

TEST_F(TapeLayers, ChaosErrorsDidNothingAndLostRepliesDid) {
    ChaosLayer failing(scripted(), {.seed = 1, .write_errors = 1}, runtime);
    EXPECT_EQ(code_of(failing.save_tape(waiting, request_of("t1"))), ErrorCode::busy);
    EXPECT_EQ(code_of(failing.get_metadata(waiting, "t1")), ErrorCode::not_found);
    ChaosLayer losing(scripted(), {.seed = 1, .lost_replies = 1}, runtime);
    EXPECT_EQ(code_of(losing.save_tape(waiting, request_of("t1"))), ErrorCode::commit_unknown);
    EXPECT_TRUE(losing.get_metadata(waiting, "t1").wait());
    ChaosLayer tearing(scripted("memory:torn"), {.seed = 1, .torn_streams = 1}, runtime);
    auto stream = tearing.stream(waiting, "t1", {}).value();
    const auto torn = stream.next(waiting).wait();
    EXPECT_EQ(torn.error().code(), ErrorCode::io);
    EXPECT_EQ(torn.error().retry(), Retry::temporary);
    EXPECT_FALSE(*stream.next(waiting).wait());
}

TEST(NamedTapeLayers, AreReadLikeThoseOfKv) {
    const Registry registry = test::provider_registry();
    std::vector<std::string> names;
    for (const LayerInfo& layer : registry.layers()) {
        names.push_back(layer.name);
        EXPECT_FALSE(layer.summary.empty());
    }
    EXPECT_THAT(names, ElementsAre("chaos", "concurrency", "logging", "metrics", "read_only",
                                   "retry", "throttle", "timeout"));
    const auto slip = registry.open("memory:", {.layers = {"rettry"}});
    EXPECT_EQ(slip.error().code(), ErrorCode::invalid_config);
    EXPECT_THAT(slip.error().to_string(), HasSubstr("did you mean \"retry\"?"));
    EXPECT_THAT(registry.open("memory:", {.layers = {"retry?max_atempts=3"}}).error().to_string(),
                HasSubstr("did you mean \"max_attempts\"?"));
}

TEST(NamedTapeLayers, StandInTheOrderOfTheListAndThoseOfTheCallWin) {
    Registry registry = test::provider_registry();
    std::vector<std::string> put_on;
    for (const char* name : {"outer", "inner"}) {
        ASSERT_TRUE(
            registry.add_layer({.name = name},
                               [&put_on, name](AnyProvider inner, const ProviderConfig&,
                                               const LayerPlace& place) -> Result<AnyProvider> {
                                   put_on.push_back(std::string(name) + " on " + place.backend);
                                   return inner;
                               }));
    }
    ProviderConfig config = ProviderConfig::from_map("memory", {});
    config.layers = {"outer", "inner"};
    ASSERT_TRUE(registry.open(config));
    EXPECT_THAT(put_on, ElementsAre("inner on memory", "outer on memory"));
    put_on.clear();
    const Library tapes = registry.open(config, {.layers = {"read_only"}}).value();
    EXPECT_TRUE(put_on.empty());
    EXPECT_EQ(tapes.remove("t1").error().code(), ErrorCode::permission_denied);
}

}  // namespace
}  // namespace turntable::tape
