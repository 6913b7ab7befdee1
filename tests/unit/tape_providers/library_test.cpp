#include "turntable/tape/library.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/providers.hpp"
#include "support/recorded_tape.hpp"
#include "support/temp_folder.hpp"
#include "turntable/tape/query.hpp"
#include "turntable/tape/reader.hpp"
#include "turntable/tape/recorder.hpp"
#include "turntable/tape/stock.hpp"

namespace turntable::tape {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

Library open(const std::string& url, OpenOptions options = {}) {
    options.analyzer = test::words();
    auto library = test::provider_registry().open(url, options);
    EXPECT_TRUE(library) << library.error().to_string();
    return *std::move(library);
}

std::unique_ptr<Source> content(const std::string& text) {
    return std::make_unique<MemorySource>(Bytes::copy(text));
}

/// Saves a tape of one call.
TapeMetadata save(const Library& library, const std::string& id, const std::string& name = {},
                  hours age = hours(0), Labels labels = {}) {
    Head head = test::head_of(id, name);
    head.created -= age;
    return library.save(content(test::tape_text(head, {{"search " + id}})), {.labels = labels})
        .value();
}

template <class T>
ErrorCode code_of(const Result<T>& result) {
    EXPECT_FALSE(result);
    return result ? ErrorCode::backend : result.error().code();
}

TEST(TapeLibrary, ARecorderRecordsIntoIt) {
    const test::TempFolder folder;
    const Library library = open("tape:" + folder.file("tapes"));
    {
        auto recorder =
            Recorder::create(library.sink("live").value(), test::head_of("live", "a run")).value();
        recorder.frame(Direction::client_to_server, "search x");
        recorder.flush();
        EXPECT_EQ(library.metadata("live").value().state, TapeState::recording);
        // It can be read while it grows.
        auto reader = Reader::open(library.source("live").value()).value();
        EXPECT_TRUE(std::holds_alternative<Frame>(reader.next().value().value()));
        EXPECT_FALSE(reader.next().value());
        recorder.frame(Direction::server_to_client, "ok");
        recorder.flush();
        EXPECT_TRUE(std::holds_alternative<Frame>(reader.next().value().value()));
        EXPECT_EQ(code_of(library.sink("live")), ErrorCode::already_exists);
        ASSERT_TRUE(recorder.close());
    }
    const TapeMetadata tape = library.metadata("live").value();
    EXPECT_EQ(tape.state, TapeState::complete);
    EXPECT_EQ(tape.frames, 2U);
    EXPECT_EQ(tape.facts.requests, 1U);
    EXPECT_TRUE(library.verify().value().problems.empty());
    EXPECT_TRUE(std::filesystem::exists(folder.file("tapes/live.tape")));
    EXPECT_EQ(code_of(library.sink("../live")), ErrorCode::invalid_argument);
}

TEST(TapeLibrary, SavesAndLoadsSeveral) {
    const test::TempFolder folder;
    std::vector<std::string> paths;
    for (const char* id : {"a", "b"}) {
        paths.push_back(folder.file(id));
        std::ofstream(paths.back()) << test::tape_text(test::head_of(id), {{"x"}});
    }
    paths.push_back(folder.file("none"));
    paths.push_back(paths[0]);
    const Library library = open("memory:");
    const auto saved = library.save_files(paths);
    ASSERT_EQ(saved.size(), 4U);
    EXPECT_EQ(saved[0]->id, "a");
    EXPECT_EQ(saved[1]->id, "b");
    EXPECT_EQ(code_of(saved[2]), ErrorCode::not_found);
    EXPECT_EQ(code_of(saved[3]), ErrorCode::already_exists);
    const std::vector<std::string> ids = {"b", "c", "a"};
    const auto loaded = library.load_all(ids);
    EXPECT_EQ(loaded[0]->metadata.id, "b");
    EXPECT_EQ(code_of(loaded[1]), ErrorCode::not_found);
    EXPECT_FALSE(loaded[2]->content.empty());
}

TEST(TapeLibrary, FindsTheTapeThatAPersonMeans) {
    const Library library = open("memory:");
    EXPECT_EQ(code_of(library.find("@last")), ErrorCode::not_found);
    save(library, "0190aa", "first", hours(3));
    save(library, "0190ab", "second", hours(2));
    save(library, "0191", "twice", hours(1));
    save(library, "0191x", "twice", hours(0));
    save(library, "first", "0190aa", hours(9));
    EXPECT_EQ(library.find("0190ab").value().id, "0190ab");
    EXPECT_EQ(library.find("0191").value().id, "0191");
    EXPECT_EQ(library.find("0190b").error().code(), ErrorCode::not_found);
    EXPECT_EQ(library.find("second").value().id, "0190ab");
    EXPECT_EQ(library.find("first").value().id, "first");
    EXPECT_EQ(library.find("0191x").value().id, "0191x");
    EXPECT_EQ(library.find("@last").value().id, "0191x");
    for (const char* unclear : {"0190", "twice", ""}) {
        EXPECT_EQ(code_of(library.find(unclear)), ErrorCode::invalid_argument) << unclear;
    }
    EXPECT_NE(library.find("twice").error().message().find("0191x"), std::string::npos);
}

TEST(TapeLibrary, LabelsAreChangedOneByOne) {
    const Library library = open("memory:");
    save(library, "t1", "old");
    EXPECT_EQ(library.rename("t1", "new").value().name(), "new");
    EXPECT_EQ(library.tag("t1", {"a", "b"}).value().labels.tags.size(), 2U);
    EXPECT_EQ(library.tag("t1", {}, {"a"}).value().labels.tags.size(), 1U);
    EXPECT_EQ(library.note("t1", "seen").value().labels.notes.size(), 1U);
    EXPECT_TRUE(library.pin("t1").value().labels.pinned);
    EXPECT_FALSE(library.pin("t1", false).value().labels.pinned);
    ASSERT_TRUE(library.remove("t1"));
    EXPECT_EQ(code_of(library.metadata("t1")), ErrorCode::not_found);
}

TEST(TapeLibrary, GivesAllTapesOfAQueryAndTheirSums) {
    const Library library = open("memory:");
    for (int i = 0; i < 5; ++i) {
        save(library, "t" + std::to_string(i), {}, hours(i), {.pinned = i == 0});
    }
    std::string ids;
    ASSERT_TRUE(library.for_each({}, [&ids](const TapeMetadata& tape) -> Result<bool> {
        ids += tape.id;
        return tape.id != "t3";
    }));
    EXPECT_EQ(ids, "t0t1t2t3");
    const LibraryStatistics sums = library.statistics().value();
    EXPECT_EQ(sums.tapes, 5U);
    EXPECT_EQ(sums.frames, 10U);
    EXPECT_EQ(sums.requests, 5U);
    EXPECT_EQ(sums.pinned, 1U);
    EXPECT_EQ(*sums.newest - *sums.oldest, hours(4));
    EXPECT_EQ(sums.states, (std::vector<NameCount>{{"complete", 5}}));
    EXPECT_EQ(sums.tools, (std::vector<NameCount>{{"search", 5}}));
    const auto pinned = parse_query("pinned", {}).value();
    EXPECT_EQ(library.statistics(pinned.where).value().tapes, 1U);
}

TEST(TapeLibrary, RetentionRemovesTheOldestAndNeverWhatIsPinned) {
    std::vector<TapeMetadata> tapes;
    const WallTime now(hours(1000));
    for (int i = 0; i < 6; ++i) {
        TapeMetadata tape;
        tape.id = "t" + std::to_string(i);
        tape.created = WallNanoseconds(now.time_since_epoch() - hours(i));
        tape.stored_bytes = 10;
        tape.state = i == 4 ? TapeState::recording : TapeState::complete;
        tape.labels.pinned = i == 5;
        tapes.push_back(tape);
    }
    const auto gone = [&](const Retention& retention) {
        std::string ids;
        for (const TapeMetadata& tape : plan_retention(tapes, retention, now)) {
            ids += tape.id.substr(1);
        }
        return ids;
    };
    EXPECT_EQ(gone({}), "");
    EXPECT_EQ(gone({.age = hours(2)}), "3");
    EXPECT_EQ(gone({.age = hours(2) - milliseconds(1)}), "32");
    EXPECT_EQ(gone({.count = 6}), "");
    EXPECT_EQ(gone({.count = 4}), "32");
    EXPECT_EQ(gone({.count = 0}), "3210");
    EXPECT_EQ(gone({.stored_bytes = 60}), "");
    EXPECT_EQ(gone({.stored_bytes = 59}), "3");
    EXPECT_EQ(gone({.age = hours(3), .count = 5}), "3");
}

TEST(TapeLibrary, PruneSaysFirstWhatItWouldDo) {
    const auto clock = std::make_shared<ManualClock>(WallTime(std::chrono::seconds(1'700'000'000)));
    const Library library = open("memory:", {.runtime = Runtime::create({.clock = clock})});
    save(library, "old", {}, hours(50));
    save(library, "kept", {}, hours(60), {.pinned = true});
    save(library, "new", {}, hours(1));
    const Retention two_days{.age = hours(48)};
    const RetentionReport planned = library.prune(two_days, true).value();
    ASSERT_EQ(planned.removed.size(), 1U);
    EXPECT_EQ(planned.removed[0].id, "old");
    EXPECT_EQ(planned.kept, 2U);
    EXPECT_TRUE(library.metadata("old"));
    EXPECT_EQ(library.prune(two_days).value().freed_bytes, planned.freed_bytes);
    EXPECT_EQ(code_of(library.metadata("old")), ErrorCode::not_found);
    EXPECT_TRUE(library.metadata("kept"));
    clock->advance(hours(48));
    EXPECT_EQ(library.prune(two_days).value().removed.size(), 1U);
}

TEST(TapeLibrary, CopiesTapesWithTheirLabels) {
    const test::TempFolder folder;
    const Library from = open("memory:");
    const Library to = open("tape:" + folder.file("t"));
    save(from, "t1", "one", hours(0), {.name = "mine", .tags = {"x"}});
    save(from, "t2", "two");
    const CopyTapesReport first = from.copy_to(to, parse_query("tag:x", {})->where).value();
    EXPECT_EQ(first.copied, 1U);
    const CopyTapesReport all = from.copy_to(to).value();
    EXPECT_EQ(all.copied, 1U);
    EXPECT_EQ(all.skipped, 1U);
    EXPECT_EQ(to.load("t1").value().content, from.load("t1").value().content);
    EXPECT_EQ(to.metadata("t1").value(), from.metadata("t1").value());
    EXPECT_EQ(from.copy_to(to, {}, {.replace = true}).value().copied, 2U);
}

TEST(TapeLibrary, AnswersFromMemoryForAsLongAsItMay) {
    const auto clock = std::make_shared<ManualClock>();
    const auto runtime = Runtime::create({.clock = clock});
    const test::TempFolder folder;
    const std::string url = "tape:" + folder.file("t");
    const Library cached = open(url, {.runtime = runtime, .metadata_ttl = milliseconds(1000)});
    const Library other = open(url);
    save(cached, "t1", "before");
    EXPECT_EQ(cached.metadata("t1").value().name(), "before");
    ASSERT_TRUE(other.rename("t1", "after"));
    clock->advance(milliseconds(999));
    EXPECT_EQ(cached.metadata("t1").value().name(), "before");
    clock->advance(milliseconds(1));
    EXPECT_EQ(cached.metadata("t1").value().name(), "after");
    // Its own changes show at once.
    ASSERT_TRUE(cached.rename("t1", "again"));
    EXPECT_EQ(cached.metadata("t1").value().name(), "again");
    ASSERT_TRUE(cached.remove("t1"));
    EXPECT_EQ(code_of(cached.metadata("t1")), ErrorCode::not_found);
}

TEST(TapeLibrary, TheIndexIsFoundWrongAndMadeAgain) {
    const test::TempFolder folder;
    const std::string tapes = folder.file("t");
    const Library library = open("tape:" + tapes);
    const TapeMetadata changed = save(library, "changed", {}, hours(0), {.tags = {"x"}});
    save(library, "gone", {}, hours(0), {.tags = {"y"}});
    save(library, "cut");
    const std::string text = test::tape_text(test::head_of("new"), {{"a"}});
    std::ofstream(tapes + "/new.tape") << text;
    std::ofstream(tapes + "/wrong.tape") << "no tape";
    std::ofstream(tapes + "/moved.tape") << text;
    std::ofstream(tapes + "/notes.txt") << "something of a person's own";
    std::ofstream(tapes + "/changed.labels.json") << "{\"tags\":[\"z\"]}";
    std::filesystem::remove(tapes + "/gone.tape");
    std::filesystem::resize_file(tapes + "/cut.tape",
                                 std::filesystem::file_size(tapes + "/cut.tape") - 9);
    const auto kinds = [](const InspectReport& report) {
        std::map<std::string, std::string> found;
        for (const IndexProblem& problem : report.problems) {
            found[problem.id] += std::string(to_string(problem.kind)) + " ";
        }
        return found;
    };
    const std::map<std::string, std::string> expected = {
        {"changed", "stale "}, {"cut", "stale "},  {"gone", "no_content stray "},
        {"moved", "damaged "}, {"new", "no_row "}, {"wrong", "damaged "}};
    EXPECT_EQ(kinds(library.verify().value()), expected);
    const InspectReport repaired = library.rebuild().value();
    EXPECT_EQ(kinds(repaired), expected);
    EXPECT_EQ(repaired.repaired, 5U);
    const std::map<std::string, std::string> left = {{"moved", "damaged "}, {"wrong", "damaged "}};
    EXPECT_EQ(kinds(library.verify().value()), left);
    EXPECT_EQ(library.metadata("changed").value().labels.tags, (std::vector<std::string>{"z"}));
    EXPECT_EQ(library.metadata("cut").value().state, TapeState::interrupted);
    EXPECT_EQ(library.metadata("new").value().frames, 2U);
    EXPECT_EQ(code_of(library.metadata("gone")), ErrorCode::not_found);
    EXPECT_TRUE(std::filesystem::exists(tapes + "/notes.txt"));
}

TEST(TapeLibrary, TheIndexCanBeLost) {
    const test::TempFolder folder;
    TapeMetadata saved;
    {
        const Library library = open("tape:" + folder.file("t"));
        saved = save(library, "t1", "n", hours(0), {.tags = {"x"}, .pinned = true});
    }
    for (const char* part : {"", "-wal", "-shm"}) {
        std::filesystem::remove(folder.file("t/index.sqlite") + part);
    }
    const Library library = open("tape:" + folder.file("t"));
    EXPECT_TRUE(library.search("").value().tapes.empty());
    EXPECT_EQ(library.rebuild().value().repaired, 1U);
    EXPECT_EQ(library.metadata("t1").value(), saved);
}

}  // namespace
}  // namespace turntable::tape
