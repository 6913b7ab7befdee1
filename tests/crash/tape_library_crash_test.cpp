// Kills a process that keeps tapes in a library, again and again, and looks at what it left.
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include "crash/rounds.hpp"
#include "crash/tape_frames.hpp"
#include "support/child_process.hpp"
#include "support/providers.hpp"
#include "support/temp_folder.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::test {
namespace {

/// What the writer said that it had done, of one tape.
struct Told {
    bool saved = false;
    bool tagged = false;
    bool removal_begun = false;
    bool removed = false;
    std::uint64_t frames = 0;
};

class TapeLibraryCrash : public testing::TestWithParam<const char*> {
  protected:
    void run_writer(std::uint64_t random) {
        ChildProcess child({TAPE_LIBRARY_WRITER, url(), std::to_string(random % 1000)});
        const std::uint64_t place = 1 + random / 1000 % 60;
        for (std::uint64_t line_number = 0; const auto line = child.read_line();) {
            std::istringstream words(*line);
            std::string what;
            std::string id;
            words >> what >> id;
            Told& told = told_[id];
            told.saved = told.saved || what == "saved";
            told.tagged = told.tagged || what == "tagged";
            told.removal_begun = told.removal_begun || what == "removing";
            told.removed = told.removed || what == "removed";
            if (what == "frames") {
                words >> told.frames;
            }
            if (++line_number == place) {
                child.kill();
            }
        }
        EXPECT_EQ(child.wait(), -SIGKILL);
    }
    void check() {
        const auto library = provider_registry().open(url());
        ASSERT_TRUE(library) << library.error().to_string();
        const auto report = library->rebuild();
        ASSERT_TRUE(report) << report.error().to_string();
        for (const tape::IndexProblem& problem : report->problems) {
            // A kill in the middle of the first append leaves a head that is torn.
            EXPECT_TRUE(problem.kind != tape::IndexProblem::Kind::damaged ||
                        told_[problem.id].frames == 0)
                << problem.id << ": " << problem.what;
        }
        repaired_ += report->repaired;
        for (const auto& [id, told] : told_) {
            SCOPED_TRACE(id);
            const auto tape = library->metadata(id);
            if (told.removed) {
                EXPECT_EQ(tape.error().code(), ErrorCode::not_found);
            } else if (!told.removal_begun && (told.saved || told.frames > 0)) {
                ASSERT_TRUE(tape) << tape.error().to_string();
                EXPECT_TRUE(!told.saved || tape->state == tape::TapeState::complete);
                EXPECT_TRUE(!told.tagged || tape->labels.tags.size() == 1);
                check_frames(*library, id, told.frames);
            }
        }
    }
    static void check_frames(const tape::Library& library, const std::string& id,
                             std::uint64_t flushed) {
        auto source = library.source(id);
        ASSERT_TRUE(source) << source.error().to_string();
        auto reader = tape::Reader::open(*std::move(source));
        ASSERT_TRUE(reader) << reader.error().to_string();
        std::uint64_t frames = 0;
        for (auto record = reader->next(); record && *record; record = reader->next()) {
            if (const auto* frame = std::get_if<tape::Frame>(&**record)) {
                ASSERT_EQ(frame->number, ++frames);
                ASSERT_EQ(frame->payload.text(), frame_bytes(frames));
            }
        }
        EXPECT_GE(frames, flushed);
    }
    std::string url() const {
        std::string url = GetParam();
        return url.replace(url.find('@'), 1, folder_.file("tapes"));
    }

    TempFolder folder_;
    std::map<std::string, Told> told_;
    std::uint64_t repaired_ = 0;
};

TEST_P(TapeLibraryCrash, WhatWasToldIsThereAndTheIndexCanBeMadeAgain) {
    std::mt19937_64 random(11);
    for (int round = 0; round < rounds_asked() && !HasFailure(); ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        run_writer(random());
        check();
    }
    EXPECT_GT(repaired_, 0U) << "no kill hit a change";
    const auto library = provider_registry().open(url());
    EXPECT_EQ(library->rebuild()->repaired, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Places, TapeLibraryCrash, testing::Values("tape:@", "tape:@?compression=zstd", "tape+sqlite:@"),
    [](const auto& row) {
        return std::string(row.index == 0 ? "plain" : row.index == 1 ? "zstd" : "sqlite");
    });

}  // namespace
}  // namespace turntable::test
