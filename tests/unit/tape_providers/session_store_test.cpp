#include "turntable/tape/session_store.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/temp_folder.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/kv/sqlite.hpp"
#include "turntable/tape/metadata.hpp"

namespace turntable::tape {
namespace {

using std::chrono::minutes;

/// A store in each engine, with a clock that the test moves.
class SessionStoreTest : public testing::TestWithParam<std::string> {
  protected:
    SessionStore open(const SessionStoreOptions& options = {}) {
        return SessionStore::create(database(runtime), options).value();
    }
    /// Another handle on the same data.
    kv::Database database(const std::shared_ptr<Runtime>& with) {
        kv::Registry registry;
        EXPECT_TRUE(kv::register_memory(registry) && kv::register_sqlite(registry));
        const std::string file = folder.file("sessions.db");
        return registry
            .open(GetParam() == "memory" ? "memory:" + file : "sqlite:" + file + "?durability=off",
                  {.runtime = with})
            .value();
    }
    static Frame frame_of(std::string_view text) { return {.payload = Bytes::copy(text)}; }

    test::TempFolder folder;
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<Runtime> runtime = Runtime::create({.clock = clock});
    /// Keeps the data of a named database in memory.
    kv::Database kept = database(runtime);
};

INSTANTIATE_TEST_SUITE_P(Engines, SessionStoreTest, testing::Values("memory", "sqlite"),
                         [](const auto& info) { return info.param; });

TEST_P(SessionStoreTest, KeepsStateAndFramesOfLiveSessions) {
    const SessionStore sessions = open();
    const Session begun =
        sessions.begin("s/1", {.transport = "stdio", .client = Party{"probe", "1"}}).value();
    EXPECT_EQ(begun.state, SessionState::starting);
    EXPECT_EQ(begun.created, clock->wall_now());
    EXPECT_EQ(sessions.begin("s/1").error().code(), ErrorCode::already_exists);
    EXPECT_TRUE(is_tape_id(sessions.begin().value().id));

    clock->advance(std::chrono::milliseconds(250));
    EXPECT_EQ(sessions.append("s/1", frame_of("ping")).value(), 1U);
    Frame answer = frame_of("pong\xff");
    answer.direction = Direction::server_to_client;
    answer.time = std::chrono::milliseconds(300);
    EXPECT_EQ(sessions.append("s/1", answer).value(), 2U);
    const SessionChange known{.state = SessionState::active,
                              .protocol_version = "2025-06-18",
                              .server = Party{"echo", "2"},
                              .set_attributes = {{"user", "ada"}}};
    EXPECT_EQ(sessions.update("s/1", known).value().state, SessionState::active);

    // Another store on the same database sees all of it.
    const Session seen = open().get("s/1").value();
    EXPECT_EQ(seen.client, (Party{"probe", "1"}));
    EXPECT_EQ(seen.server, (Party{"echo", "2"}));
    EXPECT_EQ(seen.attributes.at("user"), "ada");
    EXPECT_EQ(seen.frames, 2U);
    EXPECT_EQ(seen.changed - seen.created, std::chrono::milliseconds(250));
    const std::vector<Frame> frames = open().frames("s/1").value();
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_EQ(frames[0].time, std::chrono::milliseconds(250));
    EXPECT_EQ(frames[0].payload.text(), "ping");
    EXPECT_EQ(frames[1].payload.text(), "pong\xff");
    EXPECT_EQ(frames[1].direction, Direction::server_to_client);
    EXPECT_EQ(sessions.frames("s/1", 2).value().size(), 1U);

    const SessionCounts counts = sessions.counts().value();
    EXPECT_EQ(counts.live, 2U);
    EXPECT_EQ(counts.frames, 2U);
    EXPECT_EQ(counts.bytes, seen.bytes);
    EXPECT_TRUE(sessions.remove("s/1"));
    EXPECT_EQ(sessions.remove("s/1").error().code(), ErrorCode::not_found);
    EXPECT_EQ(sessions.counts().value(), (SessionCounts{.live = 1}));
}

TEST_P(SessionStoreTest, AnEndIsForGood) {
    const SessionStore sessions = open();
    ASSERT_TRUE(sessions.begin("a"));
    ASSERT_TRUE(sessions.update("a", {.state = SessionState::closing}));
    EXPECT_EQ(sessions.update("a", {.state = SessionState::active}).error().code(),
              ErrorCode::invalid_argument);
    EXPECT_EQ(sessions.update("a", {.state = SessionState::expired}).error().code(),
              ErrorCode::invalid_argument);
    EXPECT_EQ(sessions.end("a", SessionState::active).error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(sessions.end("a", SessionState::failed, "the pipe broke").value().reason,
              "the pipe broke");
    for (const ErrorCode code : {sessions.append("a", frame_of("x")).error().code(),
                                 sessions.update("a", {.transport = "http"}).error().code(),
                                 sessions.end("a").error().code()}) {
        EXPECT_EQ(code, ErrorCode::closed);
    }
    EXPECT_EQ(sessions.counts().value(), (SessionCounts{.ended = 1}));
    for (const SessionState state :
         {SessionState::starting, SessionState::active, SessionState::closing, SessionState::closed,
          SessionState::failed, SessionState::expired}) {
        EXPECT_EQ(parse_session_state(to_string(state)), state);
        EXPECT_FALSE(may_follow(SessionState::closed, state));
    }
}

TEST_P(SessionStoreTest, WhatIsSilentExpiresAtThatInstantAndGoesLater) {
    const SessionStore sessions =
        open({.idle_timeout = minutes(10), .keep_ended = minutes(60), .sessions_max = 1});
    ASSERT_TRUE(sessions.begin("a"));
    clock->advance(minutes(9));
    ASSERT_TRUE(sessions.append("a", frame_of("still here")));
    clock->advance(minutes(10) - std::chrono::milliseconds(1));
    EXPECT_EQ(sessions.get("a").value().state, SessionState::starting);
    EXPECT_EQ(sessions.sweep().value().expired, 0U);
    clock->advance(std::chrono::milliseconds(1));
    // Nobody swept yet, and it has expired all the same.
    EXPECT_EQ(sessions.get("a").value().state, SessionState::expired);
    EXPECT_EQ(sessions.append("a", frame_of("x")).error().code(), ErrorCode::closed);
    EXPECT_EQ(sessions.list({.state = SessionState::expired}).value().size(), 1U);
    EXPECT_EQ(sessions.sweep().value().expired, 1U);
    EXPECT_EQ(sessions.counts().value().ended, 1U);
    EXPECT_EQ(sessions.frames("a").value().size(), 1U);
    clock->advance(minutes(60));
    EXPECT_EQ(sessions.get("a").error().code(), ErrorCode::not_found);
    EXPECT_EQ(sessions.frames("a").error().code(), ErrorCode::not_found);
    EXPECT_TRUE(sessions.list().value().empty());
    // The id is free again, and nothing of the one before comes with it.
    EXPECT_EQ(sessions.begin("a").value().frames, 0U);
    EXPECT_TRUE(sessions.frames("a").value().empty());
    ASSERT_TRUE(sessions.end("a"));
    clock->advance(minutes(60));
    EXPECT_EQ(sessions.sweep().value().removed, 1U);
    EXPECT_EQ(sessions.counts().value(), SessionCounts());
    // Not one entry stays but the counts.
    EXPECT_EQ(kept.count(kv::prefix(sessions.options().prefix / "frame")).value(), 0U);
    EXPECT_EQ(kept.count(kv::prefix(sessions.options().prefix / "trash")).value(), 0U);
    EXPECT_EQ(kept.count(kv::prefix(sessions.options().prefix / "order")).value(), 0U);
}

TEST_P(SessionStoreTest, MakesRoomByWhatEndedFirst) {
    SessionStoreOptions options{.sessions_max = 3};
    const SessionStore sessions = open(options);
    for (const char* id : {"a", "b", "c"}) {
        ASSERT_TRUE(sessions.begin(id));
        clock->advance(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(sessions.begin("d").error().code(), ErrorCode::limit_exceeded);
    ASSERT_TRUE(sessions.end("c"));
    ASSERT_TRUE(sessions.append("a", frame_of("x")));
    ASSERT_TRUE(sessions.begin("d"));
    EXPECT_EQ(sessions.get("c").error().code(), ErrorCode::not_found);
    EXPECT_EQ(sessions.counts().value().evicted_sessions, 1U);
    // One that was silent too long goes; of live ones only if that is wanted.
    EXPECT_EQ(sessions.begin("e").error().code(), ErrorCode::limit_exceeded);
    options.evict_live = true;
    ASSERT_TRUE(open(options).begin("e"));
    EXPECT_EQ(sessions.get("b").error().code(), ErrorCode::not_found);
    EXPECT_TRUE(sessions.get("a"));
    clock->advance(minutes(30));
    ASSERT_TRUE(sessions.begin("f"));
    EXPECT_EQ(sessions.counts().value().live, 3U);
}

TEST_P(SessionStoreTest, KeepsTheLastFramesOnly) {
    const SessionStore sessions = open({.frames_max = 3, .frame_bytes_max = 4});
    ASSERT_TRUE(sessions.begin("a"));
    for (const char* text : {"1", "22", "333", "4444", "55555"}) {
        ASSERT_TRUE(sessions.append("a", frame_of(text)));
    }
    const std::vector<Frame> frames = sessions.frames("a").value();
    ASSERT_EQ(frames.size(), 3U);
    EXPECT_EQ(frames[0].number, 3U);
    EXPECT_EQ(frames[1].truncated_from, 0U);  // at the limit
    EXPECT_EQ(frames[2].payload.text(), "5555");
    EXPECT_EQ(frames[2].truncated_from, 5U);
    const Session session = sessions.get("a").value();
    EXPECT_EQ(session.frames, 5U);
    EXPECT_EQ(session.first_frame, 3U);
    const SessionCounts counts = sessions.counts().value();
    EXPECT_EQ(counts.frames, 3U);
    EXPECT_EQ(counts.bytes, session.bytes);
    EXPECT_EQ(counts.evicted_frames, 2U);

    const SessionStore small = open({.prefix = {"small"}, .session_bytes_max = 1});
    ASSERT_TRUE(small.begin("a"));
    ASSERT_TRUE(small.append("a", frame_of("one")));
    ASSERT_TRUE(small.append("a", frame_of("two")));
    // The last one stays, however small the room.
    ASSERT_EQ(small.frames("a").value().size(), 1U);
    EXPECT_EQ(small.frames("a").value()[0].payload.text(), "two");
}

TEST_P(SessionStoreTest, TwoWritersLoseNoFrameAndGiveNoNumberTwice) {
    // Who tries again waits in between: for a clock that goes by itself.
    const auto store = [this] {
        return SessionStore::create(database(Runtime::shared()), {.sessions_max = 4}).value();
    };
    const SessionStore first = store();
    ASSERT_TRUE(first.begin("shared"));
    constexpr int rounds = 40;
    const auto write = [&store](const std::string& name) {
        const SessionStore own = store();
        for (int i = 0; i < rounds; ++i) {
            EXPECT_TRUE(own.append("shared", frame_of(name + std::to_string(i))));
            // Eviction and removal between.
            const auto begun = own.begin(name + std::to_string(i));
            EXPECT_TRUE(begun) << begun.error().to_string();
            EXPECT_TRUE(own.end(name + std::to_string(i)));
        }
    };
    std::thread other(write, "b");
    write("a");
    other.join();
    const std::vector<Frame> frames = first.frames("shared").value();
    ASSERT_EQ(frames.size(), 2U * rounds);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        EXPECT_EQ(frames[i].number, i + 1);
    }
    const SessionCounts counts = first.counts().value();
    EXPECT_EQ(counts.live, 1U);
    EXPECT_EQ(counts.live + counts.ended, first.list().value().size());
    EXPECT_LE(counts.live + counts.ended, 4U);
    EXPECT_EQ(counts.frames, 2U * rounds);
    EXPECT_EQ(counts.live + counts.ended + counts.evicted_sessions, 2U * rounds + 1U);
}

TEST_P(SessionStoreTest, ListsInPages) {
    const SessionStore sessions = open();
    for (const char* id : {"c", "a", "b"}) {
        ASSERT_TRUE(sessions.begin(id));
    }
    ASSERT_TRUE(sessions.update("b", {.state = SessionState::active}));
    const auto page = sessions.list({.limit = 2}).value();
    ASSERT_EQ(page.size(), 2U);
    EXPECT_EQ(page[0].id, "a");
    EXPECT_EQ(sessions.list({.after = page[1].id}).value().at(0).id, "c");
    EXPECT_EQ(sessions.list({.state = SessionState::active}).value().at(0).id, "b");
}

TEST_P(SessionStoreTest, RefusesWhatItCannotKeep) {
    const SessionStore sessions = open();
    EXPECT_TRUE(sessions.begin(std::string(256, 'x')));
    EXPECT_EQ(sessions.begin(std::string(257, 'x')).error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(sessions.begin("\xff").error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(sessions.get("").error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(sessions.get("none").error().code(), ErrorCode::not_found);
    EXPECT_EQ(sessions.append("none", frame_of("x")).error().code(), ErrorCode::not_found);
    const auto with_text = [](std::size_t bytes) {
        return SessionChange{.set_attributes = {{"", std::string(bytes, 'x')}}};
    };
    const std::size_t room = (std::size_t{32} << 10U) - 1;  // the id is one byte
    EXPECT_TRUE(sessions.begin("a", with_text(room)));
    EXPECT_EQ(sessions.begin("b", with_text(room + 1)).error().code(), ErrorCode::limit_exceeded);
    EXPECT_EQ(sessions.update("a", {.reason = "\xff"}).error().code(), ErrorCode::invalid_argument);
    for (const SessionStoreOptions& wrong :
         {SessionStoreOptions{.prefix = {}}, SessionStoreOptions{.idle_timeout = minutes(-1)},
          SessionStoreOptions{.keep_ended = minutes(-1)}, SessionStoreOptions{.sessions_max = 0},
          SessionStoreOptions{.frames_max = 0}, SessionStoreOptions{.frames_max = 10'001},
          SessionStoreOptions{.session_bytes_max = 0}, SessionStoreOptions{.frame_bytes_max = 0}}) {
        EXPECT_EQ(SessionStore::create(kept, wrong).error().code(), ErrorCode::invalid_argument);
    }
    EXPECT_TRUE(SessionStore::create(kept, {.frames_max = 10'000}));
    // What somebody else wrote there.
    ASSERT_TRUE(kept.set(sessions.options().prefix / "session" / "odd", "{}"));
    EXPECT_EQ(sessions.get("odd").error().code(), ErrorCode::corrupt);
}

TEST_P(SessionStoreTest, ASweepRemovesWhatAKillLeft) {
    const SessionStore sessions = open();
    const kv::Key prefix = sessions.options().prefix;
    ASSERT_TRUE(kept.set(prefix / "trash" / "gone", ""));
    ASSERT_TRUE(kept.set(prefix / "frame" / "gone" / 1, "{}"));
    ASSERT_TRUE(sessions.sweep());
    EXPECT_EQ(kept.count(kv::prefix(prefix)).value(), 0U);
}

}  // namespace
}  // namespace turntable::tape
