#include "unit/tape/tapes.hpp"

#include <random>

// What holds for the plain form and the zstd form alike: torn, damaged, growing, resumed tapes, and
// each form made into the other.
namespace turntable::tape::test {
namespace {

class TapeForm : public testing::TestWithParam<Compression> {
  protected:
    WriterOptions options(std::uint64_t check_bytes = 1U << 20U) const {
        return {.compression = GetParam(), .check_bytes = check_bytes};
    }
    /// A tape with checks in it, and how long it was after each flush.
    std::string make(int frames, std::uint64_t check_bytes) {
        std::string text;
        flushed_.clear();
        Writer writer = Writer::create(std::make_unique<FlushSink>(text, flushed_), small_head(),
                                       options(check_bytes))
                            .value();
        for (int id = 1; id <= frames; ++id) {
            EXPECT_TRUE(writer.frame(request(id)));
        }
        EXPECT_TRUE(writer.end(TapeTime(frames * 1000)));
        return text;
    }
    static std::size_t frames_in(const std::vector<Record>& records) {
        return static_cast<std::size_t>(std::count_if(
            records.begin(), records.end(),
            [](const Record& record) { return std::holds_alternative<Frame>(record); }));
    }

    std::vector<std::size_t> flushed_;
};

TEST_P(TapeForm, TornAnywhereGivesEveryFlushedRecordAndSaysWhatIsLost) {
    const std::string whole = make(12, 500);
    for (std::size_t size = flushed_[0]; size <= whole.size(); ++size) {
        SCOPED_TRACE(size);
        const std::string torn = whole.substr(0, size);
        const auto flushes = static_cast<std::size_t>(
            std::count_if(flushed_.begin(), flushed_.end(),
                          [size](std::size_t flushed) { return flushed <= size; }));
        // The first flush is the head; the last one the end.
        const std::size_t frames = std::min<std::size_t>(flushes - 1, 12);
        ASSERT_GE(frames_in(records_of(torn)), frames);
        Reader reader = reader_of(torn);
        const auto summary = reader.summary();
        ASSERT_TRUE(summary) << summary.error().to_string();
        ASSERT_GE(summary->totals.frames, frames);
        const bool at_a_flush = std::find(flushed_.begin(), flushed_.end(), size) != flushed_.end();
        if (at_a_flush) {
            ASSERT_EQ(summary->torn, std::nullopt);
            ASSERT_EQ(summary->totals.frames, frames);
        }
        if (summary->torn) {
            ASSERT_EQ(summary->torn->offset + summary->torn->bytes, size);
            ASSERT_GE(summary->torn->offset, flushed_[flushes - 1]);
        }
        ASSERT_TRUE(summary->end_reason.has_value() || size < whole.size());
        const auto report = verify(source_of(torn));
        ASSERT_TRUE(report) << report.error().to_string();
        ASSERT_TRUE(report->problems.empty()) << report->problems[0].what;
    }
}

TEST_P(TapeForm, AnyFlippedBitIsFoundAndTheRestIsRead) {
    const std::string whole = make(6, 300);
    const std::vector<Record> all = records_of(whole);
    const std::string chain = verify(source_of(whole))->chain;
    for (std::size_t bit = 0; bit < whole.size() * 8; bit += 3) {  // each place in a byte comes up
        SCOPED_TRACE(bit);
        std::string damaged = whole;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
        const auto report = verify(source_of(damaged));
        ASSERT_TRUE(!report || !report->problems.empty() || report->summary.torn);
        auto reader = Reader::open(source_of(damaged));
        if (!reader) {
            continue;  // the head
        }
        std::size_t given = 0;
        int errors = 0;
        // In zstd, what is damaged stands in all lines that repeat it, and a run can be long.
        constexpr int errors_max = 100'000;
        for (bool more = true; more && errors < errors_max;) {
            const auto record = reader->next();
            if (!record) {
                ASSERT_EQ(record.error().code(), ErrorCode::corrupt);
                ++errors;
            } else {
                more = record->has_value();
                given += more ? 1U : 0U;
                ASSERT_TRUE(!more || std::find(all.begin(), all.end(), **record) != all.end());
            }
        }
        ASSERT_LT(errors, errors_max);
        if (GetParam() == Compression::none) {
            ASSERT_GE(given + 2, all.size());
        }
    }
}

TEST_P(TapeForm, BlocksBehindADamagedOneAreRead) {
    std::string text = make(200, 2000);
    const std::size_t middle = text.size() / 2;
    for (std::size_t i = 0; i < 20; ++i) {
        text[middle + i] = '\x55';
    }
    Reader reader = reader_of(text);
    std::uint64_t last = 0;
    int errors = 0;
    std::size_t frames = 0;
    for (int calls = 0; calls < 1000; ++calls) {
        const auto record = reader.next();
        if (!record) {
            ++errors;
        } else if (!*record) {
            break;
        } else if (const auto* frame = std::get_if<Frame>(&**record)) {
            last = frame->number;
            ++frames;
        }
    }
    EXPECT_GE(errors, 1);
    EXPECT_EQ(last, 200U);
    EXPECT_GE(frames, 150U);
    ASSERT_TRUE(reader.seek_frame(190));
    EXPECT_EQ(as<Frame>(*reader.next().value()).number, 190U);
    EXPECT_FALSE(verify(source_of(text))->problems.empty());
}

class Growing final : public Source {
  public:
    explicit Growing(std::shared_ptr<std::string> text) : text_(std::move(text)) {}
    Result<std::uint64_t> size() override { return std::uint64_t{text_->size()}; }
    Result<std::size_t> read(std::uint64_t offset, char* buffer, std::size_t size) override {
        return MemorySource(Bytes::unowned(*text_)).read(offset, buffer, size);
    }

