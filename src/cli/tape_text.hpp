#pragma once

#include <string>

#include "turntable/core/result.hpp"
#include "turntable/tape/record.hpp"

namespace turntable_cli {

/// A time on a tape for people: "1.250 s", and hours where it has some.
std::string print_tape_time(turntable::tape::TapeTime time);
/// How long something took: "340 us", "1.2 ms", "12 s".
std::string print_span(turntable::tape::TapeTime span);
/// Which way it went: `->` to the server, `<-` to the client, `err` to neither.
const char* print_direction(turntable::tape::Direction direction);
/// The bytes of a message without the line end that parted it from the next.
std::string without_line_end(std::string bytes);

/// How many times as long as on the tape pauses last: `none`, `recorded`, or a factor.
turntable::Result<double> parse_pace(const std::string& text);

}  // namespace turntable_cli
