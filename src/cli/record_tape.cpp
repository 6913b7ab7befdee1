#include "cli/record_tape.hpp"

#include <filesystem>
#include <utility>

#include "cli/record_probe.hpp"
#include "turntable/core/provider_config.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/tape/limits.hpp"
#include "turntable/tape/segments.hpp"
#include "turntable/version.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::Bytes;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

/// How far behind the cut of a long line a secret is still seen as a whole.
constexpr std::uint64_t cut_margin_bytes = 64U << 10U;

std::string tag_list(const std::vector<std::string>& tags) {
    std::string out;
    for (const std::string& tag : tags) {
        out += (out.empty() ? "" : ",") + tag;
    }
    return out;
}

/// The folder is only for its owner: what it holds is for nobody else.
Result<void> make_private_folder(const std::string& folder) {
    std::error_code problem;
    if (std::filesystem::is_directory(folder, problem)) {
        return {};
    }
    problem.clear();
    if (const auto parent = std::filesystem::path(folder).parent_path(); !parent.empty()) {
        std::filesystem::create_directories(parent, problem);
    }
    if (!problem && std::filesystem::create_directory(folder, problem)) {
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, problem);
    }
    if (problem) {
        return Error(ErrorCode::io, "the folder of tapes cannot be made: " + problem.message())
            .with("folder", folder);
    }
    return {};
}

Result<std::string> path_of(const TapeChoice& choice, const std::string& id) {
    if (!choice.file.empty()) {
        return choice.file;
    }
    const std::string folder = choice.folder.empty() ? default_tape_folder() : choice.folder;
    if (folder.empty()) {
        return Error(ErrorCode::invalid_argument,
                     "there is no HOME to put a tape into; say --dir FOLDER or --output FILE");
    }
    TURNTABLE_CHECK(make_private_folder(folder));
    // Only the id: what a user calls a tape never becomes a path.
    return (std::filesystem::path(folder) / (id + (choice.compressed ? ".tape.zst" : ".tape")))
        .string();
}

/// The next file, also where an earlier attempt left an empty one.
tape::NextSegment next_files(const std::string& first) {
    return [first](const tape::Segment& segment) -> Result<std::unique_ptr<tape::Sink>> {
        const std::string path = tape::segment_path(first, segment.number);
        std::error_code problem;
        if (std::filesystem::file_size(path, problem) == 0 && !problem) {
            std::filesystem::remove(path, problem);
        }
        TURNTABLE_TRY(auto sink, tape::FileSink::create(path));
        return std::unique_ptr<tape::Sink>(std::move(sink));
    };
}

/// Where a tape goes, and what goes with that.
struct TapeTarget {
    std::unique_ptr<tape::Sink> sink;
    /// For people.
    std::string place;
    tape::NextSegment next_segment;
    /// The file that was made; empty in a library.
    std::string file;
};

Result<TapeTarget> library_target(const tape::Library& library, const std::string& id) {
    TapeTarget target;
    TURNTABLE_TRY(target.sink, library.sink(id));
    target.place = id + " in " + library.url();
    return target;
}

/// Links the tape of the probe that may lie beside it.
Result<TapeTarget> file_target(const TapeChoice& choice, tape::Head& head) {
    TapeTarget target;
    TURNTABLE_TRY(target.file, path_of(choice, head.id));
    const std::string folder = std::filesystem::path(target.file).parent_path().string();
    if (const auto probe = find_probe(folder, head)) {
        head.links.push_back({"probed_by", *probe});
    }
    TURNTABLE_TRY(target.sink, tape::FileSink::create(target.file));
    target.place = target.file;
    target.next_segment = next_files(target.file);
    return target;
}

tape::Head head_of(const TapeChoice& choice, const std::vector<std::string>& command) {
    tape::Head head;
    head.id = tape::new_tape_id(*turntable::Runtime::shared());
    head.name = choice.name;
    head.recorder = "turntable " + std::string(turntable::library_version());
    head.transport = "stdio";
    head.command = command;
    std::error_code problem;
    head.attributes.emplace_back("cwd", std::filesystem::current_path(problem).string());
    if (!choice.tags.empty()) {
        head.attributes.emplace_back("tags", tag_list(choice.tags));
    }
    if (const std::string client = client_process(); !client.empty()) {
        head.attributes.emplace_back(std::string(client_attribute), client);
    }
    return head;
}

}  // namespace

std::string default_tape_folder() {
    const auto environment = turntable::process_environment();
    const auto value = [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::string() : found->second;
    };
    const std::string home = value("HOME");
    // The standard says that a relative path there is to be ignored.
    const std::string data = value("XDG_DATA_HOME");
    const std::string base = data.starts_with('/') ? data
                             : home.empty()        ? ""
                                                   : home + "/.local/share";
    return base.empty() ? "" : base + "/turntable/tapes";
}

tape::FrameFilter redact_and_cut(std::shared_ptr<tape::Redactor> redactor,
                                 std::uint64_t bytes_max) {
    return [redactor = std::move(redactor), bytes_max](tape::Frame& frame) -> Result<void> {
        const std::uint64_t whole =
            std::max<std::uint64_t>(frame.payload.size(), frame.truncated_from);
        if (redactor != nullptr) {
            redactor->redact(frame);
        }
        if (frame.payload.size() > bytes_max) {
            frame.payload =
                Bytes::copy(frame.payload.view().substr(0, static_cast<std::size_t>(bytes_max)));
            frame.truncated_from = whole;
            std::erase_if(frame.redacted,
                          [&](const tape::RedactedSpan& span) { return span.offset >= bytes_max; });
            if (!frame.redacted.empty()) {
                tape::RedactedSpan& last = frame.redacted.back();
                last.size = std::min(last.size, bytes_max - last.offset);
            }
        }
        return {};
    };
}

Result<OpenTape> open_tape(const TapeChoice& choice, const std::vector<std::string>& command) {
    tape::Head head = head_of(choice, command);
    std::shared_ptr<tape::Redactor> redactor;
    if (choice.redacted) {
        TURNTABLE_TRY(tape::Redactor made, tape::Redactor::create({.rules = choice.rules}));
        redactor = std::make_shared<tape::Redactor>(std::move(made));
        for (const auto& variable : turntable::process_environment()) {
            redactor->learn_environment({variable});
        }
        redactor->redact(head);
        head.redaction = redactor->policy();
    }
    TURNTABLE_TRY(TapeTarget target, choice.library ? library_target(*choice.library, head.id)
                                                    : file_target(choice, head));

    tape::RecorderOptions options;
    options.writer.compression =
        choice.compressed ? tape::Compression::zstd : tape::Compression::none;
    options.buffer_bytes_max = choice.buffer_bytes_max;
    options.frame_bytes_max = choice.frame_bytes_max + cut_margin_bytes;
    options.tape_bytes_max = choice.tape_bytes_max;
    options.segment_bytes = choice.segment_bytes;
    options.next_segment = target.next_segment;
    options.filter = redact_and_cut(redactor, choice.frame_bytes_max);
    auto recorder = tape::Recorder::create(std::move(target.sink), std::move(head), options);
    if (!recorder) {
        std::error_code problem;
        std::filesystem::remove(target.file, problem);  // we made it, and it holds no tape
        return recorder.error();
    }
    return OpenTape{*std::move(recorder), target.place, options.frame_bytes_max};
}

}  // namespace turntable_cli
