// Kills a process that keeps sessions in a database, again and again, and looks at what it left.
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include "crash/rounds.hpp"
#include "support/child_process.hpp"
#include "support/engines.hpp"
#include "support/temp_folder.hpp"
#include "turntable/tape/session_store.hpp"

namespace turntable::test {
namespace {

/// What the writer said that it had done, of one session.
struct ToldSession {
    std::uint64_t frames = 0;
    bool ended = false;
    bool removal_begun = false;
    bool removed = false;
};

class SessionCrash : public testing::TestWithParam<std::string> {
  protected:
    void run_writer(std::uint64_t random) {
        ChildProcess child({SESSION_WRITER, url_, std::to_string(random % 1000)});
        const std::uint64_t place = 1 + random / 1000 % 80;
        for (std::uint64_t line_number = 0; const auto line = child.read_line();) {
            std::istringstream words(*line);
            std::string what;
            std::string id;
            std::uint64_t count = 0;
            words >> what >> id >> count;
            ToldSession& told = told_[id];
            told.frames = std::max(told.frames, count);
            told.ended = told.ended || what == "ended";
            told.removal_begun = told.removal_begun || what == "removing";
            told.removed = told.removed || what == "removed";
            if (++line_number == place) {
                child.kill();
            }
        }
        EXPECT_EQ(child.wait(), -SIGKILL);
    }

    void check() {
        const auto sessions = tape::SessionStore::create(open_engine(url_).value()).value();
        for (const auto& [id, told] : told_) {
            SCOPED_TRACE(id);
            const auto session = sessions.get(id);
            if (told.removed) {
                EXPECT_EQ(session.error().code(), ErrorCode::not_found);
            } else if (!told.removal_begun) {
                ASSERT_TRUE(session) << session.error().to_string();
                EXPECT_GE(session->frames, told.frames);
                EXPECT_TRUE(!told.ended || session->state == tape::SessionState::closed);
            }
        }
        check_counts(sessions);
    }

    /// What a store says of itself is what is there.
    static void check_counts(const tape::SessionStore& sessions) {
        tape::SessionCounts found;
        tape::SessionFilter filter;
        for (;;) {
            const auto page = sessions.list(filter).value();
            for (const tape::Session& session : page) {
                ++(tape::is_end(session.state) ? found.ended : found.live);
                found.bytes += session.bytes;
                const auto frames = sessions.frames(session.id).value();
                found.frames += frames.size();
                found.evicted_frames += session.first_frame - 1;
                std::uint64_t number = session.first_frame;
                for (const tape::Frame& frame : frames) {
                    ASSERT_EQ(frame.number, number);
                    ASSERT_EQ(frame.payload.text(), "frame " + std::to_string(number++));
                }
                ASSERT_EQ(number, session.frames + 1) << session.id;
            }
            if (page.empty()) {
                break;
            }
            filter.after = page.back().id;
        }
        const auto told = sessions.counts().value();
        EXPECT_EQ(told.live, found.live);
        EXPECT_EQ(told.ended, found.ended);
        EXPECT_EQ(told.frames, found.frames);
        EXPECT_EQ(told.bytes, found.bytes);
        // Those of sessions that were removed count, too.
        EXPECT_GE(told.evicted_frames, found.evicted_frames);
    }

    TempFolder folder_;
    std::string url_ = engine_url(GetParam(), folder_.path().string());
    std::map<std::string, ToldSession> told_;
};

TEST_P(SessionCrash, WhatWasToldIsThereAndTheCountsAreRight) {
    std::mt19937_64 random(29);
    for (int round = 0; round < rounds_asked() && !HasFailure(); ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        run_writer(random());
        check();
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, SessionCrash, testing::ValuesIn(file_engines()),
                         [](const auto& row) { return row.param; });

}  // namespace
}  // namespace turntable::test
