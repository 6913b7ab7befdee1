#include "cli/replay_tape.hpp"

#include <csignal>
#include <filesystem>

#include "cli/record_tape.hpp"
#include "turntable/core/file_error.hpp"
#include "turntable/mcp/stdio_relay.hpp"
#include "turntable/tape/reader.hpp"
#include "turntable/tape/segments.hpp"

namespace turntable_cli {

namespace fs = std::filesystem;
namespace mcp = turntable::mcp;
namespace tape = turntable::tape;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

/// Beside the tape, so that a rename suffices; with its ending, which says its form.
std::string unfinished(const std::string& path) {
    const fs::path whole(path);
    return (whole.parent_path() / ("." + whole.filename().string() + ".unfinished")).string();
}

tape::WallNanoseconds wall_now() { return turntable::Runtime::shared()->clock().wall_now(); }

Result<void> rename_tape(const std::string& from, const std::string& to) {
    std::error_code error;
    fs::rename(from, to, error);
    return error ? Result<void>(turntable::file_error(error.value(), "renaming a tape to", to))
                 : Result<void>();
}

/// What lies in several files is not replaced in one step.
Result<void> check_one_segment(const std::string& path) {
    const std::string next = tape::segment_path(path, 2);
    std::error_code ignored;
    if (!fs::exists(next, ignored)) {
        return {};
    }
    return Error(ErrorCode::unsupported,
                 "a tape in several segments cannot be added to or recorded anew; replay it with "
                 "--mode none, or choose another name")
        .with("file", path)
        .with("segment", next);
}

bool is_packed(const std::string& path) { return path.ends_with(".zst"); }

}  // namespace

Result<TapeCopy> TapeCopy::begin(const std::string& from, const std::string& to) {
    std::error_code ignored;
    TURNTABLE_CHECK(check_one_segment(from));
    TURNTABLE_CHECK(check_one_segment(to));
    const bool is_itself = fs::equivalent(from, to, ignored);
    if (!is_itself && fs::exists(to, ignored)) {
        return Error(ErrorCode::already_exists, "there is a tape of that name already")
            .with("file", to);
    }
    const std::string path = unfinished(to);
    fs::remove(path, ignored);  // of a run that was killed
    TURNTABLE_TRY(auto source, tape::FileSource::open(from));
    TURNTABLE_TRY(auto sink, tape::FileSink::create(path));
    tape::WriterOptions form;
    form.compression = is_packed(to) ? tape::Compression::zstd : tape::Compression::none;
    TURNTABLE_CHECK(tape::convert(std::move(source), std::move(sink), form));
    TURNTABLE_TRY(auto copy, tape::FileSource::open(path));
    TURNTABLE_TRY(auto end, tape::FileSink::open(path));
    tape::ResumeOptions resume;
    resume.writer = form;
    resume.now = wall_now();
    TURNTABLE_TRY(auto writer, tape::Writer::resume(std::move(copy), std::move(end), resume));
    return TapeCopy(std::move(writer), path, to, is_itself);
}

Result<void> TapeCopy::finish(bool has_news) {
    if (is_itself_ && !has_news) {
        std::error_code ignored;
        fs::remove(path_, ignored);
        return {};
    }
    TURNTABLE_CHECK(writer_.end(writer_.totals().time));
    TURNTABLE_CHECK(writer_.sink().sync());
    return rename_tape(path_, to_);
}

Result<std::uint64_t> record_tape(App& app, const std::string& path) {
    TURNTABLE_CHECK(check_one_segment(path));
    const std::string beside = unfinished(path);
    std::error_code ignored;
    fs::remove(beside, ignored);
    TapeChoice choice;
    choice.file = beside;
    choice.name = fs::path(path).stem().string();
    choice.compressed = is_packed(path);
    TURNTABLE_TRY(OpenTape tape, open_tape(choice, app.command));
    mcp::StdioRelayOptions with;
    with.command = app.command;
    with.recorder = &tape.recorder;
    with.line_bytes_max = tape.line_bytes_max;
    TURNTABLE_TRY(auto relay, mcp::StdioRelay::start(with));
    const std::stop_callback on_stop(app.stop().get_token(),
                                     [&relay] { relay.send_signal(SIGTERM); });
    TURNTABLE_CHECK(relay.run());
    TURNTABLE_CHECK(tape.recorder.close());
    TURNTABLE_CHECK(rename_tape(beside, path));
    return tape.recorder.status().totals.frames;
}

}  // namespace turntable_cli
