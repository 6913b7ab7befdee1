// A tape on a disk that is really full.
#include <gtest/gtest.h>

#include "crash/small_disk.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::test {
namespace {

class TapeOnFullDisk : public SmallDisk, public testing::WithParamInterface<tape::Compression> {
  protected:
    /// Letters that zstd packs to little more than half.
    static std::string letters(std::uint64_t seed) {
        std::string bytes;
        for (std::size_t i = 0; i < 7000; ++i) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            bytes += static_cast<char>('a' + (seed >> 40U) % 26);
        }
        return bytes;
    }
    static Result<std::uint64_t> record(tape::Writer& writer) {
        tape::Frame frame;
        frame.payload = Bytes::take(letters(writer.totals().frames + 1));
        return writer.frame(frame);
    }
};

TEST_P(TapeOnFullDisk, KeepsAllFramesBeforeAndGoesOnWhenThereIsSpace) {
    const std::string path = file("full.tape");
    tape::WriterOptions options;
    options.compression = GetParam();
    options.check_bytes = 100'000;
    tape::Writer writer =
        tape::Writer::create(tape::FileSink::create(path).value(), {}, options).value();
    std::uint64_t frames = 0;
    for (auto done = record(writer);; done = record(writer)) {
        if (!done) {
            ASSERT_EQ(done.error().code(), ErrorCode::no_space) << done.error().to_string();
            break;
        }
        frames = *done;
        ASSERT_LT(frames, 5000U) << "the disk did not fill up";
    }
    EXPECT_GT(frames, 100U);
    for (int again = 0; again < 3; ++again) {
        EXPECT_FALSE(record(writer));
    }
    const auto at_full = tape::verify(*tape::FileSource::open(path));
    ASSERT_TRUE(at_full) << at_full.error().to_string();
    EXPECT_TRUE(at_full->problems.empty()) << at_full->problems[0].what;
    EXPECT_EQ(at_full->summary.torn, std::nullopt) << "what arrived of a frame was taken back";
    EXPECT_EQ(at_full->summary.totals.frames, frames);

    free_ballast();
    ASSERT_TRUE(writer.append(tape::Gap{{}, 4, 28'000, "the disk was full", ""}));
    EXPECT_EQ(*record(writer), frames + 1);
    ASSERT_TRUE(writer.end({}));
    const auto report = tape::verify(*tape::FileSource::open(path));
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->problems.empty()) << report->problems[0].what;
    EXPECT_EQ(report->summary.totals.frames, frames + 1);
    EXPECT_EQ(report->summary.totals.dropped, 4U);
    EXPECT_EQ(report->chain, writer.chain());
    auto reader = tape::Reader::open_file(path);
    ASSERT_TRUE(reader->seek_frame(frames + 1));
    EXPECT_EQ(std::get<tape::Frame>(**reader->next()).payload.text(), letters(frames + 1));
}

INSTANTIATE_TEST_SUITE_P(Forms, TapeOnFullDisk,
                         testing::Values(tape::Compression::none, tape::Compression::zstd),
                         [](const auto& form) {
                             return form.param == tape::Compression::none ? "plain" : "zstd";
                         });

}  // namespace
}  // namespace turntable::test
