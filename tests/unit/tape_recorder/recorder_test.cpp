#include "turntable/tape/recorder.hpp"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "turntable/core/clock.hpp"
#include "turntable/tape/segments.hpp"
#include "unit/tape/tapes.hpp"

namespace turntable::tape {
namespace {

using test::records_of;

/// A storage that a test holds up or lets fail.
struct Storage {
    std::mutex mutex;
    std::condition_variable changed;
    std::string text;
    bool held = false;
    bool waiting = false;
    int failures = 0;

    void hold(bool on) {
        const std::scoped_lock guard(mutex);
        held = on;
        changed.notify_all();
    }
    void wait_until_somebody_waits() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return waiting; });
    }
};

class ManagedSink final : public Sink {
  public:
    explicit ManagedSink(std::shared_ptr<Storage> storage) : storage_(std::move(storage)) {}
    Result<void> append(ByteView bytes) override {
        std::unique_lock lock(storage_->mutex);
        storage_->waiting = storage_->held;
        storage_->changed.notify_all();
        storage_->changed.wait(lock, [&] { return !storage_->held; });
        if (storage_->failures > 0) {
            --storage_->failures;
            return Error(ErrorCode::no_space, "the disk is full");
        }
        storage_->text.append(bytes.text());
        return {};
    }
    Result<void> sync() override { return {}; }
    Result<void> truncate(std::uint64_t size) override {
        storage_->text.resize(size);
        return {};
    }
    std::uint64_t size() const noexcept override { return storage_->text.size(); }

  private:
    std::shared_ptr<Storage> storage_;
};

class TapeRecorder : public testing::Test {
  public:
    Recorder open(RecorderOptions options = {}) {
        options.runtime = runtime;
        return Recorder::create(std::make_unique<ManagedSink>(storage), test::small_head(), options)
            .value();
    }
    std::vector<Frame> frames() const { return all<Frame>(); }
    std::vector<Gap> gaps() const { return all<Gap>(); }
    template <class T>
    std::vector<T> all() const {
        std::vector<T> out;
        for (const Record& record : records_of(storage->text)) {
            if (const auto* one = std::get_if<T>(&record)) {
                out.push_back(*one);
            }
        }
        return out;
    }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<Runtime> runtime = Runtime::create({.clock = clock});
    std::shared_ptr<Storage> storage = std::make_shared<Storage>();
};

TEST_F(TapeRecorder, KeepsWhatWasSaidAndWhen) {
    Recorder recorder = open();
    recorder.life("spawn", 42);
    clock->advance(std::chrono::milliseconds(5));
    recorder.frame(Direction::client_to_server, "question\n");
    clock->advance(std::chrono::milliseconds(5));
    recorder.frame(Direction::server_to_client, "answer\n", 7);
    recorder.note("that was it");
    ASSERT_TRUE(recorder.close().has_value());
    const auto recorded = frames();
    ASSERT_EQ(recorded.size(), 2U);
    EXPECT_EQ(recorded[0].number, 1U);
    EXPECT_EQ(recorded[0].payload.text(), "question\n");
    EXPECT_EQ(recorded[0].time, std::chrono::milliseconds(5));
    EXPECT_EQ(recorded[1].direction, Direction::server_to_client);
    EXPECT_EQ(recorded[1].connection, 7U);
    EXPECT_EQ(recorded[1].time, std::chrono::milliseconds(10));
    EXPECT_EQ(all<Life>().at(0).code, 42);
    EXPECT_EQ(all<Note>().at(0).text, "that was it");
    EXPECT_EQ(all<End>().at(0).reason, "complete");
    EXPECT_TRUE(recorder.status().complete());
    EXPECT_EQ(recorder.status().totals.frames, 2U);
    EXPECT_TRUE(verify(test::source_of(storage->text))->problems.empty());
}

