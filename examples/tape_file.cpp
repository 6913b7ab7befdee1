// A session between two parties as a tape: written with secrets taken out, read from the middle,
// checked, gone on with after an interruption, and packed.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "turntable/tape/reader.hpp"
#include "turntable/tape/redaction.hpp"
#include "turntable/tape/writer.hpp"

using namespace turntable;

namespace {

Result<void> record(const std::string& path) {
    TURNTABLE_TRY(auto file, tape::FileSink::create(path));
    TURNTABLE_TRY(tape::Redactor redactor, tape::Redactor::create({}));
    tape::Head head;
    head.id = tape::new_tape_id(*Runtime::shared());
    head.name = "a chess game";
    head.command = {"chess", "--token", "white-knight-7"};
    redactor.redact(head);
    head.redaction = redactor.policy();
    TURNTABLE_TRY(tape::Writer writer, tape::Writer::create(std::move(file), head));
    for (int move = 1; move <= 40; ++move) {
        tape::Frame frame;
        frame.direction =
            move % 2 == 1 ? tape::Direction::client_to_server : tape::Direction::server_to_client;
        frame.time = std::chrono::seconds(move);
        frame.payload = Bytes::take(R"({"move":)" + std::to_string(move) +
                                    R"(,"password":"queen's gambit 1"})" + "\n");
        redactor.redact(frame);
        TURNTABLE_TRY(const std::uint64_t number, writer.frame(frame));
        (void)number;  // frames count from 1
    }
    return {};  // without end(): as if the program had been killed
}

Result<void> go_on(const std::string& path) {
    TURNTABLE_TRY(auto source, tape::FileSource::open(path));
    TURNTABLE_TRY(auto file, tape::FileSink::open(path));
    TURNTABLE_TRY(tape::Writer writer, tape::Writer::resume(std::move(source), std::move(file)));
    return writer.end(std::chrono::seconds(41));
}

Result<bool> read(const std::string& path) {
    TURNTABLE_TRY(tape::Reader reader, tape::Reader::open_file(path));
    TURNTABLE_CHECK(reader.seek_percent(50));
    TURNTABLE_TRY(const auto middle, reader.next());
    const auto& frame = std::get<tape::Frame>(*middle);
    std::printf("frame %d: %s", static_cast<int>(frame.number), frame.payload.to_string().c_str());
    TURNTABLE_TRY(auto source, tape::FileSource::open(path));
    TURNTABLE_TRY(const tape::VerifyReport report, tape::verify(std::move(source)));
    return report.problems.empty() && report.summary.end_reason == "complete" &&
           report.summary.totals.frames == 40;
}

Result<void> pack(const std::string& from, const std::string& to) {
    TURNTABLE_TRY(auto source, tape::FileSource::open(from));
    TURNTABLE_TRY(auto file, tape::FileSink::create(to));
    tape::WriterOptions options;
    options.compression = tape::Compression::zstd;
    return tape::convert(std::move(source), std::move(file), options);
}

Result<bool> run(const std::filesystem::path& folder) {
    const std::string plain = (folder / "game.tape").string();
    const std::string packed = (folder / "game.tape.zst").string();
    TURNTABLE_CHECK(record(plain));
    TURNTABLE_CHECK(go_on(plain));
    TURNTABLE_CHECK(pack(plain, packed));
    TURNTABLE_TRY(const bool first, read(plain));
    TURNTABLE_TRY(const bool second, read(packed));
    return first && second;
}

}  // namespace

int main() {
    std::string name = (std::filesystem::temp_directory_path() / "tape_file-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        return 1;
    }
    const auto done = run(name);
    std::filesystem::remove_all(name);
    if (!done) {
        std::fprintf(stderr, "%s\n", done.error().to_string().c_str());
    }
    return done && *done ? 0 : 1;
}