  private:
    std::shared_ptr<std::string> text_;
};

TEST_P(TapeForm, ATapeThatGrowsIsFollowed) {
    const std::string whole = make(12, 500);
    const std::vector<Record> all = records_of(whole);
    const auto text = std::make_shared<std::string>(whole.substr(0, flushed_[0]));
    Reader reader = Reader::open(std::make_unique<Growing>(text)).value();
    std::vector<Record> given;
    for (std::size_t size = flushed_[0]; size <= whole.size(); ++size) {
        *text = whole.substr(0, size);
        while (true) {
            const auto record = reader.next();
            ASSERT_TRUE(record) << record.error().to_string();
            if (!*record) {
                break;
            }
            given.push_back(**record);
        }
    }
    EXPECT_EQ(given, all);
}

TEST_P(TapeForm, IsMadeIntoTheOtherFormAndBackByteForByte) {
    std::string first = make(300, 3000);
    for (const Compression form : forms()) {
        std::string other;
        const auto there = convert(source_of(first), sink_to(other), {.compression = form});
        ASSERT_TRUE(there) << there.error().to_string();
        EXPECT_EQ(records_of(other), records_of(first));
        EXPECT_EQ(verify(source_of(other))->chain, verify(source_of(first))->chain);
        std::string plain;
        std::string again;
        ASSERT_TRUE(convert(source_of(first), sink_to(plain), {}));
        ASSERT_TRUE(convert(source_of(other), sink_to(again), {}));
        EXPECT_EQ(plain, again);
        EXPECT_EQ(GetParam() == Compression::none, plain == first);
    }
}

// What does not pack is handed over in pieces that are large in either form.
TEST_P(TapeForm, IsMadeIntoTheOtherFormWhereNothingPacks) {
    std::string text;
    Writer writer = Writer::create(sink_to(text), small_head(), options()).value();
    std::minstd_rand random(1);
    for (int i = 0; i < 12; ++i) {
        std::string noise(50'000, '\0');
        std::ranges::generate(noise, [&] { return static_cast<char>(random() >> 7U); });
        ASSERT_TRUE(writer.frame({.time = TapeTime(i), .payload = Bytes::take(std::move(noise))}));
    }
    ASSERT_TRUE(writer.end(TapeTime(12)));
    for (const Compression form : forms()) {
        std::string other;
        ASSERT_TRUE(convert(source_of(text), sink_to(other), {.compression = form}));
        const auto report = verify(source_of(other));
        ASSERT_TRUE(report) << report.error().to_string();
        EXPECT_TRUE(report->problems.empty());
        EXPECT_EQ(report->chain, verify(source_of(text))->chain);
    }
}

TEST_P(TapeForm, ADamagedTapeIsNotMadeIntoAnother) {
    std::string text = make(20, 1U << 20U);
    text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
    std::string other;
    const auto done = convert(source_of(text), sink_to(other), {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), ErrorCode::corrupt);
}

TEST_P(TapeForm, ResumedAnywhereItIsOneTape) {
    const std::string whole = make(9, 500);
    for (std::size_t size = flushed_[0]; size <= whole.size(); ++size) {
        SCOPED_TRACE(size);
        std::string text = whole.substr(0, size);
        const auto before = reader_of(text).summary();
        ASSERT_TRUE(before);
        ResumeOptions how;
        how.writer.check_bytes = 700;
        how.now = noon + std::chrono::hours(1);
        auto refused = Writer::resume(source_of(text), sink_to(text), how);
        ASSERT_EQ(refused.has_value(), !before->torn.has_value());
        if (!refused) {
            ASSERT_EQ(refused.error().code(), ErrorCode::corrupt);
            ASSERT_EQ(text.size(), size) << "nothing was cut";
            how.cut_torn_end = true;
            refused = Writer::resume(source_of(text), sink_to(text), how);
            ASSERT_TRUE(refused) << refused.error().to_string();
        }
        Writer writer = *std::move(refused);
        for (int more = 0; more < 3; ++more) {
            ASSERT_EQ(*writer.frame(request(50 + more)),
                      before->totals.frames + 1 + static_cast<unsigned>(more));
        }
        ASSERT_TRUE(writer.end(TapeTime::zero()));
        const auto report = verify(source_of(text));
        ASSERT_TRUE(report);
        ASSERT_TRUE(report->problems.empty()) << report->problems[0].what;
        ASSERT_EQ(report->summary.totals.frames, before->totals.frames + 3);
        ASSERT_EQ(report->chain, writer.chain());
        Reader reader = reader_of(text);
        ASSERT_TRUE(reader.seek_time(std::chrono::hours(1)));
        const Life resumed = as<Life>(*reader.next().value());
        ASSERT_EQ(resumed.event, "resumed");
        ASSERT_EQ(resumed.code, static_cast<std::int64_t>(before->torn ? before->torn->bytes : 0));
        ASSERT_TRUE(reader.seek_frame(before->totals.frames + 3));
    }
}

/// Fails when told to.
class FailingSink final : public Sink {
  public:
    FailingSink(std::string& text, bool& fails) : sink_(text), fails_(fails) {}
    Result<void> append(ByteView bytes) override {
        return fails_ ? Error(ErrorCode::no_space, "full") : sink_.append(bytes);
    }
    Result<void> sync() override { return {}; }
    Result<void> truncate(std::uint64_t size) override { return sink_.truncate(size); }
    std::uint64_t size() const noexcept override { return sink_.size(); }

  private:
    MemorySink sink_;
    bool& fails_;
};

TEST_P(TapeForm, GoesOnAfterAFullDiskFromTheLastFlush) {
    for (const bool flush_each : {true, false}) {
        std::string text;
        bool fails = true;
        WriterOptions how = options(400);
        how.flush_each = flush_each;
        if (flush_each) {
            const auto none =
                Writer::create(std::make_unique<FailingSink>(text, fails), small_head(), how);
            EXPECT_EQ(none.error().code(), ErrorCode::no_space);
        }
        fails = false;
        Writer writer =
            Writer::create(std::make_unique<FailingSink>(text, fails), small_head(), how).value();
        std::uint64_t expected = 0;
        for (int round = 0; round < 60; ++round) {
            fails = round % 4 == 1 || round % 7 == 2;
            const auto done = writer.frame(request(round));
            const bool kept = flush_each ? done.has_value() : writer.flush().has_value();
            ASSERT_EQ(kept, !fails);
            expected += kept ? 1U : 0U;
            ASSERT_EQ(writer.totals().frames, expected);
            const auto report = verify(source_of(text));
            ASSERT_TRUE(report && report->problems.empty()) << round;
            ASSERT_EQ(report->chain, writer.chain());
        }
        fails = false;
        ASSERT_TRUE(writer.append(Gap{{}, 60 - expected, 0, "full", ""}));
        ASSERT_TRUE(writer.end({}));
        const auto report = verify(source_of(text));
        EXPECT_TRUE(report->problems.empty());
        EXPECT_EQ(report->summary.totals.dropped, 60 - expected);
        EXPECT_EQ(frames_in(records_of(text)), expected);
    }
}

TEST_P(TapeForm, RecordsThatWaitForAFlushAreNotThereBefore) {
    std::string text;
    WriterOptions how = options();
    how.flush_each = false;
    Writer writer = writer_to(text, how);
    ASSERT_TRUE(writer.frame(request(1)));
    EXPECT_TRUE(text.empty());
    ASSERT_TRUE(writer.flush());
    EXPECT_EQ(records_of(text).size(), 1U);
}

TEST_P(TapeForm, LongLinesComeBack) {
    std::string text;
    Writer writer = writer_to(text, options());
    std::vector<std::string> payloads;
    for (const std::size_t size : {1UL, 65'000UL, 66'000UL, 200'000UL, 3'000'000UL, 5UL}) {
        payloads.push_back(noise(size, size));
        ASSERT_TRUE(writer.frame(frame_of(Direction::server_to_client, {}, payloads.back())));
    }
    ASSERT_TRUE(writer.end({}));
    Reader reader = reader_of(text);
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        ASSERT_TRUE(reader.seek_frame(i + 1));
        EXPECT_EQ(as<Frame>(*reader.next().value()).payload.text(), payloads[i]);
    }
    EXPECT_TRUE(verify(source_of(text))->problems.empty());
}

INSTANTIATE_TEST_SUITE_P(Forms, TapeForm, testing::ValuesIn(forms()), name_of);

#ifdef TURNTABLE_TEST_ZSTD

TEST(TapeZstd, TakesOnlyLevelsThatThereAre) {
    std::string text;
    const auto writer = Writer::create(sink_to(text), small_head(),
                                       {.compression = Compression::zstd, .zstd_level = 99});
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().code(), ErrorCode::invalid_argument);
}

#else

TEST(TapeZstd, IsUnsupportedInABuildWithoutIt) {
    std::string text;
    const auto writer =
        Writer::create(sink_to(text), small_head(), {.compression = Compression::zstd});
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().code(), ErrorCode::unsupported);
    EXPECT_EQ(Reader::open(source_of("\x28\xB5\x2F\xFD")).error().code(), ErrorCode::unsupported);
}

#endif

}  // namespace
}  // namespace turntable::tape::test
