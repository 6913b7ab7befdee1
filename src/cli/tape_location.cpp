#include "cli/tape_location.hpp"

#include <filesystem>

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::Error;
using turntable::ErrorCode;

std::optional<TapePlace> find_tape(App& app, const std::string& text) {
    std::error_code ignored;
    if (std::filesystem::is_directory(text, ignored)) {
        app.fail(Error(ErrorCode::invalid_argument, "a folder is no tape; name a file in it")
                     .with("folder", text));
        return std::nullopt;
    }
    if (!std::filesystem::exists(text, ignored)) {
        app.fail(Error(ErrorCode::not_found, "there is no such tape").with("file", text));
        return std::nullopt;
    }
    return TapePlace{text, tape::segment_files(text)};
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

}  // namespace turntable_cli
