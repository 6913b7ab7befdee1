#include "turntable/tape/capture.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "tape/capture/builder.hpp"
#include "tape/capture/files.hpp"
#include "tape/capture/scan.hpp"
#include "tape/json_scan.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::array<std::pair<CaptureFormat, std::string_view>, 4> formats{
    {{CaptureFormat::shadowcat, "shadowcat"},
     {CaptureFormat::shadowcat_lines, "shadowcat-lines"},
     {CaptureFormat::mcpsnoop, "mcpsnoop"},
     {CaptureFormat::mcp_recorder, "mcp-recorder"}}};

bool is_line_kind(std::string_view word) {
    constexpr std::array<std::string_view, 4> kinds{"init", "frame", "correlation", "checkpoint"};
    return std::ranges::find(kinds, word) != kinds.end();
}

/// What a line tells, if it is an object of its own.
std::optional<CaptureFormat> format_of_line(std::string_view line) {
    const capture::Members members(line);
    if (!members.find({"session_id"}).empty() && !members.find({"seq"}).empty() &&
        !members.find({"direction"}).empty()) {
        return CaptureFormat::mcpsnoop;
    }
    const auto only = members.only();
    const bool tagged = is_line_kind(members.text({"type"})) &&
                        (!members
                              .find({"seq", "env", "id", "tape_id", "session_id", "ts", "version",
                                     "request_seq", "stats"})
                              .empty());
    if (tagged || (only && is_line_kind(only->first) && only->second.starts_with('{'))) {
        return CaptureFormat::shadowcat_lines;
    }
    return std::nullopt;
}

/// The names of a document's members, also of one that is torn, and where values begin.
std::optional<CaptureFormat> format_of_document(std::string_view text) {
    JsonWalk walk(text, limits::json_depth_max);
    bool more = true;
    bool has_frames = false;
    bool has_session = false;
    while (more) {
        const std::size_t before = walk.value_begin();
        more = walk.next();
        // A value that is damaged has still a name, if it came so far.
        if (!more && walk.value_begin() == before) {
            break;
        }
        const bool array = walk.value_begin() < text.size() && text[walk.value_begin()] == '[';
        if (walk.name() == "interactions" && array) {
            return CaptureFormat::mcp_recorder;
        }
        has_frames |= walk.name() == "frames" && array;
        constexpr std::array<std::string_view, 5> of_session{"id", "tape_id", "session", "metadata",
                                                             "session_id"};
        has_session |= std::ranges::find(of_session, walk.name()) != of_session.end();
    }
    if (!walk.complete()) {
        constexpr auto none = std::string_view::npos;
        has_frames |= capture::find_array(text, "frames", walk.begin()) != none;
        if (capture::find_array(text, "interactions", walk.begin()) != none) {
            return CaptureFormat::mcp_recorder;
        }
    }
    return has_frames && has_session ? std::optional(CaptureFormat::shadowcat) : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

}  // namespace

std::string_view to_string(CaptureFormat format) noexcept {
    for (const auto& [value, name] : formats) {
        if (value == format) {
            return name;
        }
    }
    return "unknown";
}

std::optional<CaptureFormat> parse_capture_format(std::string_view name) noexcept {
    for (const auto& [value, text] : formats) {
        if (text == name) {
            return value;
        }
    }
    return std::nullopt;
}

std::optional<CaptureFormat> recognise_capture(std::string_view text) {
    text = trimmed(text);
    if (!text.starts_with('{') || text.starts_with(R"({"kind":"head")")) {
        return std::nullopt;
    }
    if (const auto found = format_of_line(text.substr(0, text.find('\n')))) {
        return found;
    }
    return format_of_document(text);
}

Result<Capture> read_capture(std::string_view text, const CaptureOptions& options) {
    if (text.size() > capture_bytes_max) {
        return Error(ErrorCode::limit_exceeded, "a capture has at most 1 GiB");
    }
    const auto format = options.format ? options.format : recognise_capture(text);
    if (!format) {
        return Error(ErrorCode::corrupt,
                     "this is no capture that is known: shadowcat, shadowcat-lines, mcpsnoop or "
                     "mcp-recorder");
    }
    capture::Builder builder(*format, text, options);
    switch (*format) {
        case CaptureFormat::shadowcat:
            capture::read_shadowcat(builder, options);
            break;
        case CaptureFormat::shadowcat_lines:
            capture::read_shadowcat_lines(builder, options);
            break;
        case CaptureFormat::mcpsnoop:
            capture::read_mcpsnoop(builder);
            break;
        case CaptureFormat::mcp_recorder:
            capture::read_mcp_recorder(builder);
            break;
    }
    if (builder.id.empty()) {
        const std::string stem = capture::stem_of(options.file);
        const bool of_shadowcat =
            *format == CaptureFormat::shadowcat || *format == CaptureFormat::shadowcat_lines;
        builder.id = of_shadowcat && is_tape_id(stem) ? stem : "";
    }
    return builder.finish();
}

}  // namespace turntable::inline v0::tape
