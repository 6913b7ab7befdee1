// Appending to a tape, and finding a frame in a large one. `bench_tape FOLDER` puts its files
// there.

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "harness.hpp"
#include "turntable/tape/reader.hpp"
#include "turntable/tape/writer.hpp"

namespace turntable_bench {
namespace {

namespace tape = turntable::tape;
using turntable::Bytes;

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "bench_tape: %s\n", what);
        std::abort();
    }
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Messages such as a client and a server of MCP exchange, 350 bytes each: as a whole zstd -3 packs
/// them to 9 %, and traffic of the conformance suite of MCP to 7.5 %.
class Traffic {
  public:
    Traffic() {
        constexpr std::size_t sentences = 300;
        const char* const words[] = {"the",    "file",  "path",   "error", "result", "content",
                                     "server", "index", "search", "query", "return", "string"};
        for (std::size_t i = 0; i < sentences; ++i) {
            std::string& sentence = sentences_.emplace_back();
            for (std::uint64_t count = 8 + random_.next() % 12; count > 0; --count) {
                sentence += words[random_.next() % std::size(words)];
                sentence += ' ';
            }
        }
    }
    tape::Frame next() {
        const std::string id = std::to_string(number_ / 2);
        tape::Frame frame;
        time_ += tape::TapeTime(20'000 + random_.next() % 3'000'000);
        frame.time = time_;
        std::string text;
        if (number_++ % 2 == 0) {
            text = R"({"jsonrpc":"2.0","id":)" + id +
                   R"(,"method":"tools/call","params":{"name":"read_file","arguments":{"path":)"
                   R"("/srv/project/src/part_)" +
                   std::to_string(random_.next() % 3000) +
                   R"(.cpp","encoding":"utf-8","limit":1000},"_meta":{"progressToken":)" + id +
                   "}}}\n";
        } else {
            frame.direction = tape::Direction::server_to_client;
            text = R"({"result":{"content":[{"type":"text","text":")" + sentence() + sentence() +
                   sentence() + sentence() + sentence() +
                   R"("}],"isError":false},"jsonrpc":"2.0","id":)" + id + "}\n";
        }
        frame.payload = Bytes::take(std::move(text));
        return frame;
    }

  private:
    const std::string& sentence() { return sentences_[random_.next() % sentences_.size()]; }

    Sequence random_{1};
    std::vector<std::string> sentences_;
    std::uint64_t number_ = 0;
    tape::TapeTime time_{};
};

tape::Writer new_tape(const std::string& path, const tape::WriterOptions& options) {
    std::filesystem::remove(path);
    tape::Head head;
    head.id = "bench";
    return tape::Writer::create(tape::FileSink::create(path).value(), head, options).value();
}

/// Frames a second, in the best of a few runs; `flush_every` 1 lets the writer flush by itself.
double append_rate(const std::string& path, tape::WriterOptions options,
                   const std::vector<tape::Frame>& frames, std::size_t flush_every) {
    options.flush_each = flush_every == 1;
    double best = 0;
    for (int round = 0; round < 3; ++round) {
        tape::Writer writer = new_tape(path, options);
        const auto start = std::chrono::steady_clock::now();
        std::size_t waiting = 0;
        for (const tape::Frame& frame : frames) {
            require(writer.frame(frame).has_value(), "a frame is refused");
            if (++waiting == flush_every) {
                require(writer.flush().has_value(), "a flush fails");
                waiting = 0;
            }
        }
        require(writer.end({}).has_value(), "the end is refused");
        best = std::max(best, static_cast<double>(frames.size()) / seconds_since(start));
    }
    return best;
}

void measure_append(const std::string& folder) {
    constexpr std::size_t count = 200'000;
    Traffic traffic;
    std::vector<tape::Frame> frames;
    double raw_bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
        frames.push_back(traffic.next());
        raw_bytes += static_cast<double>(frames.back().payload.size());
    }
    const std::string path = folder + "/append.tape";
    const double plain = append_rate(path, {}, frames, 1);
    print({"tape append, plain, each flushed", "the target", "frames/s", plain, 200'000, true, 1});
    const auto plain_bytes = static_cast<double>(std::filesystem::file_size(path));
    tape::WriterOptions zstd;
    zstd.compression = tape::Compression::zstd;
    const double each = append_rate(path, zstd, frames, 1);
    print({"tape append, zstd, each flushed", "the target", "frames/s", each, 80'000, true, 1});
    const auto stored = [&] { return static_cast<double>(std::filesystem::file_size(path)); };
    std::printf(
        "{\"name\":\"tape in zstd, each flushed, of the bytes of the frames\","
        "\"value\":%.3f}\n",
        stored() / raw_bytes);
    // At such a rate frames come faster than one by one.
    constexpr std::size_t batch = 64;
    const double batched = append_rate(path, zstd, frames, batch);
    print({"tape append, zstd, flushed by 64", "the target", "frames/s", batched, 80'000, true, 1});
    std::printf(
        "{\"name\":\"tape in zstd, flushed by 64, of the bytes of the frames\","
        "\"value\":%.3f}\n",
        stored() / raw_bytes);
    print({"tape in zstd, flushed by 64, bytes", "the same in plain", "bytes", stored(),
           plain_bytes, false, 0.15});
}

/// Opens a tape and gives the frame in its middle, in milliseconds.
double seek_ms(const std::string& path, std::uint64_t frames) {
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
        const auto start = std::chrono::steady_clock::now();
        tape::Reader reader = tape::Reader::open_file(path).value();
        require(reader.seek_percent(50).has_value(), "no middle");
        const auto record = reader.next().value();
        require(record && std::get<tape::Frame>(*record).number == 1 + (frames - 1) / 2,
                "another frame");
        best = std::min(best, seconds_since(start) * 1000);
    }
    return best;
}

void measure_seek(const std::string& folder, tape::Compression form, std::uint64_t line_bytes,
                  const std::string& name) {
    const std::string path = folder + "/large.tape";
    Traffic traffic;
    tape::WriterOptions options;
    options.compression = form;
    options.flush_each = false;
    tape::Writer writer = new_tape(path, options);
    std::uint64_t frames = 0;
    while (writer.totals().bytes < line_bytes) {
        tape::Frame frame = traffic.next();
        if (frames % 64 == 0) {
            require(writer.flush().has_value(), "a flush fails");
        }
        require(writer.frame(frame).has_value(), "a frame is refused");
        ++frames;
    }
    require(writer.end({}).has_value(), "the end is refused");
    print({name, "the target", "ms", seek_ms(path, frames), 20, false, 1});
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace turntable_bench

int main(int argc, char** argv) {
    const std::string folder = argc > 1 ? argv[1] : ".";
    const bool large = argc > 2 && std::string(argv[2]) == "large";
    turntable_bench::measure_append(folder);
    using turntable::tape::Compression;
    const std::uint64_t bytes = large ? 1ULL << 30U : 64ULL << 20U;
    const std::string size = large ? "1 GiB" : "64 MiB";
    turntable_bench::measure_seek(folder, Compression::none, bytes,
                                  "tape open and seek to the middle of " + size + ", plain");
    turntable_bench::measure_seek(folder, Compression::zstd, bytes,
                                  "tape open and seek to the middle of " + size + ", zstd");
    return 0;
}
