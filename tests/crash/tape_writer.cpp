// The program that tape_crash_test kills.
//   tape_writer FILE plain|zstd SYNC DIE_AT SEED
// Makes the tape, or goes on with it, and appends frames without end. A line goes out for each
// frame that was flushed: its number. Unless DIE_AT is zero, it kills itself in that append, behind
// some of the bytes.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "crash/tape_frames.hpp"
#include "turntable/tape/reader.hpp"

namespace {

namespace tape = turntable::tape;
using turntable::ByteView;
using turntable::Result;

/// Hands a part of an append to the file, and dies.
class DyingSink final : public tape::Sink {
  public:
    DyingSink(std::unique_ptr<tape::Sink> file, long die_at, std::uint64_t seed)
        : file_(std::move(file)), left_(die_at), seed_(seed) {}
    Result<void> append(ByteView bytes) override {
        if (left_ > 0 && --left_ == 0) {
            const std::size_t part = seed_ % (bytes.size() + 1);
            (void)file_->append(bytes.substr(0, part));
            ::kill(::getpid(), SIGKILL);
        }
        return file_->append(bytes);
    }
    Result<void> sync() override { return file_->sync(); }
    Result<void> truncate(std::uint64_t size) override { return file_->truncate(size); }
    std::uint64_t size() const noexcept override { return file_->size(); }

  private:
    std::unique_ptr<tape::Sink> file_;
    long left_;
    std::uint64_t seed_;
};

template <class T>
T must(Result<T> result) {
    if (!result) {
        std::fprintf(stderr, "tape_writer: %s\n", result.error().to_string().c_str());
        std::_Exit(3);
    }
    return *std::move(result);
}

tape::Writer open(const std::string& path, tape::WriterOptions options, tape::SyncPolicy sync,
                  long die_at, std::uint64_t seed) {
    const tape::FileSinkOptions how{.sync = sync};
    const bool there = std::filesystem::exists(path) && std::filesystem::file_size(path) > 0;
    if (!there) {
        std::filesystem::remove(path);
        tape::Head head;
        head.id = "crash";
        auto file = must(tape::FileSink::create(path, how));
        return must(tape::Writer::create(std::make_unique<DyingSink>(std::move(file), die_at, seed),
                                         head, options));
    }
    auto file = must(tape::FileSink::open(path, how));
    tape::ResumeOptions resume;
    resume.writer = options;
    resume.cut_torn_end = true;
    return must(tape::Writer::resume(must(tape::FileSource::open(path)),
                                     std::make_unique<DyingSink>(std::move(file), die_at, seed),
                                     resume));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        return 2;
    }
    tape::WriterOptions options;
    options.compression =
        std::string_view(argv[2]) == "zstd" ? tape::Compression::zstd : tape::Compression::none;
    options.check_bytes = 5000;
    const auto sync =
        std::string_view(argv[3]) == "each" ? tape::SyncPolicy::each : tape::SyncPolicy::none;
    tape::Writer writer = open(argv[1], options, sync, std::strtol(argv[4], nullptr, 10),
                               std::strtoull(argv[5], nullptr, 10));
    while (true) {
        const std::string bytes = turntable::test::frame_bytes(writer.totals().frames + 1);
        tape::Frame frame;
        frame.payload = turntable::Bytes::unowned(bytes);
        const std::string line = std::to_string(must(writer.frame(frame))) + "\n";
        if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) {
            return 0;
        }
    }
}
