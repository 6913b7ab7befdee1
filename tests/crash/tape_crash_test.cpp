// Kills a process that records, again and again, and looks at what it left.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <random>
#include <string>

#include "crash/rounds.hpp"
#include "crash/tape_frames.hpp"
#include "support/child_process.hpp"
#include "support/temp_folder.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::test {
namespace {

struct Mode {
    const char* name;
    const char* form;
    const char* sync;
};

class TapeCrash : public testing::TestWithParam<Mode> {
  protected:
    /// Lets a writer write until something kills it, from outside or in mid-write. Gives the
    /// number of the last frame that was flushed, if any was.
    std::uint64_t run_writer(std::uint64_t random) {
        const bool from_within = random % 2 == 0;
        const auto place = static_cast<int>(1 + random / 2 % 120);
        ChildProcess child({TAPE_WRITER, file_, GetParam().form, GetParam().sync,
                            from_within ? std::to_string(place) : "0",
                            std::to_string(random / 1000)});
        std::uint64_t last = 0;
        int told = 0;
        while (const auto line = child.read_line()) {
            last = std::stoull(*line);
            if (!from_within && ++told == place) {
                child.kill();
            }
        }
        EXPECT_EQ(child.wait(), -SIGKILL);
        return last;
    }
    /// All frames up to `flushed` are there, byte for byte, and none is torn.
    void check(std::uint64_t flushed) {
        auto reader = tape::Reader::open_file(file_);
        if (!reader) {
            EXPECT_EQ(flushed, 0U) << reader.error().to_string();
            // Killed in mid-head: there is no tape to go on with.
            std::filesystem::remove(file_);
            return;
        }
        std::uint64_t frames = 0;
        while (true) {
            const auto record = reader->next();
            ASSERT_TRUE(record) << record.error().to_string();
            if (!*record) {
                break;
            }
            if (const auto* frame = std::get_if<tape::Frame>(&**record)) {
                ASSERT_EQ(frame->number, ++frames);
                ASSERT_EQ(frame->payload.text(), frame_bytes(frames));
            }
        }
        EXPECT_GE(frames, flushed);
        const auto summary = reader->summary();
        ASSERT_TRUE(summary) << summary.error().to_string();
        EXPECT_EQ(summary->totals.frames, frames);
        torn_ += summary->torn.has_value() ? 1 : 0;
        const auto report = tape::verify(*tape::FileSource::open(file_));
        ASSERT_TRUE(report) << report.error().to_string();
        EXPECT_TRUE(report->problems.empty()) << report->problems[0].what;
    }

    TempFolder folder_;
    std::string file_ = folder_.file("killed.tape");
    int torn_ = 0;
};

TEST_P(TapeCrash, EveryFlushedFrameIsThereAfterEachKill) {
    std::mt19937_64 random(7);
    for (int round = 0; round < rounds_asked() && !HasFailure(); ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        check(run_writer(random()));
    }
    EXPECT_GT(torn_, 0) << "no kill hit a write";
}

INSTANTIATE_TEST_SUITE_P(Forms, TapeCrash,
                         testing::Values(Mode{"plain", "plain", "none"},
                                         Mode{"plain_synced", "plain", "each"},
                                         Mode{"zstd", "zstd", "none"}),
                         [](const auto& mode) { return std::string(mode.param.name); });

}  // namespace
}  // namespace turntable::test
