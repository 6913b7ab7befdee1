// Kills `turntable record` in the middle of a session, again and again, and looks at what it left.
#include <gtest/gtest.h>

#include <csignal>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "crash/rounds.hpp"
#include "support/child_process.hpp"
#include "support/temp_folder.hpp"
#include "turntable/tape/segments.hpp"

namespace turntable::test {
namespace {

/// What the client says in its turn `number`, without line feed; `cat` says the same again.
std::string message(std::uint64_t number) {
    return "{\"jsonrpc\":\"2.0\",\"id\":" + std::to_string(number) + ",\"filling\":\"" +
           std::string(number % 30 == 9 ? 70'000 : number % 200, 'x') + "\"}";
}

class RecordCrash : public testing::TestWithParam<bool> {
  protected:
    std::vector<std::string> command() const {
        std::vector<std::string> words{TURNTABLE, "record", "-q", "-o", file_};
        if (GetParam()) {
            words.emplace_back("--zstd");
        }
        for (const char* word : {"--segment-size", "100KiB", "--", "cat"}) {
            words.emplace_back(word);
        }
        return words;
    }
    /// How many frames can be read now, each of them as it was said; all of them are whole.
    std::uint64_t readable() const {
        auto reader = tape::SegmentReader::open_file(file_);
        if (!reader) {
            return 0;  // killed before there was a head
        }
        std::uint64_t frames = 0;
        std::uint64_t turns[2] = {};
        while (true) {
            const auto record = reader->next();
            if (!record) {
                return frames;  // a next segment whose head was being written
            }
            if (!*record) {
                return frames;
            }
            if (const auto* frame = std::get_if<tape::Frame>(&**record)) {
                EXPECT_EQ(frame->number, ++frames);
                const bool answer = frame->direction == tape::Direction::server_to_client;
                EXPECT_EQ(frame->payload.text(), message(++turns[answer ? 1 : 0]) + "\n");
            }
        }
    }
    /// Talks for some turns, and with nobody listening for some more; gives how many frames could
    /// be read before it killed the recorder. Some of the first ones are flushed by then, however
    /// busy the machine is.
    std::uint64_t talk_and_kill(std::mt19937_64& random) const {
        ChildProcess child(command());
        std::uint64_t turn = 0;
        for (std::uint64_t left = random() % 150; left > 0; --left) {
            child.write_line(message(++turn));
            EXPECT_EQ(child.read_line(), message(turn));
        }
        const std::uint64_t awaited = random() % (2 * turn + 1);
        while (readable() < awaited && !HasFailure()) {
            std::this_thread::yield();
        }
        for (std::uint64_t left = random() % 40; left > 0; --left) {
            child.write_line(message(++turn));
        }
        const std::uint64_t flushed = readable();
        child.kill();
        EXPECT_EQ(child.wait(), -SIGKILL);
        return flushed;
    }

    TempFolder folder_;
    std::string file_ = folder_.file(GetParam() ? "killed.tape.zst" : "killed.tape");
};

TEST_P(RecordCrash, EveryFlushedFrameIsReadable) {
    std::mt19937_64 random(11);
    for (int round = 0; round < rounds_asked() && !HasFailure(); ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        const std::uint64_t flushed = talk_and_kill(random);
        EXPECT_GE(readable(), flushed);
        const auto reports = tape::verify_segments(tape::segment_files(file_));
        for (const auto& report : reports ? *reports : std::vector<tape::VerifyReport>()) {
            EXPECT_TRUE(report.problems.empty()) << report.problems[0].what;
        }
        std::filesystem::remove_all(folder_.path());
        std::filesystem::create_directory(folder_.path());
    }
}

INSTANTIATE_TEST_SUITE_P(Forms, RecordCrash, testing::Bool(), [](const auto& zstd) {
    return std::string(zstd.param ? "zstd" : "plain");
});

}  // namespace
}  // namespace turntable::test
