#include "unit/tape/tapes.hpp"

// Any frame, time and percentage is found, in tapes of one block and of many.
namespace turntable::tape::test {
namespace {

struct Shape {
    const char* name;
    int frames;
    std::uint64_t check_bytes;
};

class TapeSeek : public testing::TestWithParam<std::tuple<Shape, Compression>> {
  protected:
    const Shape shape_ = std::get<0>(GetParam());

    /// Frames at 1000, 2000, ... nanoseconds, with a note between each two.
    std::string make() {
        std::string text;
        Writer writer = writer_to(
            text, {.compression = std::get<1>(GetParam()), .check_bytes = shape_.check_bytes});
        for (int id = 1; id <= shape_.frames; ++id) {
            Frame frame = request(id);
            if (id % 50 == 0) {
                frame.payload = Bytes::copy(noise(20'000, static_cast<std::uint64_t>(id)));
            }
            (void)writer.frame(frame).value();
            EXPECT_TRUE(writer.append(Note{TapeTime(id * 1000 + 1), "between", 0, ""}));
        }
        EXPECT_TRUE(writer.end(TapeTime(shape_.frames * 1000 + 2)));
        return text;
    }
    static std::uint64_t next_frame(Reader& reader) {
        while (true) {
            const auto record = reader.next();
            if (!record || !*record) {
                ADD_FAILURE() << (record ? "the end" : record.error().to_string());
                return 0;
            }
            if (const auto* frame = std::get_if<Frame>(&**record)) {
                return frame->number;
            }
        }
    }
};

TEST_P(TapeSeek, FindsEveryFrame) {
    Reader reader = reader_of(make());
    const auto frames = static_cast<std::uint64_t>(shape_.frames);
    for (std::uint64_t step = 0; step < std::min<std::uint64_t>(frames, 150); ++step) {
        const std::uint64_t number = 1 + step * 7919 % frames;
        const auto done = reader.seek_frame(number);
        ASSERT_TRUE(done) << done.error().to_string();
        ASSERT_EQ(as<Frame>(*reader.next().value()).number, number);
    }
    for (const std::uint64_t number : {std::uint64_t{0}, frames + 1, UINT64_MAX}) {
        EXPECT_EQ(reader.seek_frame(number).error().code(), ErrorCode::out_of_range) << number;
    }
}

TEST_P(TapeSeek, FindsEveryTime) {
    Reader reader = reader_of(make());
    for (int id = 1; id <= shape_.frames; id += 1 + shape_.frames / 50) {
        ASSERT_TRUE(reader.seek_time(TapeTime(id * 1000)));
        ASSERT_EQ(as<Frame>(*reader.next().value()).number, static_cast<std::uint64_t>(id));
        ASSERT_TRUE(reader.seek_time(TapeTime(id * 1000 - 500)));
        ASSERT_EQ(as<Frame>(*reader.next().value()).number, static_cast<std::uint64_t>(id));
        ASSERT_TRUE(reader.seek_time(TapeTime(id * 1000 + 1)));
        ASSERT_EQ(time_of(*reader.next().value()), TapeTime(id * 1000 + 1));
    }
    ASSERT_TRUE(reader.seek_time(TapeTime::max()));
    EXPECT_FALSE(*reader.next());
    ASSERT_TRUE(reader.seek_time(TapeTime(-5)));
    EXPECT_EQ(next_frame(reader), 1U);
}

TEST_P(TapeSeek, FindsPercentages) {
    Reader reader = reader_of(make());
    const auto frames = static_cast<std::uint64_t>(shape_.frames);
    ASSERT_TRUE(reader.seek_percent(0));
    EXPECT_EQ(next_frame(reader), 1U);
    ASSERT_TRUE(reader.seek_percent(100));
    EXPECT_EQ(next_frame(reader), frames);
    ASSERT_TRUE(reader.seek_percent(50));
    EXPECT_EQ(next_frame(reader), 1 + (frames - 1) / 2);
    for (const double wrong : {-1.0, 100.5, std::nan("")}) {
        EXPECT_EQ(reader.seek_percent(wrong).error().code(), ErrorCode::out_of_range);
    }
}

TEST_P(TapeSeek, GoesOnAndBack) {
    Reader reader = reader_of(make());
    const auto frames = static_cast<std::uint64_t>(shape_.frames);
    ASSERT_TRUE(reader.seek_frame(frames / 2 + 1));
    for (std::uint64_t number = frames / 2 + 1; number <= frames; ++number) {
        ASSERT_EQ(next_frame(reader), number);
    }
    ASSERT_TRUE(reader.rewind());
    EXPECT_EQ(next_frame(reader), 1U);
    EXPECT_EQ(reader.summary()->totals.frames, frames);
    EXPECT_EQ(next_frame(reader), frames == 1 ? 0U : 2U) << "the summary moves nothing";
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, TapeSeek,
    testing::Combine(testing::Values(Shape{"few", 10, 1U << 20U}, Shape{"many", 3000, 1U << 20U},
                                     Shape{"many_checks", 3000, 4096}),
                     testing::ValuesIn(forms())),
    [](const auto& shape) {
        return std::get<0>(shape.param).name +
               std::string(std::get<1>(shape.param) == Compression::zstd ? "_zstd" : "");
    });

TEST(TapeSeekOf, AnEmptyTapeHasNoFrames) {
    Reader reader = reader_of(tape_of(0));
    EXPECT_EQ(reader.seek_frame(1).error().code(), ErrorCode::out_of_range);
    EXPECT_TRUE(reader.seek_percent(50));
    EXPECT_EQ(as<End>(*reader.next().value()).reason, "complete");
}

TEST(TapeSeekOf, FramesOfALaterSegmentKeepTheirNumbers) {
    std::string text;
    Head head = small_head();
    head.segment = {2, std::string(64, '1'), 500};
    Writer writer = Writer::create(sink_to(text), head).value();
    EXPECT_EQ(*writer.frame(request(1)), 501U);
    EXPECT_EQ(*writer.frame(request(2)), 502U);
    Reader reader = reader_of(text);
    ASSERT_TRUE(reader.seek_frame(502));
    EXPECT_EQ(as<Frame>(*reader.next().value()).number, 502U);
    EXPECT_EQ(reader.seek_frame(500).error().code(), ErrorCode::out_of_range);
    ASSERT_TRUE(reader.seek_percent(0));
    EXPECT_EQ(as<Frame>(*reader.next().value()).number, 501U);
    EXPECT_TRUE(verify(source_of(text))->problems.empty());
}

}  // namespace
}  // namespace turntable::tape::test
