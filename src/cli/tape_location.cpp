#include "cli/tape_location.hpp"

#include <filesystem>

#include "cli/capture_input.hpp"
#include "cli/tape_library.hpp"
#include "turntable/tape/capture.hpp"
#include "turntable/tape/metadata.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::Error;
using turntable::ErrorCode;

namespace {

/// Whether somebody can mean a tape of the library by it: no path, and no name of a file.
bool may_be_in_library(const std::string& text) {
    return text.find('/') == std::string::npos && !text.ends_with(".tape") &&
           !text.ends_with(".tape.zst");
}

/// A tape of the library is in one piece.
TapePlace library_place(const tape::Library& library, const tape::TapeMetadata& found) {
    return {found.name().empty() ? found.id : found.name(),
            [library, id = found.id](
                std::uint64_t number) -> turntable::Result<std::unique_ptr<tape::Source>> {
                return number == 1 ? library.source(id)
                                   : Error(ErrorCode::not_found, "the tape has one segment");
            }};
}

/// A tape in a file; a capture of another program is read as one.
std::optional<TapePlace> file_place(App& app, const std::string& path) {
    // Whoever cannot read it tells the reader why.
    const auto format = tape::recognise_capture_file(path);
    if (!format || !*format) {
        return TapePlace{path, tape::segment_files(path)};
    }
    const auto capture = tape::read_capture_file(path, {.format = *format});
    if (!capture) {
        app.fail(capture.error());
        return std::nullopt;
    }
    print_capture_problems(path, *capture);
    return TapePlace{
        path,
        [tape = capture->tape](
            std::uint64_t number) -> turntable::Result<std::unique_ptr<tape::Source>> {
            if (number != 1) {
                return Error(ErrorCode::not_found, "a capture has one segment");
            }
            return std::unique_ptr<tape::Source>(std::make_unique<tape::MemorySource>(tape));
        }};
}

Error no_such_tape(const std::string& text) {
    return Error(ErrorCode::not_found, "there is no such tape").with("file", text);
}

}  // namespace

std::optional<TapePlace> find_tape(App& app, const std::string& text) {
    std::error_code ignored;
    if (std::filesystem::is_directory(text, ignored)) {
        app.fail(Error(ErrorCode::invalid_argument, "a folder is no tape; name a file in it")
                     .with("folder", text));
        return std::nullopt;
    }
    if (std::filesystem::exists(text, ignored)) {
        return file_place(app, text);
    }
    if (!may_be_in_library(text)) {
        app.fail(no_such_tape(text));
        return std::nullopt;
    }
    const auto library = try_library(app, {}, {});
    if (!library) {
        // Without a library it was to be a file.
        app.fail(library.error().code() == ErrorCode::not_found ? no_such_tape(text)
                                                                : library.error());
        return std::nullopt;
    }
    const auto found = library->find(text);
    if (!found) {
        app.fail(found.error());
        return std::nullopt;
    }
    return library_place(*library, *found);
}

std::optional<tape::SegmentReader> open_tape_to_read(App& app, const std::string& text) {
    const auto place = find_tape(app, text);
    if (!place) {
        return std::nullopt;
    }
    auto reader = tape::SegmentReader::open(place->segments);
    if (!reader) {
        app.fail(reader.error());
        return std::nullopt;
    }
    return std::move(*reader);
}

std::optional<std::string> probe_of(const std::string& text, const tape::SegmentReader& tape) {
    for (const tape::Link& link : tape.head().links) {
        if (link.relation != "probed_by" || !turntable::tape::is_tape_id(link.id)) {
            continue;
        }
        for (const char* ending : {".tape", ".tape.zst"}) {
            const auto path = std::filesystem::path(text).parent_path() / (link.id + ending);
            std::error_code ignored;
            if (std::filesystem::is_regular_file(path, ignored)) {
                return path.string();
            }
        }
    }
    return std::nullopt;
}

}  // namespace turntable_cli