TEST_F(TapeRecorder, IgnoresWhatComesAfterClose) {
    Recorder recorder = open();
    ASSERT_TRUE(recorder.close().has_value());
    const std::string before = storage->text;
    recorder.frame(Direction::client_to_server, "late");
    recorder.life("exit", 0);
    recorder.note("late");
    recorder.flush();
    EXPECT_TRUE(recorder.close().has_value());
    EXPECT_EQ(storage->text, before);
}

TEST_F(TapeRecorder, DestroyedItEndsAsStopped) {
    {
        open().frame(Direction::client_to_server, "x");
    }
    EXPECT_EQ(frames().size(), 1U);
    EXPECT_EQ(all<End>().at(0).reason, "stopped");
}

TEST_F(TapeRecorder, ASlowStoreCostsFramesButNoTime) {
    Recorder recorder = open({.buffer_bytes_max = 10'000});
    storage->hold(true);
    recorder.frame(Direction::client_to_server, "first");
    storage->wait_until_somebody_waits();
    constexpr std::uint64_t sent = 100;
    for (std::uint64_t i = 0; i < sent; ++i) {
        recorder.frame(Direction::client_to_server, std::string(1000, 'x'));
    }
    const RecorderStatus held = recorder.status();
    EXPECT_GT(held.dropped_frames, 85U);
    EXPECT_LT(held.dropped_frames, 95U);
    storage->hold(false);
    ASSERT_TRUE(recorder.close().has_value());
    ASSERT_EQ(gaps().size(), 1U);
    EXPECT_EQ(gaps()[0].why, "buffer");
    EXPECT_EQ(gaps()[0].frames, held.dropped_frames);
    EXPECT_EQ(gaps()[0].bytes, held.dropped_bytes);
    EXPECT_EQ(frames().size() + gaps()[0].frames, sent + 1);
    EXPECT_FALSE(recorder.status().complete());
    EXPECT_EQ(all<End>().at(0).dropped, held.dropped_frames);
}

TEST_F(TapeRecorder, AFullStoreCostsFramesUntilThereIsRoom) {
    Recorder recorder = open();
    storage->failures = 1;
    recorder.frame(Direction::client_to_server, "lost");
    recorder.flush();
    ASSERT_TRUE(recorder.status().error.has_value());
    EXPECT_EQ(recorder.status().error->code(), ErrorCode::no_space);
    recorder.frame(Direction::client_to_server, "kept");
    ASSERT_TRUE(recorder.close().has_value());
    ASSERT_EQ(frames().size(), 1U);
    EXPECT_EQ(frames()[0].payload.text(), "kept");
    EXPECT_EQ(frames()[0].number, 1U);
    ASSERT_EQ(gaps().size(), 1U);
    EXPECT_EQ(gaps()[0].why, "storage");
    EXPECT_EQ(gaps()[0].frames, 1U);
    EXPECT_EQ(gaps()[0].bytes, 4U);
    EXPECT_TRUE(verify(test::source_of(storage->text))->problems.empty());
}

TEST_F(TapeRecorder, EachFrameThatIsMissingCountsOnceWithAllItsBytes) {
    RecorderOptions options;
    options.frame_bytes_max = 10;
    options.filter = [](Frame&) -> Result<void> {
        return Error(ErrorCode::invalid_argument, "not this one");
    };
    Recorder recorder = open(options);
    storage->failures = 1;
    recorder.frame(Direction::client_to_server, std::string(25, 'x'));
    recorder.flush();
    EXPECT_EQ(recorder.status().dropped_frames, 1U);
    EXPECT_EQ(recorder.status().dropped_bytes, 25U);
    recorder.frame(Direction::client_to_server, std::string(30, 'x'));
    ASSERT_TRUE(recorder.close().has_value());
    EXPECT_EQ(recorder.status().dropped_frames, 2U);
    EXPECT_EQ(recorder.status().dropped_bytes, 55U);
    ASSERT_EQ(gaps().size(), 2U);
    EXPECT_EQ(gaps()[0].why, "storage");
    EXPECT_EQ(gaps()[0].bytes, 25U);
    EXPECT_EQ(gaps()[1].why, "filter");
    EXPECT_EQ(gaps()[1].bytes, 30U);
}

TEST_F(TapeRecorder, WhatIsLostAtTheVeryEndIsSaid) {
    Recorder recorder = open();
    storage->failures = 1;
    recorder.frame(Direction::client_to_server, "lost");
    recorder.flush();
    ASSERT_TRUE(recorder.close().has_value());
    ASSERT_EQ(gaps().size(), 1U);
    EXPECT_EQ(gaps()[0].frames, 1U);
}

TEST_F(TapeRecorder, AStoreThatIsGoneIsAnErrorOfCloseOnly) {
    Recorder recorder = open();
    storage->failures = 1000;
    for (int i = 0; i < 10; ++i) {
        recorder.frame(Direction::client_to_server, "x");
        recorder.flush();
    }
    const auto closed = recorder.close();
    ASSERT_FALSE(closed.has_value());
    EXPECT_EQ(closed.error().code(), ErrorCode::no_space);
    EXPECT_EQ(recorder.status().dropped_frames, 10U);
    EXPECT_TRUE(records_of(storage->text).empty());
}

TEST_F(TapeRecorder, FramesAreCutAtTheirLimit) {
    Recorder recorder = open({.frame_bytes_max = 10});
    for (const std::size_t size : {9U, 10U, 11U}) {
        recorder.frame(Direction::client_to_server, std::string(size, 'x'));
    }
    recorder.cut_frame(Direction::client_to_server, "abc", 500);
    ASSERT_TRUE(recorder.close().has_value());
    const auto recorded = frames();
    ASSERT_EQ(recorded.size(), 4U);
    EXPECT_EQ(recorded[0].payload.size(), 9U);
    EXPECT_EQ(recorded[1].payload.size(), 10U);
    EXPECT_EQ(recorded[1].truncated_from, 0U);
    EXPECT_EQ(recorded[2].payload.size(), 10U);
    EXPECT_EQ(recorded[2].truncated_from, 11U);
    EXPECT_EQ(recorded[3].payload.text(), "abc");
    EXPECT_EQ(recorded[3].truncated_from, 500U);
}

TEST_F(TapeRecorder, ATapeEndsAtItsLimit) {
    Recorder recorder = open({.tape_bytes_max = 10});
    recorder.frame(Direction::client_to_server, "12345");
    recorder.frame(Direction::client_to_server, "67890");
    recorder.frame(Direction::client_to_server, "x");
    EXPECT_TRUE(recorder.status().full);
    ASSERT_TRUE(recorder.close("limit").has_value());
    EXPECT_EQ(frames().size(), 2U);
    ASSERT_EQ(gaps().size(), 1U);
    EXPECT_EQ(gaps()[0].why, "limit");
}

TEST_F(TapeRecorder, AFullTapeGrowsNoMore) {
    Recorder recorder = open({.tape_bytes_max = 10});
    recorder.frame(Direction::client_to_server, "12345");
    EXPECT_FALSE(recorder.status().full);
    recorder.frame(Direction::client_to_server, "too long for it");
    recorder.flush();
    const std::size_t full = storage->text.size();
    for (int i = 0; i < 100; ++i) {
        recorder.frame(Direction::client_to_server, "x");  // it had room, but not in its place
        recorder.flush();
    }
    EXPECT_EQ(storage->text.size(), full);
    ASSERT_TRUE(recorder.close("limit").has_value());
    EXPECT_EQ(frames().size(), 1U);
    ASSERT_EQ(gaps().size(), 2U);
    EXPECT_EQ(gaps()[0].frames, 1U);
    EXPECT_EQ(gaps()[1].frames, 100U);
    EXPECT_EQ(recorder.status().dropped_frames, 101U);
}

TEST_F(TapeRecorder, AFilterSeesEachFrameBeforeTheStoreDoes) {
    RecorderOptions options;
    options.filter = [](Frame& frame) -> Result<void> {
        if (frame.payload.text() == "never") {
            return Error(ErrorCode::invalid_argument, "not this one");
        }
        frame.payload = Bytes::copy("seen");
        return {};
    };
    Recorder recorder = open(options);
    recorder.frame(Direction::client_to_server, "secret");
    recorder.frame(Direction::client_to_server, "never");
    ASSERT_TRUE(recorder.close().has_value());
    ASSERT_EQ(frames().size(), 1U);
    EXPECT_EQ(frames()[0].payload.text(), "seen");
    EXPECT_EQ(storage->text.find("secret"), std::string::npos);
    EXPECT_EQ(storage->text.find("never"), std::string::npos);
    ASSERT_EQ(gaps().size(), 1U);
    EXPECT_EQ(gaps()[0].why, "filter");
    EXPECT_EQ(recorder.status().dropped_frames, 1U);
}

/// Segments in memory, each in a storage of its own; it fails for those that are `refused`.
struct Segments {
    std::vector<std::shared_ptr<Storage>> storages;
    int refused = 0;

    NextSegment maker() {
        return [this](const Segment& segment) -> Result<std::unique_ptr<Sink>> {
            if (refused > 0) {
                --refused;
                return Error(ErrorCode::permission_denied, "no more files");
            }
            EXPECT_EQ(segment.number, storages.size() + 1);
            storages.push_back(std::make_shared<Storage>());
            return std::make_unique<ManagedSink>(storages.back());
        };
    }
    OpenSegment opener() const {
        return [this](std::uint64_t number) -> Result<std::unique_ptr<Source>> {
            if (number > storages.size()) {
                return Error(ErrorCode::not_found, "no such segment");
            }
            return test::source_of(storages[number - 1]->text);
        };
    }
    std::vector<std::string> frames() const {
        std::vector<std::string> out;
        auto reader = SegmentReader::open(opener()).value();
        while (const auto record = reader.next().value()) {
            if (const auto* frame = std::get_if<Frame>(&*record)) {
                EXPECT_EQ(frame->number, out.size() + 1);
                out.push_back(frame->payload.to_string());
            }
            EXPECT_FALSE(std::holds_alternative<Head>(*record));
        }
        return out;
    }
};

TEST_F(TapeRecorder, SegmentsVerifyAndReadAsOneTape) {
    for (const Compression form : test::forms()) {
        storage = std::make_shared<Storage>();
        Segments segments{{storage}};
        RecorderOptions options;
        options.writer.compression = form;
        options.segment_bytes = 100;
        options.next_segment = segments.maker();
        Recorder recorder = open(options);
        std::vector<std::string> said;
        for (int i = 0; i < 60; ++i) {
            said.push_back(std::string(static_cast<std::size_t>(i % 7 * 10), 'x') + "\n");
            recorder.frame(Direction::client_to_server, said.back());
            if (i % 3 == 0) {
                recorder.flush();
            }
        }
        ASSERT_TRUE(recorder.close().has_value());
        EXPECT_EQ(segments.frames(), said);
        ASSERT_GT(segments.storages.size(), 10U);
        EXPECT_EQ(recorder.status().segments, segments.storages.size());
        EXPECT_EQ(recorder.status().totals.frames, said.size());
        const auto reports = verify_segments(segments.opener());
        ASSERT_TRUE(reports.has_value()) << reports.error().to_string();
        ASSERT_EQ(reports->size(), segments.storages.size());
        std::uint64_t bytes = 0;
        for (std::size_t i = 0; i < reports->size(); ++i) {
            const VerifyReport& report = reports->at(i);
            EXPECT_TRUE(report.problems.empty()) << i << ": " << report.problems[0].what;
            const bool last = i + 1 == reports->size();
            EXPECT_EQ(report.summary.end_reason, last ? "complete" : "rotated");
            EXPECT_LT(report.summary.totals.bytes, 100U + 61U);
            EXPECT_TRUE(last || report.summary.totals.bytes >= 100U);
            bytes += report.summary.totals.bytes;
        }
        EXPECT_EQ(recorder.status().totals.bytes, bytes);
    }
}

TEST_F(TapeRecorder, GoesOnInItsSegmentWhenThereIsNoPlaceForTheNext) {
    Segments segments{{storage}, 2};
    Recorder recorder = open({.segment_bytes = 10, .next_segment = segments.maker()});
    const std::vector<std::string> said(8, "12345");
    for (const std::string& one : said) {
        recorder.frame(Direction::client_to_server, one);
    }
    recorder.flush();
    ASSERT_TRUE(recorder.status().error.has_value());
    EXPECT_EQ(recorder.status().error->code(), ErrorCode::permission_denied);
    ASSERT_TRUE(recorder.close().has_value());
    EXPECT_EQ(segments.frames(), said);
    EXPECT_EQ(segments.storages.size(), 2U);
    for (const VerifyReport& report : verify_segments(segments.opener()).value()) {
        EXPECT_TRUE(report.problems.empty()) << report.problems[0].what;
    }
}

TEST_F(TapeRecorder, ASegmentOfAnotherTapeIsNoticed) {
    Segments segments{{storage}};
    Recorder recorder = open({.segment_bytes = 10, .next_segment = segments.maker()});
    for (int i = 0; i < 9; ++i) {
        recorder.frame(Direction::client_to_server, "12345");
    }
    ASSERT_TRUE(recorder.close().has_value());
    ASSERT_EQ(segments.storages.size(), 5U);
    std::string& second = segments.storages[1]->text;
    const auto end = second.find("{\"kind\":\"end\"");
    second.resize(end);  // cut off at the end of a line: nothing inside the segment is wrong
    const auto reports = verify_segments(segments.opener()).value();
    EXPECT_TRUE(reports[1].problems.empty());
    ASSERT_EQ(reports[2].problems.size(), 1U);
    EXPECT_THAT(reports[2].problems[0].what, testing::HasSubstr("another chain"));
    EXPECT_EQ(segments.frames().size(), 9U) << "which is all the same";
    std::swap(segments.storages[2], segments.storages[3]);
    EXPECT_FALSE(verify_segments(segments.opener()).value()[2].problems.empty());
    auto reader = SegmentReader::open(segments.opener()).value();
    Result<std::optional<Record>> last = reader.next();
    while (last && last->has_value()) {
        last = reader.next();
    }
    ASSERT_FALSE(last.has_value());
    EXPECT_EQ(last.error().code(), ErrorCode::corrupt);
}

TEST(TapeSegmentPath, HasTheNumberBeforeTheForm) {
    EXPECT_EQ(segment_path("a/b.tape", 1), "a/b.tape");
    EXPECT_EQ(segment_path("a/b.tape", 2), "a/b.2.tape");
    EXPECT_EQ(segment_path("b.tape.zst", 13), "b.13.tape.zst");
    EXPECT_EQ(segment_path("a.d/b.c.log", 2), "a.d/b.c.2.log");
    EXPECT_EQ(segment_path("a.d/b", 2), "a.d/b.2");
    EXPECT_EQ(segment_path("a.d/.b", 2), "a.d/.b.2");
}

TEST_F(TapeRecorder, TakesFramesFromManyThreads) {
    Recorder recorder = open();
    constexpr int threads = 4;
    constexpr int each = 500;
    {
        std::vector<std::jthread> senders;
        for (int i = 0; i < threads; ++i) {
            senders.emplace_back([&, i] {
                for (int number = 0; number < each; ++number) {
                    recorder.frame(Direction::client_to_server, std::to_string(number),
                                   static_cast<std::uint64_t>(i));
                }
            });
        }
    }
    ASSERT_TRUE(recorder.close().has_value());
    std::array<int, threads> next{};
    std::uint64_t number = 0;
    for (const Frame& frame : frames()) {
        EXPECT_EQ(frame.number, ++number);
        EXPECT_EQ(frame.payload.text(), std::to_string(next.at(frame.connection)++));
    }
    EXPECT_EQ(number, static_cast<std::uint64_t>(threads * each));
}

}  // namespace
}  // namespace turntable::tape
