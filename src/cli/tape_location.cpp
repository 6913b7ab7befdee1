#include "cli/tape_location.hpp"

#include <filesystem>

#include "turntable/tape/metadata.hpp"

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
