#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <memory>
#include <string>
#include <vector>

#include "turntable/tape/reader.hpp"
#include "turntable/tape/writer.hpp"

/// \file
/// Small tapes in memory.
namespace turntable::tape::test {

inline const WallNanoseconds noon = *parse_wall_time("2026-11-22T12:00:00.000000001Z");

inline Head small_head() {
    Head head;
    head.id = "0197a5f0-7c2e-7d3a-9c41-0f6b1f0e2d55";
    head.name = "a small tape";
    head.created = noon;
    head.recorder = "test 1";
    head.transport = "stdio";
    head.command = {"server", "--root", "a \"b\"\n"};
    return head;
}

inline Frame frame_of(Direction direction, TapeTime time, ByteView payload) {
    Frame frame;
    frame.direction = direction;
    frame.time = time;
    frame.payload = Bytes::copy(payload);
    return frame;
}
inline Frame request(int id) {
    return frame_of(Direction::client_to_server, TapeTime(id * 1000),
                    R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
                        R"(,"method":"ping"})"
                        "\n");
}

inline std::unique_ptr<Sink> sink_to(std::string& text) {
    return std::make_unique<MemorySink>(text);
}
inline std::unique_ptr<Source> source_of(ByteView bytes) {
    return std::make_unique<MemorySource>(Bytes::copy(bytes));
}
inline Writer writer_to(std::string& text, const WriterOptions& options = {}) {
    return Writer::create(sink_to(text), small_head(), options).value();
}
inline Reader reader_of(ByteView bytes, const ReaderOptions& options = {}) {
    return Reader::open(source_of(bytes), options).value();
}

/// Both forms, in a build with both.
inline std::vector<Compression> forms() {
#ifdef TURNTABLE_TEST_ZSTD
    return {Compression::none, Compression::zstd};
#else
    return {Compression::none};
#endif
}
inline std::string name_of(const testing::TestParamInfo<Compression>& form) {
    return form.param == Compression::none ? "plain" : "zstd";
}

/// Remembers how long a tape was after each flush.
class FlushSink final : public Sink {
  public:
    FlushSink(std::string& text, std::vector<std::size_t>& sizes) : sink_(text), sizes_(sizes) {}
    Result<void> append(ByteView bytes) override {
        TURNTABLE_CHECK(sink_.append(bytes));
        sizes_.push_back(static_cast<std::size_t>(sink_.size()));
        return {};
    }
    Result<void> sync() override { return {}; }
    Result<void> truncate(std::uint64_t size) override { return sink_.truncate(size); }
    std::uint64_t size() const noexcept override { return sink_.size(); }

  private:
    MemorySink sink_;
    std::vector<std::size_t>& sizes_;
};

/// Bytes that do not pack well, the same each time.
inline std::string noise(std::size_t size, std::uint64_t seed) {
    std::string bytes;
    std::uint64_t state = seed * 2 + 1;
    while (bytes.size() < size) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        bytes += static_cast<char>(' ' + 2 + (state >> 40U) % 90);
    }
    return bytes;
}

/// The records behind the head, to the end or the first error.
inline std::vector<Record> records_of(ByteView bytes, const ReaderOptions& options = {}) {
    std::vector<Record> records;
    auto reader = Reader::open(source_of(bytes), options);
    if (!reader) {
        ADD_FAILURE() << reader.error().to_string();
        return records;
    }
    while (true) {
        auto record = reader->next();
        if (!record) {
            ADD_FAILURE() << record.error().to_string();
            return records;
        }
        if (!*record) {
            return records;
        }
        records.push_back(**std::move(record));
    }
}

template <class R>
R as(const Record& record) {
    const R* found = std::get_if<R>(&record);
    if (found == nullptr) {
        ADD_FAILURE() << "it is a " << kind_of(record);
        return {};
    }
    return *found;
}

/// A tape of `frames` small requests and an end.
inline std::string tape_of(int frames, const WriterOptions& options = {}) {
    std::string text;
    Writer writer = writer_to(text, options);
    for (int id = 1; id <= frames; ++id) {
        EXPECT_TRUE(writer.frame(request(id)));
    }
    EXPECT_TRUE(writer.end(TapeTime(frames * 1000)));
    return text;
}

}  // namespace turntable::tape::test
