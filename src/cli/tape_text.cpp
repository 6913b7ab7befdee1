#include "cli/tape_text.hpp"

#include <charconv>
#include <cinttypes>
#include <cstdio>

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

std::string print_tape_time(tape::TapeTime time) {
    char text[40];
    const auto milliseconds = time.count() / 1'000'000;
    std::snprintf(text, sizeof text, "%" PRId64 ".%03d s", std::int64_t{milliseconds / 1000},
                  static_cast<int>(milliseconds % 1000));
    return text;
}

std::string print_span(tape::TapeTime span) {
    char text[40];
    const auto value = static_cast<double>(span.count());
    if (value < 1e6) {
        std::snprintf(text, sizeof text, "%.0f us", value / 1e3);
    } else if (value < 1e9) {
        std::snprintf(text, sizeof text, value < 1e7 ? "%.1f ms" : "%.0f ms", value / 1e6);
    } else {
        std::snprintf(text, sizeof text, value < 1e10 ? "%.1f s" : "%.0f s", value / 1e9);
    }
    return text;
}

std::string without_line_end(std::string bytes) {
    while (bytes.ends_with('\n') || bytes.ends_with('\r')) {
        bytes.pop_back();
    }
    return bytes;
}

const char* print_direction(tape::Direction direction) {
    switch (direction) {
        case tape::Direction::client_to_server:
            return "->";
        case tape::Direction::server_to_client:
            return "<-";
        case tape::Direction::server_aside:
            break;
    }
    return "err";
}

Result<double> parse_pace(const std::string& text) {
    if (text == "none") {
        return 0.0;
    }
    if (text == "recorded") {
        return 1.0;
    }
    double factor = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, factor);
    if (error != std::errc() || at != end || !(factor >= 0 && factor <= 1000)) {
        return Error(ErrorCode::invalid_argument,
                     "--pace is none, recorded, or a factor for the pauses such as 0.5")
            .with("pace", text);
    }
    return factor;
}

}  // namespace turntable_cli
